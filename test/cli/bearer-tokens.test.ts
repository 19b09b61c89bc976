import { expect, it } from 'vitest';
import { createPlace } from './headwater.ts';

it('Tokens are made, listed and revoked, with a server running or without', async () => {
  const place = await createPlace('');
  await place.run('init');
  const made = await place.run(
    ...['token', 'create', '--user', 'admin', '--name', 'nightly', '--expires', '30d'],
  );
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/) });
  expect(made.stderr).toContain('shown only now');
  const server = await place.serve();
  const create = ['token', 'create', '--user', 'admin', '--name', 'report'];
  const scoped = await place.json<{ token: string }>(
    ...[...create, '--expires', '1h', '--scope', 'read osms-family', 'use osms-errata'],
  );
  expect(scoped.value).toMatchObject({ scopes: ['read osms-family', 'use osms-errata'] });
  const { stdout } = await place.run('token', 'list');
  expect(stdout).toMatch(/^admin +nightly +active .* all$/m);
  expect(stdout).toMatch(/^admin +report +active .* read osms-family, use osms-errata$/m);
  expect((await place.run('token', 'revoke', 'nightly', '--user', 'admin')).code).toBe(0);
  expect((await place.json<unknown[]>('token', 'list', '--user', 'admin')).value).toHaveLength(1);
  const refused = async (...more: string[]) => (await place.run(...create, ...more)).stderr;
  expect(await refused('--expires', '1d')).toContain('has a token report already');
  expect(await refused('--expires', '2020-01-01')).toContain('is over already');
  expect(await refused('--expires', 'soon')).toContain('is no time');
  expect(await refused('--expires', '1d', '--scope', 'all')).toContain('"all" is nothing that');
  expect(await refused()).toContain('--expires');
  await server.stop();
  const secrets = [made.stdout.trim(), scoped.value.token];
  for (const secret of secrets) expect(JSON.stringify(server.logged())).not.toContain(secret);
});
