import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { invented, startRepository } from '../mirror/repository.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';
import { createYumClient } from '../support/yum-client.ts';

it('Where packages lie on other servers, clients get them from this one, signed by it', async () => {
  const [own, based, absolute] = ['brook', 'weir', 'sluice'].map((name) => invented(name));
  const other = await startUpstream(await temporaryFolder());
  for (const pkg of [based!, absolute!]) {
    await mkdir(dirname(join(other.folder, pkg.href)), { recursive: true });
    await writeFile(join(other.folder, pkg.href), pkg.bytes);
  }
  const { upstream } = await startRepository({
    packages: [own!, based!, absolute!],
    edit: (_, xml) =>
      xml
        .replace(`href="${based!.href}"`, `xml:base="${other.url}" href="${based!.href}"`)
        .replace(`href="${absolute!.href}"`, `href="${other.url}${absolute!.href}"`),
  });
  const { url, sync } = await startApp([{ label: 'a', upstream: upstream.url }]);
  expect(await sync('a')).toMatchObject({
    outcome: 'updated',
    packages: 3,
    warnings: [expect.stringContaining('2 packages lie at another address')],
  });
  const repo = await fetch(`${url}/channels/a.repo`).then((r) => r.text());
  expect(repo).toContain('repo_gpgcheck=1');
  expect(repo).toContain('/keys/headwater.asc');
  const keys = await fetch(`${url}/keys/headwater.asc`).then((r) => r.text());
  for (const name of ['a', 'a@1']) {
    const client = createYumClient(`${url}/channels/${name}/`, { keys });
    const { packages, documents } = await client.makeCache();
    expect(documents.get('primary')!.toString()).not.toContain(other.url);
    expect(packages.map((p) => p.name).toSorted()).toEqual(['brook', 'sluice', 'weir']);
    for (const pkg of packages) {
      expect(pkg.base).toBeUndefined();
      const expected = [own!, based!, absolute!].find((p) => p.name === pkg.name)!.bytes;
      expect((await client.download(pkg)).equals(expected)).toBe(true);
    }
    client.close();
  }
});
