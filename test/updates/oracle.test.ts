import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compareAdvisories, compareUpdates } from '../../oracle/compare-updates.ts';
import { openHeadwater } from '../../oracle/headwater.ts';
import { createInstallroot } from '../../oracle/installroot.ts';
import { randomProfile } from '../../oracle/random-profile.ts';
import { chanceOf } from '../../oracle/random-repository.ts';
import { madeWorld } from '../../oracle/worlds.ts';
import { temporaryFolder } from '../support/app.ts';
import { randomFrom } from '../support/random.ts';
import { hasDnf, hasRpmbuild } from '../support/tools.ts';

const seed = 20;
const profiles = 3;

it.skipIf(!hasDnf || !hasRpmbuild)(
  'dnf says the same of machines with random packages, modules, obsoletes and kernels (npm run oracle: of many)',
  async () => {
    const work = await temporaryFolder();
    const { repositories, content, release } = await madeWorld(seed, work);
    await mkdir(join(work, 'own'));
    const [parent] = repositories;
    const headwater = await openHeadwater(join(work, 'own'), {
      release,
      sources: repositories.map(({ id, folder }) => ({
        ...{ label: id, upstream: `file:${folder}/` },
        ...(id !== parent!.id && { parent: parent!.id }),
      })),
    });
    let same = 0;
    for (let number = 0; number < profiles; number++) {
      const profile = randomProfile(content, chanceOf(randomFrom(number)));
      const { installed, streams } = profile;
      const id = await headwater.enrol({ ...profile, sources: repositories.map((r) => r.id) });
      const root = await createInstallroot({
        ...{ folder: join(work, 'root'), cache: join(work, 'cache') },
        repositories: repositories.map(({ id, folder }) => ({ id, url: `file://${folder}/` })),
        ...{ installed, streams, release, arch: 'x86_64' },
      });
      const ours = await headwater.updates.of(id, 'now');
      const updates = await compareUpdates(root, ours, installed);
      const advisories = await compareAdvisories(root, ours, installed);
      expect([...updates.different, ...advisories.different]).toEqual([]);
      same += updates.same + advisories.same;
    }
    await headwater.close();
    expect(same).toBeGreaterThan(60);
  },
  240_000,
);
