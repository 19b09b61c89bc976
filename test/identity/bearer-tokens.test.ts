import { readFile } from 'node:fs/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { openAuth } from './auth.ts';

afterEach(() => {
  vi.useRealTimers();
});

const ahead = (ms: number) => new Date(Date.now() + ms).toISOString();
const about = { user: 'ada', name: 'nightly', scopes: [] };

async function withAda() {
  const auth = await openAuth();
  await auth.users.add('ada', null, { by: 'root' });
  return auth;
}

it('A token lets a script act as its user, also after a restart, and only its hash is kept', async () => {
  const auth = await withAda();
  const secret = await auth.tokens.create({ ...about, expiresAt: ahead(60_000) }, 'root');
  const caller = { kind: 'user', name: 'ada', actor: 'user:ada', by: 'token', scopes: undefined };
  expect(auth.tokens.read(secret)).toEqual(caller);
  expect(JSON.stringify(auth.tokens.list())).not.toContain(secret);
  const { tokens, paths, audited, close } = await auth.again();
  expect(tokens.read(secret)).toEqual(caller);
  for (const wrong of ['', 'x', secret.slice(1), secret.toUpperCase(), `${secret} `])
    expect(tokens.read(wrong)).toBeUndefined();
  expect(await audited()).toContainEqual(expect.stringContaining('token.created ada/nightly'));
  await close();
  expect((await readFile(paths.state)).includes(secret)).toBe(false);
});

it('A token is good until its time is over, and not beyond its revocation', async () => {
  const { tokens } = await withAda();
  const expiresAt = ahead(60_000);
  const secret = await tokens.create({ ...about, expiresAt }, 'root');
  const other = await tokens.create({ ...about, name: 'other', expiresAt }, 'root');
  await tokens.revoke('ada', 'other', 'root');
  expect(tokens.read(other)).toBeUndefined();
  vi.useFakeTimers({ now: Date.now() + 59_000, toFake: ['Date'] });
  expect(tokens.read(secret)).toBeDefined();
  vi.setSystemTime(Date.now() + 2000);
  expect(tokens.read(secret)).toBeUndefined();
  expect(tokens.list('ada')).toMatchObject([{ name: 'nightly', expiresAt }]);
  const again = tokens.revoke('ada', 'other', 'root');
  await expect(again).rejects.toMatchObject({ kind: 'not_found' });
});

it("A removed user's tokens are good for nothing, and for nobody of that name who comes later", async () => {
  const { tokens, users } = await withAda();
  const secret = await tokens.create({ ...about, expiresAt: ahead(60_000) }, 'root');
  await users.remove('ada', 'root');
  expect(tokens.read(secret)).toBeUndefined();
  await users.add('ada', null, { by: 'root' });
  expect(tokens.read(secret)).toBeUndefined();
  // The name is free for another token, too.
  expect(
    tokens.read(await tokens.create({ ...about, expiresAt: ahead(60_000) }, 'root')),
  ).toBeDefined();
});

it('Scopes are verbs on resource types, and nothing else', async () => {
  const { tokens } = await withAda();
  const expiresAt = ahead(60_000);
  const scopes = ['read osms-software-sources', 'Manage  OSMS-family', 'inspect all-resources'];
  const secret = await tokens.create({ ...about, scopes, expiresAt }, 'root');
  expect(tokens.read(secret)?.scopes).toEqual([
    { verb: 'read', type: 'osms-software-sources' },
    { verb: 'manage', type: 'osms-family' },
    { verb: 'inspect', type: 'all-resources' },
  ]);
  const wrong = [
    'read',
    'write osms-family',
    'read everything',
    'read osms-family in tenancy',
    '',
    '*',
  ];
  for (const scope of wrong) {
    const made = tokens.create({ ...about, name: 'x', scopes: [scope], expiresAt }, 'root');
    await expect(made).rejects.toMatchObject({ kind: 'usage' });
  }
  expect(tokens.list()).toHaveLength(1);
});

it('What cannot be made is refused', async () => {
  const { tokens } = await withAda();
  const create = (token: object) =>
    tokens.create({ ...about, expiresAt: ahead(60_000), ...token }, 'root');
  await expect(create({ user: 'bob' })).rejects.toMatchObject({ kind: 'not_found' });
  await expect(create({ name: 'a b' })).rejects.toMatchObject({ kind: 'usage' });
  await expect(create({ expiresAt: ahead(-1) })).rejects.toThrow('is over already');
  await create({});
  await expect(create({})).rejects.toThrow('has a token nightly already');
});
