import { expect, it } from 'vitest';
import { createPlace, fixture, until } from './headwater.ts';

it('serve mirrors what never was, and prints the line for dnf', async () => {
  const place = await createPlace(`
sources:
  - { label: ol8, upstream: "${fixture('ol8')}", sync: { every: 6h } }
  - { label: bad, upstream: "file:nowhere/", sync: { every: 6h } }
  - { label: later, upstream: "${fixture('ol9')}" }
`);
  const server = await place.serve();
  await until(() => server.stdout().includes('Try:  dnf'));
  const lines = server.stdout().trimEnd().split('\n');
  expect(lines[0]).toBe(`Headwater serves ${server.url}/ from ${place.folder}/data`);
  expect(lines).toContain('ol8: mirrored, 13 packages');
  expect(lines).toContainEqual(expect.stringMatching(/^bad: not mirrored: .*does not exist/));
  expect(server.stdout()).not.toContain('later');
  const repo = `${server.url}/channels/ol8/`;
  expect(lines).toContain(`Try:  dnf --repofrompath=ol8,${repo} --repo=ol8 repoquery`);
  expect((await fetch(`${repo}repodata/repomd.xml`)).status).toBe(200);

  const { value } = await place.json<{ label: string; nextSync: string }[]>('source', 'list');
  const next = Date.parse(value.find((s) => s.label === 'ol8')!.nextSync) - Date.now();
  expect(next / 3_600_000).toBeGreaterThan(5.9);
  expect(next / 3_600_000).toBeLessThanOrEqual(6.6);
  expect(await server.stop()).toBe(0);
});

it('An address that cannot be listened on ends the program with 1 and the reason', async () => {
  const place = await createPlace('');
  const server = await place.serve();
  const taken = new URL(server.url).host;
  const { code, stderr } = await place.run('serve', '--data', 'other', '--listen', taken);
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`cannot listen on ${taken} \\(.*EADDRINUSE.*--listen`));
});
