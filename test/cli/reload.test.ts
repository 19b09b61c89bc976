import { expect, it } from 'vitest';
import { createPlace, fixture, type Server, until } from './headwater.ts';

const source = (label: string, name: 'ol8' | 'ol9') =>
  `  - { label: ${label}, upstream: "${fixture(name)}" }\n`;

/** Sends SIGHUP and gives what the server then logs. */
async function reload(server: Server): Promise<Record<string, unknown>> {
  const told = () => server.logged().filter((l) => /^configuration /.test(String(l.msg)));
  const before = told().length;
  process.kill(server.pid, 'SIGHUP');
  await until(() => told().length > before);
  return told().at(-1)!;
}

it('SIGHUP takes sources up that are new in the file, and disables those that vanished, until they are removed', async () => {
  const place = await createPlace(`sources:\n${source('stays', 'ol8')}${source('goes', 'ol9')}`);
  const server = await place.serve();
  expect((await place.run('sync', '--all')).code).toBe(0);
  const statusOf = async (path: string) => (await fetch(`${server.url}/channels/${path}`)).status;
  const repomd = (label: string) => statusOf(`${label}/repodata/repomd.xml`);
  expect([await repomd('stays'), await repomd('goes'), await statusOf('comes.repo')]).toEqual([
    200, 200, 404,
  ]);

  await place.write(`sources:\n${source('stays', 'ol8')}${source('comes', 'ol9')}`);
  expect(await reload(server)).toMatchObject({ msg: 'configuration reloaded' });
  expect([await repomd('stays'), await statusOf('comes.repo')]).toEqual([200, 200]);
  expect([await repomd('goes'), await statusOf('goes.repo')]).toEqual([404, 404]);
  expect(await statusOf('goes/Packages/w/weir-2.0.3-4.el9.x86_64.rpm')).toBe(404);
  expect(await (await fetch(server.url)).text()).not.toContain('goes');
  const { stdout } = await place.run('source', 'list');
  expect(stdout).toMatch(/^goes .* 1 +8 .* disabled$/m);
  expect((await place.run('sync', 'goes')).stderr).toContain('there is no source goes');

  // Its data were kept: in the file again, it is served as before without a sync.
  await place.write(`sources:\n${source('stays', 'ol8')}${source('goes', 'ol9')}`);
  await reload(server);
  expect([await repomd('goes'), await statusOf('comes.repo')]).toEqual([200, 404]);

  await place.write(`sources:\n${source('stays', 'ol8')}`);
  await reload(server);
  expect((await place.run('source', 'remove', 'goes')).code).toBe(0);
  const { value } = await place.json<{ label: string }[]>('source', 'list');
  expect(value.map((s) => s.label)).toEqual(['stays']);
  await place.write(`sources:\n${source('stays', 'ol8')}${source('goes', 'ol9')}`);
  await reload(server);
  expect(await repomd('goes')).toBe(404);
  expect(await server.stop()).toBe(0);
});

it('A file that is broken, or not there, leaves the old configuration in force and is logged', async () => {
  const place = await createPlace(`sources:\n${source('ol8', 'ol8')}`);
  const server = await place.serve();
  const works = async () => (await fetch(`${server.url}/channels/ol8.repo`)).status === 200;
  const broken: [string, RegExp][] = [
    ['sources:\n  - label: [\n', /headwater\.yaml:\d+: not YAML/],
    ['sources:\n  - label: ol8\n', /headwater\.yaml:2: sources\.0: .*exactly one of upstream/],
  ];
  for (const [text, reason] of broken) {
    await place.write(text);
    expect(await reload(server)).toMatchObject({
      level: 50,
      msg: 'configuration not reloaded; the old one stays',
      reason: expect.stringMatching(reason),
    });
    expect(await works()).toBe(true);
  }
  await place.write(`sources:\n${source('other', 'ol8')}`);
  await reload(server);
  expect(await works()).toBe(false);
  expect((await fetch(`${server.url}/channels/other.repo`)).status).toBe(200);
});

it('After SIGHUP .repo files still name the address that the server listens on', async () => {
  const place = await createPlace(`sources:\n${source('ol8', 'ol8')}`);
  const server = await place.serve();
  const baseurl = async () =>
    /^baseurl=(.*)$/m.exec(await (await fetch(`${server.url}/channels/ol8.repo`)).text())?.[1];
  expect(await baseurl()).toBe(`${server.url}/channels/ol8/`);
  await reload(server);
  expect(await baseurl()).toBe(`${server.url}/channels/ol8/`);
});
