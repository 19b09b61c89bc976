import { expect, it } from 'vitest';
import { dataPaths } from '../../src/store/paths.ts';
import { openForReading } from '../../src/store/sqlite.ts';
import { temporaryFolder } from '../support/app.ts';
import { createDnf } from '../support/dnf.ts';
import { hasDnf } from '../support/tools.ts';
import { advisory, expectAllServed, publish, publishOdd, updateinfo } from './publish.ts';

const packages = [{ name: 'brook' }];
const ships = (name: string, version = '1') =>
  `<package name="${name}" version="${version}" release="1" epoch="0" arch="noarch"><filename>${name}.rpm</filename></package>`;

it('an advisory with a broken title is set aside, and the others are indexed', async () => {
  const document = updateinfo(
    advisory('ELBA-1', ships('brook')),
    advisory('ELBA-2', ships('brook'), ' <tr>'),
    advisory('ELBA-3').replace('<id>ELBA-3</id>', ''),
    advisory('ELSA-4', ships('brook')),
  );
  const odd = await publishOdd({
    packages,
    documents: { updateinfo: document },
    // As Oracle Linux 8 codeready/builder has it: named and summed by sha1, beside sha256.
    sums: { updateinfo: 'sha1' },
  });
  expect(await odd.sync('odd')).toMatchObject({ outcome: 'updated', setAsideCount: 2 });
  expect(await odd.last()).toMatchObject({
    advisories: 2,
    setAside: [
      { document: 'updateinfo', reason: expect.stringMatching(/advisory is not well-formed XML/) },
      { document: 'updateinfo', reason: expect.stringMatching(/advisory has no id/) },
    ],
  });
  await expectAllServed(odd, odd.paths);
});

it('two advisories of one id with other contents are both kept', async () => {
  const twice = [
    advisory('ELBA-2023-12138', ships('brook')),
    advisory('ELBA-2023-12138', ships('weir')),
  ];
  const odd = await publishOdd({
    packages,
    documents: { updateinfo: updateinfo(...twice, twice[0]!) },
  });
  expect(await odd.sync('odd')).toMatchObject({
    outcome: 'updated',
    setAsideCount: 0,
    warnings: [],
  });
  expect((await odd.last()).advisories).toBe(2);
  await expectAllServed(odd, odd.paths);
});

it('an advisory with 60,000 packages is indexed whole', async () => {
  const many = Array.from({ length: 60_000 }, (_, i) => ships(`package${i}`)).join('\n');
  const odd = await publishOdd({
    packages,
    documents: { updateinfo: updateinfo(advisory('ELSA-1', many)) },
  });
  expect(await odd.sync('odd')).toMatchObject({
    outcome: 'updated',
    advisoriesNew: 1,
    setAsideCount: 0,
  });
  const db = openForReading(dataPaths(odd.config.data).catalogue);
  const count = db.prepare('SELECT count(DISTINCT name) FROM advisory_package').pluck().get();
  db.close();
  expect(count).toBe(60_000);
  await expectAllServed(odd, odd.paths);
});

it.skipIf(!hasDnf)(
  'an updateinfo that is no XML at all is a warning, as dnf goes on without it',
  async () => {
    const odd = await publishOdd({
      packages,
      documents: { updateinfo: updateinfo(advisory('ELSA-1')) },
    });
    await odd.sync('odd');
    const paths = await publish(odd.upstream.folder, {
      packages: [...packages, { name: 'weir' }],
      documents: { updateinfo: updateinfo(advisory('ELSA-1')).slice(0, -30) },
      time: 1_700_000_100,
    });
    expect(await odd.sync('odd')).toMatchObject({ outcome: 'updated', packages: 2 });
    expect((await odd.last()).warnings).toEqual([
      expect.stringMatching(/^updateinfo cannot be read: .*ends before its last element is closed/),
    ]);
    await expectAllServed(odd, paths);
    const dnf = await createDnf(await temporaryFolder(), `${odd.url}/channels/odd/`);
    expect(await dnf.packages()).toHaveLength(2);
  },
);
