import { rm, stat, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { newPair, openAuth } from './auth.ts';

const memberOf = (name: string, profile: string | null) =>
  new RegExp(`^${name}=(.*)$`, 'm').exec(profile!)![1]!;

it('The first administrator is made once, also by several at a time, and shown again', async () => {
  const auth = await openAuth();
  const { initialiseAdministrator } = auth.operations;
  const [first, same] = await Promise.all([initialiseAdministrator(), initialiseAdministrator()]);
  expect(first).toMatchObject({ user: 'admin', made: true });
  expect(same).toBe(first);
  const { operations, apiKeys, users, identity } = await auth.again();
  expect(await operations.initialiseAdministrator()).toEqual({ ...first, made: false });
  expect(apiKeys.list()).toHaveLength(1);
  expect(users.hasPassword('admin')).toBe(false);
  const wish = { verb: 'manage', type: 'osms-software-sources', compartment: '' } as const;
  const caller = { kind: 'user', name: 'admin', actor: 'user:admin', by: 'signature' } as const;
  expect(identity.may({ ...caller, scopes: undefined }, wish)).toBe(true);
  const { paths } = auth;
  for (const file of [paths.administratorKey, paths.administratorProfile])
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(paths.administrator)).mode & 0o777).toBe(0o700);
});

it('A key that was moved away is not replaced while it is good; a removed one is', async () => {
  const { operations, paths } = await openAuth();
  const { profile } = await operations.initialiseAdministrator();
  await rm(paths.administratorKey);
  const moved = await operations.initialiseAdministrator();
  expect(moved).toMatchObject({ user: 'admin', made: false, profile: null });
  const fingerprint = memberOf('fingerprint', profile);
  await operations.removeApiKey('admin', fingerprint, { by: 'root' });
  const again = await operations.initialiseAdministrator();
  expect(again).toMatchObject({ user: 'admin', made: true });
  expect(memberOf('user', again.profile)).toBe(memberOf('user', profile));
  expect(memberOf('fingerprint', again.profile)).not.toBe(fingerprint);
});

it('A key file that is no key, or of a key that was removed, brings nobody back', async () => {
  const { operations, paths, apiKeys } = await openAuth();
  const { profile } = await operations.initialiseAdministrator();
  await operations.addApiKey('admin', newPair().publicKey, { by: 'root' });
  await operations.removeApiKey('admin', memberOf('fingerprint', profile), { by: 'root' });
  expect(await operations.initialiseAdministrator()).toMatchObject({ made: false, profile: null });
  await writeFile(paths.administratorKey, 'not a key');
  expect(await operations.initialiseAdministrator()).toMatchObject({ made: false, profile: null });
  expect(apiKeys.list()).toHaveLength(1);
});

it('A user of before who is called admin does not become one by it', async () => {
  const { operations, users, identity } = await openAuth();
  await users.add('admin', 'correct horse', { by: 'root' });
  expect(await operations.initialiseAdministrator()).toMatchObject({ user: 'admin-2', made: true });
  expect(identity.userGroups.find('Administrators')?.members).toEqual(['admin-2']);
});

it('Where another administrator can ask, nobody else is made', async () => {
  const { operations, users, identity } = await openAuth();
  await users.add('ada', 'correct horse', { by: 'root' });
  await identity.userGroups.join('Administrators', ['ada'], 'root');
  expect(await operations.initialiseAdministrator()).toMatchObject({
    ...{ user: 'ada', made: false, profile: null },
  });
  expect(users.has('admin')).toBe(false);
});

it('An administrator who can neither sign nor log in gets the key', async () => {
  const { operations, users, identity, apiKeys } = await openAuth();
  await users.add('ada', null, { by: 'root' });
  await identity.userGroups.join('Administrators', ['ada'], 'root');
  expect(await operations.initialiseAdministrator()).toMatchObject({ user: 'ada', made: true });
  expect(apiKeys.list('ada')).toHaveLength(1);
});
