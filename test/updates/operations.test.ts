import { expect, it } from 'vitest';
import type { Instance } from '../../src/fleet/instances.ts';
import type { AvailableUpdate, UpdateCounts, Updates } from '../../src/updates/updates.ts';
import { createUpdateOperations } from '../../src/updates-operations.ts';

const counts: UpdateCounts = {
  ...{ security: 1, ksplice: 0, bugfix: 1, enhancement: 0, other: 0, total: 2, heldBack: 1 },
  ...{ reboot: false, reported: true },
};

const update = (name: string, about: Partial<AvailableUpdate> = {}): AvailableUpdate => ({
  ...{ name, arch: 'x86_64', installed: '1-1', available: '2-1', kind: 'bugfix', advisories: [] },
  build: { name, arch: 'x86_64', epoch: '0', version: '2', release: '1' },
  ...{ cves: [], sources: ['base'], obsoletes: null, heldBack: false, size: 10, reboot: false },
  ...about,
});

const now = [update('bash'), update('openssl', { kind: 'security' })];
const held = update('zlib', { heldBack: true });

/** The operations over an engine that says what it is told to, and three instances, of which 3 was removed just now. */
function opened(answers: Partial<Updates> = {}) {
  const names = new Map([
    [1, 'web1'],
    [2, 'web2'],
  ]);
  const asked: unknown[] = [];
  const operations = createUpdateOperations({
    updates: {
      of: async (_, view) => (view === 'now' ? now : [...now, held]),
      counts: async () => new Map([[1, counts]]),
      summary: async (ids?: readonly number[]) => {
        asked.push(ids);
        return {};
      },
      search: async (query: object) => {
        asked.push(query);
        return [];
      },
      ...answers,
    } as Updates,
    instances: {
      get: async (id) =>
        names.has(id) ? ({ id, name: names.get(id) } as unknown as Instance) : undefined,
      async require(id) {
        if (!names.has(id)) throw new Error(`no instance ${id}`);
        return { id } as Instance;
      },
      list: async ({ group }: { group?: string | undefined } = {}) =>
        [1, 2].filter((id) => group !== 'one' || id === 1).map((id) => ({ id }) as Instance),
    },
    groups: {
      async require(name) {
        if (name !== 'one') throw new Error(`no group ${name}`);
      },
    },
    requireCompartment() {},
  });
  return { operations, asked };
}

it('Updates are those that an instance could install, of the kinds that are asked for', async () => {
  const { operations } = opened();
  const namesOf = async (wanted: Parameters<typeof operations.listUpdates>[1]) =>
    (await operations.listUpdates(1, wanted)).updates.map(({ name }) => name);
  expect(await namesOf({ heldBack: false, kinds: null })).toEqual(['bash', 'openssl']);
  expect(await namesOf({ heldBack: false, kinds: ['security', 'other'] })).toEqual(['openssl']);
  expect(await namesOf({ heldBack: true, kinds: null })).toEqual(['zlib']);
  const listed = await operations.listUpdates(1, { heldBack: true, kinds: ['security'] });
  expect(listed).toEqual({ instance: 1, counts, updates: [] });
  await expect(operations.listUpdates(17, { heldBack: false, kinds: null })).rejects.toThrow(
    'no instance 17',
  );
});

it('An instance of which nothing is known lacks nothing, and it is said that this is not known', async () => {
  const { operations } = opened({ of: async () => [], counts: async () => new Map() });
  const { counts: none } = await operations.listUpdates(2, { heldBack: false, kinds: null });
  expect(none).toMatchObject({ total: 0, heldBack: 0, reported: false });
});

it('Advisories of an instance come the most urgent first, and of these the latest', async () => {
  const one = (id: string, type: string, issued: string) => ({ id, type, issued }) as never;
  const { operations } = opened({
    advisoriesOf: async () => [
      one('B', 'bugfix', '2026-03-01'),
      one('C', 'security', '2026-01-01'),
      one('A', 'security', '2026-02-01'),
      one('E', 'bugfix', '2026-03-01'),
    ],
  });
  const ids = (await operations.instanceAdvisories(1)).map(({ id }) => id);
  expect(ids).toEqual(['A', 'C', 'B', 'E']);
});

it('A CVE is asked for in whatever case; instances are named, affected ones first, removed ones left out', async () => {
  const at = (instance: number, state: 'affected' | 'fixed') => ({
    ...{ instance, state, packages: [], available: true },
  });
  const { operations, asked } = opened({
    affected: async () => [at(1, 'fixed'), at(2, 'affected'), at(3, 'affected')],
  });
  expect(await operations.showCve(' cve-2026-1000 ')).toEqual({
    ...{ cve: 'CVE-2026-1000', advisories: [] },
    instances: [
      { ...at(2, 'affected'), name: 'web2' },
      { ...at(1, 'fixed'), name: 'web1' },
    ],
  });
  expect(asked).toEqual([{ cve: 'CVE-2026-1000' }]);
});

it('An advisory that there is none of is not found', async () => {
  const { operations } = opened({ advisory: async () => undefined });
  await expect(operations.showAdvisory('ELSA-2026-1')).rejects.toMatchObject({
    ...{ kind: 'not_found', message: 'no mirrored source has an advisory ELSA-2026-1' },
  });
});

it('The fleet is all instances, or those of a group', async () => {
  const { operations, asked } = opened();
  await operations.fleetSummary({ group: null, compartment: null });
  await operations.fleetSummary({ group: 'one', compartment: null });
  await operations.fleetSummary({ group: null, compartment: '' });
  expect(asked).toEqual([undefined, [1], [1, 2]]);
  await expect(operations.fleetSummary({ group: 'two', compartment: null })).rejects.toThrow();
});
