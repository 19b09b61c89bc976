/**
 * npm run oracle -- [--profiles 20] [--made 6] [--seed 1] [--only TEXT] [--show 10]
 *
 * Compares what Headwater says that machines lack with what dnf says on the same machines: an rpm database of so many random profiles
 * for each of the real repositories at hand, and of so many that are made up. Prints for each how many answers agree, and of
 * those that do not so many. Every third machine sees views that leave something out: of these, what is held back is compared as
 * well. Then the same for previews of what would be done on machines. Ends with 1 where fewer than 99.9% of the updates or of the
 * advisories do, or fewer than 95% of the previews.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomFrom } from '../test/support/random.ts';
import { type Compared, compareAdvisories, compareUpdates } from './compare-updates.ts';
import { openHeadwater } from './headwater.ts';
import { createInstallroot } from './installroot.ts';
import { measurePreviews } from './previews.ts';
import { randomProfile } from './random-profile.ts';
import { chanceOf } from './random-repository.ts';
import { madeWorld, realWorlds, type World } from './worlds.ts';

const { values } = parseArgs({
  options: {
    profiles: { type: 'string', default: '20' },
    made: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    show: { type: 'string', default: '10' },
  },
});
const profiles = Number(values.profiles);
const seed = Number(values.seed);
const work = await mkdtemp(join(tmpdir(), 'headwater-oracle-'));

/** What views of the oracle do not have. */
const leavingOut = [{ packages: { exclude: ['a*', 'mod1*', 'new1*', 'p*'] } }];
const viewOf = (label: string): string => `some-${label}`;

interface Tally {
  profiles: number;
  /** Of which everything agreed. */
  alike: number;
  same: number;
  different: string[];
}

const newTally = (): Tally => ({ profiles: 0, alike: 0, same: 0, different: [] });
const kinds = ['updates', 'advisories'] as const;
type Kind = (typeof kinds)[number];

try {
  const worlds = await realWorlds();
  for (let i = 0; i < Number(values.made); i++) worlds.push(await madeWorld(seed + i, work));
  const total: Record<Kind, Tally> = { updates: newTally(), advisories: newTally() };
  console.log(
    '| repositories | profiles | packages | updates that agree | advisories that agree |',
  );
  console.log('|---|---:|---:|---:|---:|');
  for (const [i, world] of worlds.entries()) {
    if (!world.name.includes(values.only)) continue;
    const { packages, ...tallies } = await measure(world, seed * 1000 + i);
    for (const kind of kinds) addUp(total[kind], tallies[kind]);
    const shown = kinds.map((kind) => shownTally(tallies[kind]));
    const average = Math.round(packages / profiles);
    console.log(`| ${world.name} | ${profiles} | ${average} | ${shown.join(' | ')} |`);
    const different = kinds.flatMap((kind) => tallies[kind].different);
    for (const line of different.slice(0, Number(values.show))) console.error(`  ${line}`);
  }
  console.log(`| all | | | ${kinds.map((kind) => shownTally(total[kind])).join(' | ')} |`);
  for (const kind of kinds) {
    const { same, different } = total[kind];
    if (same < 0.999 * (same + different.length)) process.exitCode = 1;
  }
  const { only, show } = values;
  const options = { profiles, seed, made: Number(values.made), only, show: Number(show) };
  if ((await measurePreviews(work, options)) < 0.95) process.exitCode = 1;
} finally {
  await rm(work, { recursive: true, force: true });
}

async function measure(world: World, from: number) {
  const folder = join(work, `headwater-${from}`);
  await mkdir(folder);
  const [parent] = world.repositories;
  const headwater = await openHeadwater(folder, {
    release: world.release,
    sources: world.repositories.flatMap(({ id, folder: upstream }) => [
      {
        ...{ label: id, upstream: `file:${upstream}/` },
        ...(id !== parent!.id && { parent: parent!.id }),
      },
      {
        ...{ label: viewOf(id), from: [id], filters: leavingOut },
        ...(id !== parent!.id && { parent: viewOf(parent!.id) }),
      },
    ]),
  });
  const found = { packages: 0, updates: newTally(), advisories: newTally() };
  const take = (tally: Tally, number: string, { same, different }: Compared) => {
    tally.profiles++;
    tally.same += same;
    if (different.length === 0) tally.alike++;
    tally.different.push(...different.map((line) => `profile ${number}: ${line}`));
  };
  try {
    for (let number = 0; number < profiles; number++) {
      const chance = chanceOf(randomFrom(from * 1000 + number));
      const profile = randomProfile(world.content, chance);
      const { installed, streams } = profile;
      found.packages += installed.length;
      const whole = world.repositories.map(({ id }) => id);
      const seesViews = number % 3 === 2;
      const sources = seesViews ? whole.map(viewOf) : whole;
      const id = await headwater.enrol({ ...profile, sources });
      for (const view of seesViews ? (['now', 'upstream'] as const) : (['now'] as const)) {
        const root = await createInstallroot({
          ...{ folder: join(work, 'root'), cache: join(work, `cache-${from}`) },
          repositories: (view === 'now' ? sources : whole).map((label) => ({
            ...{ id: label, url: `${headwater.url}/channels/${label}/` },
          })),
          ...{ installed, streams, release: world.release, arch: 'x86_64' },
        });
        const ours = await headwater.updates.of(id, view);
        const of = `${number} (${seesViews ? `view, ${view}` : view})`;
        take(found.updates, of, await compareUpdates(root, ours, installed));
        take(found.advisories, of, await compareAdvisories(root, ours, installed));
      }
    }
  } finally {
    await headwater.close();
  }
  return found;
}

function addUp(total: Tally, { profiles, alike, same, different }: Tally): void {
  total.profiles += profiles;
  total.alike += alike;
  total.same += same;
  total.different.push(...different);
}

function shownTally({ profiles, alike, same, different }: Tally): string {
  const all = same + different.length;
  const percent = all === 0 ? '-' : `${((100 * same) / all).toFixed(2)}%`;
  return `${same} of ${all}, ${percent}; ${alike} of ${profiles} profiles alike`;
}
