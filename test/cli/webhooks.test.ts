import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startReceiver } from '../notify/receiver.ts';
import { createPlace, until } from './headwater.ts';

it('Webhooks are added, listed, shown, tested and removed, with a server running or without', async () => {
  const receiver = await startReceiver();
  const place = await createPlace('');
  const url = `${receiver.url}?token=t0ps3cret`;
  const added = await place.run('webhook', 'add', 'ops', url);
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[\w-]{43}\n$/) });
  expect(added.stderr).toContain(
    'ops is told of all events from now on. The secret is shown only now.',
  );
  expect(await place.run('webhook', 'test', 'ops')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ops took it in \d+ ms\n$/),
  });
  expect(receiver.received[0]).toMatchObject({
    path: '/hook?token=t0ps3cret',
    event: { event: 'webhook.test', about: { webhook: 'ops' } },
  });
  const server = await place.serve();
  await writeFile(join(place.folder, 'secret'), 'a secret of my own\nand no more\n');
  const pager = ['webhook', 'add', 'pager', receiver.url, '--secret-file', 'secret'];
  expect(await place.run(...pager, '--event', 'sync.failed', 'job.failed')).toMatchObject({
    code: 0,
    stdout: '',
  });
  const { stdout } = await place.run('webhook', 'list');
  expect(stdout).toMatch(/^ops +http:\/\/127[^ ]*\/hook\?… +all events +0 +0 +0$/m);
  expect(stdout).toMatch(/^pager +http:[^ ]*\/hook +sync\.failed, job\.failed +0 +0 +0$/m);
  receiver.answer = (_, response) => response.writeHead(500).end();
  expect(await place.run('webhook', 'test', 'pager')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('did not take it: it answered 500'),
  });
  await place.run('source', 'add', 'gone', '--upstream', 'http://127.0.0.1:1/');
  expect((await place.run('sync', 'gone')).code).toBe(1);
  await until(async () => {
    const shown = await place.run('webhook', 'show', 'ops');
    return /^\S+ \S+ +sync\.failed +waiting +1 +\S+ \S+ +it answered 500/m.test(shown.stdout);
  });
  const refused = async (...args: string[]) => (await place.run('webhook', ...args)).stderr;
  expect(await refused('add', 'ops', receiver.url)).toContain('there is a webhook ops already');
  expect(await refused('add', 'x', 'ftp://a:hush@b/')).toContain('this is no address of a webhook');
  expect(await refused('add', 'x', 'ftp://a:hush@b/')).not.toContain('hush');
  expect(await refused('add', 'x y', receiver.url)).toContain('is no name for a webhook');
  expect(await refused('add', 'x', receiver.url, '--event', 'all')).toContain(
    'there are sync.failed',
  );
  const halved = await refused('add', 'x', 'http://a:100%hush@127.0.0.1:1/');
  expect(halved).toContain('the user name or password of this address is not written right');
  expect(halved).not.toContain('hush');
  await writeFile(join(place.folder, 'bytes'), Buffer.alloc(32, 0xfe));
  expect(await refused('add', 'x', receiver.url, '--secret-file', 'bytes')).toContain(
    'a secret is text in UTF-8',
  );
  const short = await place.runGiven(
    'short\n',
    'webhook',
    'add',
    'x',
    receiver.url,
    '--secret-stdin',
  );
  expect(short).toMatchObject({ code: 2, stderr: expect.stringContaining('16 to 256 characters') });
  expect(await refused('show', 'nobody')).toContain('there is no webhook nobody');
  expect((await place.run('webhook', 'remove', 'pager')).code).toBe(0);
  expect((await place.json<unknown[]>('webhook', 'list')).value).toHaveLength(1);
  const audit = await place.run('audit');
  expect(audit.stdout).toMatch(/webhook\.added.* ops/);
  expect(audit.stdout).toMatch(/webhook\.removed.* pager/);
  await server.stop();
  const log = JSON.stringify(server.logged());
  for (const secret of ['t0ps3cret', added.stdout.trim(), 'a secret of my own']) {
    expect(log).not.toContain(secret);
  }
});
