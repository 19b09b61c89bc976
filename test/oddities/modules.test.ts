import { expect, it } from 'vitest';
import { dataPaths } from '../../src/store/paths.ts';
import { openForReading } from '../../src/store/sqlite.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { createDnf } from '../support/dnf.ts';
import { hasDnf } from '../support/tools.ts';
import { expectAllServed, type Mirrored, publish, publishOdd } from './publish.ts';

const packages = [{ name: 'brook', version: '1', release: '1.module_1' }];
interface Build {
  name?: string;
  stream: string;
  version?: string;
  artifact?: string;
  more?: string;
}
const build = ({
  name = 'brook',
  stream,
  version = '1',
  artifact = 'brook-0:1-1.module_1.noarch',
  more = '',
}: Build) => `---
document: modulemd
version: 2
data:
  name: ${name}
  stream: ${stream}
  version: ${version}
  context: d6abb531
  arch: x86_64
  summary: Water
  description: Water
  license:
    module: [MIT]
  artifacts:
    rpms:
    - ${artifact}
${more}...
`;
const defaults = (stream: string) => `---
document: modulemd-defaults
version: 1
data:
  module: brook
  stream: ${stream}
...
`;

/** What the catalogue has of the source's current revision. */
function streams({ config }: Mirrored): unknown[] {
  const db = openForReading(dataPaths(config.data).catalogue);
  try {
    return db
      .prepare(
        `SELECT s.name, s.stream, s.version FROM module_stream s JOIN module_membership m ON m.stream = s.id
         WHERE m.to_revision IS NULL ORDER BY s.name, s.stream, s.version`,
      )
      .raw()
      .all();
  } finally {
    db.close();
  }
}

const publishModules = (modules: string) => publishOdd({ packages, documents: { modules } });

it.skipIf(!hasDnf)(
  'a stream 2.10 stays one, and a number of 64 bits keeps its digits',
  async () => {
    const order = '18446744073709551615';
    const components = `  components:\n    rpms:\n      brook:\n        rationale: a\n        buildorder: ${order}\n`;
    const odd = await publishModules(
      build({ stream: '2.10' }) +
        build({ stream: '"2.1"', version: order }) +
        // dnf passes over this one where its libmodulemd takes no number that large.
        build({ stream: 'ordered', more: components }),
    );
    expect(await odd.sync('odd')).toMatchObject({
      outcome: 'updated',
      setAsideCount: 0,
      warnings: [],
    });
    expect(streams(odd)).toEqual([
      ['brook', '2.1', order],
      ['brook', '2.10', '1'],
      ['brook', 'ordered', '1'],
    ]);
    await expectAllServed(odd, odd.paths);
    const dnf = await createDnf(await temporaryFolder(), `${odd.url}/channels/odd/`);
    const list = await dnf('module', 'list');
    expect(list).toMatch(/^brook +2\.10 /m);
    expect(list).toMatch(/^brook +2\.1 /m);
  },
);

it('defaults that are there twice, and two builds of one NSVCA with other contents, are all passed on', async () => {
  const modules =
    defaults('"201801"') +
    defaults('"202001"') +
    build({ stream: '"10.3"' }) +
    build({ stream: '"10.3"', artifact: 'brook-0:2-1.module_1.noarch' });
  const odd = await publishModules(modules);
  expect(await odd.sync('odd')).toMatchObject({
    outcome: 'updated',
    setAsideCount: 0,
    warnings: [],
  });
  expect(streams(odd)).toEqual(Array(2).fill(['brook', '10.3', '1']));
  await expectAllServed(odd, odd.paths);
});

it('two sources whose modules share an NSVCA and list other artifacts do not mix', async () => {
  const folder = await temporaryFolder();
  const artifacts = ['brook-0:1-1.module_1.noarch', 'brook-0:2-1.module_1.noarch'];
  for (const [i, artifact] of artifacts.entries()) {
    const modules = build({ stream: '"3.1"', artifact });
    await publish(`${folder}/${i}`, { packages, documents: { modules } });
  }
  const labels = ['rhel9', 'ol9'];
  const { sync, config } = await startApp(
    labels.map((label, i) => ({ label, upstream: `file:${folder}/${i}/` })),
  );
  for (const label of labels) expect(await sync(label)).toMatchObject({ setAsideCount: 0 });
  const db = openForReading(dataPaths(config.data).catalogue);
  const ofSource = db
    .prepare(
      `SELECT nevra FROM module_artifact JOIN module_membership USING (stream)
       JOIN source ON source.id = module_membership.source WHERE label = ?`,
    )
    .pluck();
  expect(labels.map((label) => ofSource.all(label))).toEqual(artifacts.map((a) => [a]));
  db.close();
});

it('a module document that cannot be read is set aside, and the others are indexed', async () => {
  const odd = await publishModules(
    build({ stream: 'a' }).replace('  stream: a\n', '') +
      build({ stream: '[b' }) +
      build({ stream: 'c' }) +
      build({ stream: 'deep', more: `  xmd: ${'? '.repeat(20_000)}\n` }) +
      build({ stream: 'long', more: `  xmd: ${'x'.repeat(1 << 20)}\n` }),
  );
  const started = performance.now();
  expect(await odd.sync('odd')).toMatchObject({ outcome: 'updated', setAsideCount: 4 });
  expect(performance.now() - started).toBeLessThan(30_000);
  const { setAside } = await odd.last();
  expect(setAside.map((a) => a.document)).toEqual(Array(4).fill('modules'));
  expect(setAside.map((a) => a.reason).join('\n')).toMatch(
    /has no name or stream\n.*is not YAML.*\n.*is not YAML.*\n.*longer than 1048576/,
  );
  expect(streams(odd)).toEqual([['brook', 'c', '1']]);
  await expectAllServed(odd, odd.paths);
});

it.each([
  ['HTML', '<html><body>404</body></html>', /not YAML|no kind/],
  [
    'an xz stream with a SHA-256 check',
    Buffer.from('fd377a585a00000ae1fb0ca1', 'hex'),
    /xz with a SHA-256 check/,
  ],
  ['cut short', Buffer.from('1f8b0800', 'hex'), /damaged or cut short/],
])('a modules document that is %s fails the sync, as dnf fails on it', async (_, modules, says) => {
  const odd = await publishOdd({ packages });
  await odd.sync('odd');
  const before = await odd.get('repodata/repomd.xml');
  await publish(odd.upstream.folder, { packages, documents: { modules }, time: 1_700_000_100 });
  const result = await odd.sync('odd');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'invalid' });
  expect(result.reason).toMatch(/source odd: the modules document cannot be read: /);
  expect(result.reason).toMatch(says);
  expect((await odd.get('repodata/repomd.xml')).bytes.equals(before.bytes)).toBe(true);
  const checks = await odd.app.operations.doctor();
  expect(checks.filter((c) => c.status === 'failed')).toEqual([]);
});

it('modules that upstream drops are gone with that revision, and not before', async () => {
  const odd = await publishModules(build({ stream: '"5.32"' }));
  await odd.sync('odd');
  expect(streams(odd)).toHaveLength(1);
  const old = await odd.get(odd.paths.modules!);
  const paths = await publish(odd.upstream.folder, { packages, time: 1_700_000_100 });
  expect(await odd.sync('odd')).toMatchObject({ outcome: 'updated', revision: 2 });
  expect(streams(odd)).toEqual([]);
  await expectAllServed(odd, paths);
  // For clients that have read the old repomd.xml.
  expect((await odd.get(odd.paths.modules!)).bytes.equals(old.bytes)).toBe(true);
});
