import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SourceDefinition } from '../../src/base/source.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { createDnfOf } from '../support/dnf.ts';
import { hasDnf, projectRoot } from '../support/tools.ts';
import { createYumClient, elements } from '../support/yum-client.ts';

type Filters = Extract<SourceDefinition, object>['filters'];

const repository = join(projectRoot, 'fixtures/repodata');
const old = 'millrace-2.4.6-3.module+el8.4.0+20211+522a0ee4.x86_64';

const advisories = ['ELBA-2099-0102', 'ELSA-2099-0101', 'ELSA-2099-0103'];

interface Kind {
  what: string;
  filters: Filters;
  /** What must be there of these, and what must not: as repoquery says without modular filtering. */
  has: string[];
  lacks: string[];
  /** Names of advisories, and of module streams. */
  advisories: string[];
  streams: string[];
  group: boolean;
}

const kinds: Kind[] = [
  {
    what: 'without filters',
    filters: [],
    has: ['weir-1.8.1-2.el8.x86_64', old, 'libbrook-1.2.0-3.el8.x86_64'],
    lacks: [],
    advisories,
    streams: ['2.10', '2.4'],
    group: true,
  },
  {
    what: 'that holds packages back',
    filters: [{ packages: { exclude: ['weir*', 'libbrook-1.2.0-5.el8_8', 'millrace*'] } }],
    has: ['libbrook-1.2.0-3.el8.x86_64', 'riverbed-3.8-6.el8.noarch'],
    lacks: ['weir-1.8.1-2.el8.x86_64', 'libbrook-1.2.0-5.el8_8.x86_64', old],
    advisories: [],
    streams: [],
    group: false,
  },
  {
    what: 'of security advisories',
    filters: [{ advisories: { include: [{ type: ['security'] }] } }],
    has: ['libbrook-1.2.0-5.el8_8.x86_64'],
    lacks: ['weir-1.8.1-2.el8.x86_64', old],
    advisories: ['ELSA-2099-0101', 'ELSA-2099-0103'],
    streams: ['2.10'],
    group: true,
  },
  {
    what: 'without a module stream',
    filters: [{ modules: { exclude: ['millrace:2.10'] } }],
    has: [old, 'weir-1.8.1-2.el8.x86_64'],
    lacks: ['millrace-doc-2.10.4-1.module+el8.8.0+21052+63b34585.noarch'],
    advisories: ['ELBA-2099-0102', 'ELSA-2099-0103'],
    streams: ['2.4'],
    group: true,
  },
  {
    what: 'of a group',
    filters: [{ groups: { include: ['river-tools'] } }],
    has: ['weir-1.8.1-2.el8.x86_64', 'weir-doc-1.8.1-2.el8.noarch', old],
    lacks: ['libbrook-1.2.0-3.el8.x86_64', 'riverbed-3.8-6.el8.noarch'],
    advisories: ['ELBA-2099-0102', 'ELSA-2099-0101'],
    streams: ['2.10', '2.4'],
    group: true,
  },
  {
    what: 'of the newest',
    filters: [{ latest_only: true }],
    has: ['libbrook-1.2.0-5.el8_8.x86_64', old, 'weir-1.8.1-2.el8.x86_64'],
    lacks: ['libbrook-1.2.0-3.el8.x86_64'],
    advisories,
    streams: ['2.10', '2.4'],
    group: true,
  },
];

/** The advisories that a channel's updateinfo holds. */
async function updateinfo(base: string): Promise<string[]> {
  const client = createYumClient(base);
  const { documents } = await client.makeCache();
  client.close();
  const document = documents.get('updateinfo');
  const updates = document ? elements('updates', document) : [];
  return updates.map((u) => /<id>([^<]*)/.exec(u.toString())![1]!).toSorted();
}

describe.skipIf(!hasDnf)('dnf reads', () => {
  it.each(['gzip', 'zstd'] as const)(
    'every kind of view, and stages of them, in %s',
    async (compression) => {
      const { url, sync, app } = await startApp([
        { label: 'ol8', release: 8, upstream: `file:${repository}/ol8/` },
        ...kinds.flatMap(({ filters }, i): SourceDefinition[] => [
          { label: `view-${i}`, from: ['ol8'], filters, compression },
          { label: `stage-${i}`, follows: `view-${i}` },
        ]),
      ]);
      await sync('ol8');
      for (const [i, kind] of kinds.entries()) {
        await app.operations.promoteStage(`stage-${i}`, move, () => {});
        // A stage is its view under another name: in the one compression that is read, in the other the view itself.
        await compare(url, compression === 'gzip' ? `view-${i}` : `stage-${i}`, kind);
      }
    },
    180_000,
  );
});

const move = { to: null, by: 'tester', fetch: null, allowMissing: false };

async function compare(url: string, label: string, kind: Kind): Promise<void> {
  const repo = await fetch(`${url}/channels/${label}.repo`).then((r) => r.text());
  expect(repo).toContain('repo_gpgcheck=1');
  const dnf = await createDnfOf(join(await temporaryFolder(), label), repo);
  await dnf('makecache');
  const format = '%{name}-%{version}-%{release}.%{arch}';
  const query = ['repoquery', '--disable-modular-filtering', '--available', '--qf', format];
  const packages = (await dnf(...query)).split('\n');
  for (const name of kind.has) expect(packages, kind.what).toContain(name);
  for (const name of kind.lacks) expect(packages, kind.what).not.toContain(name);
  // dnf counts no advisory of a stream that is not enabled.
  const listed = kind.advisories.filter((id) => id !== 'ELSA-2099-0101');
  const shipped = (await dnf(...query, ...advisories.map((id) => `--advisory=${id}`))).trim();
  expect(shipped !== '', kind.what).toBe(listed.length > 0);
  expect(await updateinfo(`${url}/channels/${label}/`), kind.what).toEqual(kind.advisories);
  const modules = await dnf('module', 'list').catch((error: Error) => {
    // dnf says so where there are none.
    if (/No matching Modules/.test(error.message)) return '';
    throw error;
  });
  const streams = [...modules.matchAll(/^millrace\s+(\S+)/gm)].map((m) => m[1]);
  expect([...new Set(streams)].toSorted(), kind.what).toEqual(kind.streams);
  const groups = await dnf('group', 'list', '--hidden').catch(() => '');
  expect(groups.includes('River Tools'), kind.what).toBe(kind.group);
}

it.skipIf(!hasDnf)(
  'dnf installs from a view and a module of it, by the .repo file alone',
  async () => {
    const folder = await temporaryFolder();
    const { url, sync } = await startApp([
      { label: 'ol8', upstream: `file:${repository}/ol8/` },
      { label: 'view', from: ['ol8'], filters: [{ packages: { exclude: ['*-doc'] } }] },
    ]);
    await sync('ol8');
    const repo = await fetch(`${url}/channels/view.repo`).then((r) => r.text());
    const dnf = await createDnfOf(join(folder, 'dnf'), repo);
    const root = `--installroot=${join(folder, 'root')}`;
    await dnf('install', root, 'weir');
    await dnf('module', 'install', root, 'millrace:2.10');
    const installed = await dnf('repoquery', '--installed', root);
    expect(installed).toMatch(/^weir-0:1\.8\.1/m);
    expect(installed).toMatch(/^millrace-0:2\.10\.4/m);
    expect(installed).not.toMatch(/-doc/);
  },
);
