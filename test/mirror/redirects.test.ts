import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';
import { invented, startRepository } from './repository.ts';

it('follows a redirect to another server, and keeps credentials to itself', async () => {
  const { upstream: there } = await startRepository({
    only: ['primary'],
    packages: [invented('brook')],
  });
  const here = await startUpstream(await temporaryFolder());
  const seen: { at: string; authorization: string | undefined }[] = [];
  here.fault = (request, response) => {
    seen.push({ at: 'here', authorization: request.headers.authorization });
    response.writeHead(302, { location: there.url.slice(0, -1) + request.url }).end();
    return true;
  };
  there.fault = (request) => {
    seen.push({ at: 'there', authorization: request.headers.authorization });
    return false;
  };
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'password'), 'secret\n');
  const { sync } = await startApp([
    {
      label: 'a',
      upstream: here.url,
      auth: { username: 'user', password_file: join(folder, 'password') },
    },
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 1 });
  const basic = `Basic ${btoa('user:secret')}`;
  expect(new Set(seen.filter((s) => s.at === 'here').map((s) => s.authorization))).toEqual(
    new Set([basic]),
  );
  expect(new Set(seen.filter((s) => s.at === 'there').map((s) => s.authorization))).toEqual(
    new Set([undefined]),
  );
});

it('follows five redirects, and not six', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [invented('brook')] });
  let hops = 5;
  upstream.fault = (request, response) => {
    const asked = new URL(request.url!, upstream.url);
    const done = Number(asked.searchParams.get('hop') ?? 0);
    if (!asked.pathname.endsWith('repomd.xml') || done >= hops) return false;
    response.writeHead(307, { location: `?hop=${done + 1}` }).end();
    return true;
  };
  const { sync } = await startApp([
    { label: 'a', upstream: upstream.url },
    { label: 'b', upstream: upstream.url },
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated' });
  hops = 6;
  expect(await sync('b')).toMatchObject({ outcome: 'failed', kind: 'refused' });
});

it('follows no redirect away from HTTP', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [invented('brook')] });
  let location = '';
  upstream.fault = (_, response) => {
    response.writeHead(302, { location }).end();
    return true;
  };
  const { sync } = await startApp([{ label: 'a', upstream: upstream.url }]);
  for (location of ['file:///etc/passwd', 'ftp://user:secret@127.0.0.1/x', 'unix:/run/x:/y']) {
    const result = await sync('a');
    expect(result, location).toMatchObject({ outcome: 'failed', kind: 'refused' });
    expect(result.reason).toContain(`source a: ${upstream.url}repodata/repomd.xml`);
    expect(result.reason).not.toContain('secret@');
  }
});

it('shows where a redirect led without the query, which may be a key', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [invented('brook')] });
  upstream.fault = (request, response) => {
    if (/primary\.xml\.gz$/.test(request.url!)) {
      response.writeHead(302, { location: '/blob?signature=secret' }).end();
    } else if (request.url!.startsWith('/blob')) response.end('other bytes');
    else return false;
    return true;
  };
  const { sync } = await startApp([{ label: 'a', upstream: upstream.url }]);
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'checksum' });
  expect(result.reason).toContain(`${upstream.url}blob?…`);
  expect(result.reason).not.toContain('secret');
});
