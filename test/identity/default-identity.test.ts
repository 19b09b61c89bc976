import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { dataPaths } from '../../src/store/paths.ts';
import { projectRoot } from '../support/tools.ts';
import { machine, openIdentity, user } from './identity.ts';

const use = { verb: 'use', type: 'osms-managed-instances', compartment: '' } as const;

it('An installation begins with administrators, registrars, and machines that may register', async () => {
  const identity = await openIdentity();
  await identity.person('ada', 'Administrators');
  await identity.person('rita', 'Registrars');
  await identity.person('bob');
  const manage = { verb: 'manage', type: 'policies', compartment: '' } as const;
  expect(['ada', 'rita', 'bob'].filter((name) => identity.may(user(name), manage))).toEqual([
    'ada',
  ]);
  expect(['ada', 'rita', 'bob'].filter((name) => identity.mayRegisterMachines(name, ''))).toEqual([
    'ada',
    'rita',
  ]);
  expect(identity.mayRegister({ compartment: '', tags: [] })).toBe(true);
  expect(identity.mayRegister({ compartment: 'none', tags: [] })).toBe(false);
  // Who may register may not change what others have.
  expect(identity.may(user('rita'), { ...use, operation: 'updateManagedInstance' })).toBe(false);
  expect(identity.may(machine(7), { ...use, operation: 'updateManagedInstance' })).toBe(false);
});

it('What was removed of it stays away', async () => {
  const identity = await openIdentity();
  await identity.policies.remove('Registration', 'test');
  await identity.dynamicGroups.remove('AllInstances', 'test');
  const again = await identity.again();
  expect(again.policies.all().map((p) => p.name)).toEqual(['Administrators']);
  expect(again.dynamicGroups.all()).toEqual([]);
  expect(again.tenancy).toEqual(identity.tenancy);
});

it('Users and compartments of before are taken over', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-before-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const schema = join(projectRoot, 'src/store/state/schema');
  const db = new Database(dataPaths(folder).state);
  const names = [
    '001-sources',
    '002-operating',
    '003-package-checks',
    '004-views',
    '005-stages',
    '006-collections',
    '007-forgotten',
    '008-fleet',
  ];
  for (const name of names) db.exec(readFileSync(join(schema, `${name}.sql`), 'utf8'));
  db.pragma(`user_version = ${names.length}`);
  db.exec(`INSERT INTO user VALUES ('ada', 'scrypt$1', '2026-01-01T00:00:00Z', 'root');
    INSERT INTO registration_key (name, hash, sources, groups, tags, compartment, created_at, created_by)
      VALUES ('k', x'00', '[]', '[]', '[]', 'production:web', '2026-01-01T00:00:00Z', 'root')`);
  db.close();
  const identity = await openIdentity(folder);
  expect(identity.users.all()).toMatchObject([
    { name: 'ada', hasPassword: true, createdBy: 'root' },
  ]);
  expect(identity.mayRegisterMachines('ada', '')).toBe(true);
  expect(identity.compartments.all().map((c) => c.path)).toEqual([
    '',
    'production',
    'production:web',
  ]);
});
