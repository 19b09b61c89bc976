import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';
import { invented, startRepository, writeRepository } from './repository.ts';

const rpms = (requests: string[]) =>
  requests
    .filter((r) => r.endsWith('.rpm'))
    .map((r) => /([^/]+)-1\.noarch\.rpm$/.exec(r)![1])
    .sort();

it('fetches the newest builds with the sync, lists all, and the others come on demand', async () => {
  const packages = [
    ...['1.2', '1.10', '1.9'].map((v) => invented('brook', v)),
    invented('weir', '7'),
  ];
  const { upstream } = await startRepository({ packages });
  const { sync, app, url } = await startApp([
    { label: 'a', upstream: upstream.url, packages: 'immediate', newest: 2 },
  ]);
  expect(await sync('a')).toMatchObject({ packages: 4, packagesFetched: 3 });
  expect(rpms(upstream.requests)).toEqual(['brook-1.10', 'brook-1.9', 'weir-7']);
  expect((await app.operations.showSource('a')).policy).toMatchObject({ newest: 2 });

  const old = await fetch(`${url}/channels/a/${packages[0]!.href}`);
  expect(packages[0]!.bytes.equals(await old.bytes())).toBe(true);
  expect(rpms(upstream.requests)).toContain('brook-1.2');

  const fresh = invented('brook', '2');
  await writeRepository(upstream.folder, {
    packages: [...packages, fresh],
    time: 1_700_000_100,
  });
  upstream.requests.length = 0;
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packagesFetched: 1 });
  expect(rpms(upstream.requests)).toEqual(['brook-2']);
});

it('fetches the newest builds of each module stream and context, and of what is in no module', async () => {
  const versions = ['10.1', '10.2', '12.1', '12.2', '12.3', '9.1', '9.0'];
  const packages = versions.map((v) => invented('nodejs', v));
  const stream = (name: string, version: number, context: string, builds: string[]) => `---
document: modulemd
version: 2
data:
  name: nodejs
  stream: "${name}"
  version: ${version}
  context: ${context}
  arch: x86_64
  summary: Of a test
  artifacts:
    rpms: [${builds.map((b) => `"${b}"`).join(', ')}]
...
`;
  const yaml = [
    stream('10', 1, 'c1', ['nodejs-0:10.1-1.noarch']),
    stream('10', 2, 'c1', ['nodejs-0:10.2-1.noarch']),
    // Without the epoch, which is 0 then.
    stream('12', 1, 'c1', ['nodejs-12.1-1.noarch']),
    stream('12', 2, 'c1', ['nodejs-0:12.3-1.noarch']),
    stream('12', 2, 'c2', ['nodejs-0:12.2-1.noarch']),
  ].join('');
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'repodata'));
  await writeFile(join(folder, 'repodata/modules.yaml'), yaml);
  const sum = createHash('sha256').update(yaml).digest('hex');
  const entry = `<data type="modules"><checksum type="sha256">${sum}</checksum><location href="repodata/modules.yaml"/><timestamp>1</timestamp><size>${yaml.length}</size></data>`;
  await writeRepository(folder, {
    packages,
    editRepomd: (xml) => xml.replace('</repomd>', `${entry}</repomd>`),
  });
  const upstream = await startUpstream(folder);
  const { sync } = await startApp([
    { label: 'a', upstream: upstream.url, packages: 'immediate', newest: 1 },
  ]);
  expect(await sync('a')).toMatchObject({ packages: 7, packagesFetched: 4, setAsideCount: 0 });
  expect(rpms(upstream.requests)).toEqual(
    ['10.2', '12.2', '12.3', '9.1'].map((v) => `nodejs-${v}`),
  );
});
