import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createOcids } from '../../src/identity/ocid.ts';
import { createResources } from '../../src/identity/resources.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createResourceTable } from '../../src/store/state/resources.ts';
import { openState, type StateDb } from '../../src/store/state/state.ts';

let folder: string;
let db: StateDb;
const ocids = createOcids(randomBytes(16));
const opened = () => createResources({ table: createResourceTable(db), ocids });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resources-'));
  db = openState(dataPaths(folder));
});

afterEach(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true });
});

it('gives what is first asked for an id, in the root, for good', async () => {
  const resources = await opened();
  const first = await resources.of('source', 'base');
  expect(first).toMatchObject({ subject: 'base', compartment: '', displayName: null, details: {} });
  expect((await (await opened()).of('source', 'base')).ocid).toBe(first.ocid);
  expect(resources.byOcid('source', first.ocid)).toEqual(first);
  expect(resources.byOcid('group', first.ocid)).toBeUndefined();
  const both = await resources.ofAll('source', ['base', 'extras']);
  expect([...both.keys()]).toEqual(['base', 'extras']);
  expect(new Set([...both.values()].map((r) => r.ocid)).size).toBe(2);
});

it('keeps what was changed, and never gives an id twice', async () => {
  const resources = await opened();
  const { ocid } = await resources.of('group', 'web');
  await resources.change('group', 'web', { displayName: 'Web', details: { description: 'front' } });
  expect(resources.byOcid('group', ocid)).toMatchObject({
    displayName: 'Web',
    details: { description: 'front' },
  });
  expect(resources.countIn('')).toBe(1);
  await resources.forget('group', 'web');
  expect(resources.byOcid('group', ocid)).toBeUndefined();
  expect((await resources.of('group', 'web')).ocid).not.toBe(ocid);
});

it('refuses a compartment that is not there', async () => {
  const resources = await opened();
  await expect(resources.change('source', 'base', { compartment: 'nowhere' })).rejects.toThrow(
    /FOREIGN KEY/,
  );
});
