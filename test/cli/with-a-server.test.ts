import { expect, it } from 'vitest';
import { createPlace, fixture, type Place } from './headwater.ts';

/** What differs between two runs however they are made. */
const passing = new Set(['at', 'took', 'startedAt', 'finishedAt', 'published', 'id']);

/** The commands, one after the other, and what each printed and ended with. */
async function walk(place: Place) {
  const said: unknown[] = [];
  const json = async (...args: string[]) => {
    const { code, value, stderr } = await place.json(...args);
    const lasting = JSON.parse(JSON.stringify(value, (k, v) => (passing.has(k) ? undefined : v)));
    said.push([args.join(' '), code, lasting, stderr]);
  };
  const failing = async (...args: string[]) => {
    const { code, stdout, stderr } = await place.run(...args);
    said.push([args.join(' '), code, stdout, stderr]);
  };
  await json('sync', '--all');
  await json('source', 'show', 'ol8');
  await json('source', 'add', 'mine', '--upstream', fixture('ol9'), '--name', 'Mine');
  await json('source', 'list');
  await failing('source', 'remove', 'ol8');
  return said;
}

it('Commands give the same with a running server and without', async () => {
  const text = `
public_url: http://yum.example.test
sources: [{ label: ol8, upstream: "${fixture('ol8')}" }]
`;
  const alone = await createPlace(text);
  const served = await createPlace(text);
  const [without, withServer] = await Promise.all([
    walk(alone),
    served.serve().then(async (server) => {
      const said = await walk(served);
      expect(await server.stop()).toBe(0);
      return said;
    }),
  ]);
  const unplaced = (said: unknown, { folder }: Place) =>
    JSON.parse(JSON.stringify(said).replaceAll(folder, '<folder>'));
  expect(unplaced(withServer, served)).toEqual(unplaced(without, alone));
  expect(without).toHaveLength(5);
});

it('A second server on a folder is refused, and a command finds the first', async () => {
  const place = await createPlace('');
  const server = await place.serve();
  const second = await place.run('serve');
  expect(second.code).toBe(1);
  expect(second.stderr).toMatch(/the data folder .* is in use by another Headwater process/);
  expect((await place.run('source', 'add', 'a', '--upstream', fixture('ol8'))).code).toBe(0);
  expect((await fetch(`${server.url}/channels/a.repo`)).status).toBe(200);
  expect(await server.stop('SIGINT')).toBe(0);
});
