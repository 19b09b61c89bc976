import { expect, it } from 'vitest';
import { keysOf } from '../channels/signing/keys.ts';
import { invented, startRepository } from '../mirror/repository.ts';
import { startApp, temporaryFolder } from '../support/app.ts';

async function publicKey(): Promise<string> {
  const keys = keysOf(await temporaryFolder());
  await keys.ensure();
  return keys.publicKeys();
}

it("The server's keys can be had where it may come to sign, and not where it signs nothing", async () => {
  for (const [keep, status] of [
    [{ keep_originals: 1 }, 200],
    [{}, 404],
  ] as const) {
    const { url } = await startApp([{ label: 'a', upstream: 'http://127.0.0.1:9/', ...keep }]);
    expect((await fetch(`${url}/keys/headwater.asc`)).status).toBe(status);
  }
});

it('The keys of a view are those of every mirrored source behind it, each once', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [invented('brook')] });
  const [one, two] = [await publicKey(), await publicKey()];
  const { sync, url } = await startApp([
    { label: 'a', upstream: upstream.url, gpg_keys: [one] },
    { label: 'b', upstream: upstream.url, gpg_keys: [one, two] },
    { label: 'c', upstream: upstream.url },
    { label: 'view', from: ['a', 'b', 'c'] },
    { label: 'stage', follows: 'view' },
    { label: 'bare', from: ['c'] },
  ]);
  for (const label of ['a', 'b', 'c'])
    expect(await sync(label)).toMatchObject({ outcome: 'updated' });
  const keys = (label: string) => fetch(`${url}/keys/${label}.asc`);
  for (const label of ['view', 'stage']) expect(await (await keys(label)).text()).toBe(one + two);
  expect((await keys('bare')).status).toBe(404);
  const repo = await fetch(`${url}/channels/view.repo`).then((r) => r.text());
  expect(repo).toContain(`gpgkey=${url}/keys/view.asc ${url}/keys/headwater.asc\n`);
  expect(repo).toContain('\ngpgcheck=0\n');
});
