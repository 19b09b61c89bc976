import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { fillIn } from '../../src/base/fill-in.ts';
import type { SourceDefinition } from '../../src/base/source.ts';
import { defaultLimits } from '../../src/cli/limits-section.ts';
import { redactionOf } from '../../src/mirror/secrets.ts';
import { startApp } from '../support/app.ts';
import type { Fault } from '../support/upstream.ts';
import { invented, startRepository } from './repository.ts';

const secret = 'Op3n+ses/ame';
const packages = [invented('brook')];
type Auth = NonNullable<SourceDefinition['auth']>;
const header: Auth = { header: 'X-Key', value_env: 'HEADWATER_TEST' };
const basic: Auth = { username: 'user', password_env: 'HEADWATER_TEST' };

/** What each request was sent, as a server may repeat it. */
type Said = Parameters<Fault>[0]['headers'];
const sent = (headers: Said): string => String(headers['x-key'] ?? headers.authorization);
const encoded = btoa(`user:${secret}`);
const forms = [secret, encodeURIComponent(secret), encoded, encodeURIComponent(encoded)];

const faults: [string, (said: string) => Fault][] = [
  [
    'after its status code',
    (said) => (_, response) =>
      !!response.socket!.end(`HTTP/1.1 403 no ${said}\r\ncontent-length: 0\r\n\r\n`),
  ],
  [
    'as the status text of a code of its own',
    (said) => (_, response) =>
      !!response.socket!.end(`HTTP/1.1 477 ${said}\r\ncontent-length: 0\r\n\r\n`),
  ],
  [
    'in a redirect to what is not followed',
    (said) => (_, response) => !!response.writeHead(302, { location: `ftp://host/${said}` }).end(),
  ],
  [
    'in a redirect to where nothing is',
    (said) => (request, response) =>
      request.url!.startsWith('/gone')
        ? !!response.writeHead(404).end()
        : !!response.writeHead(302, { location: `/gone/${encodeURIComponent(said)}` }).end(),
  ],
  [
    'in a redirect to a body that breaks off',
    (said) => (request, response) => {
      if (!request.url!.startsWith('/cut'))
        return !!response.writeHead(302, { location: `/cut/${encodeURIComponent(said)}` }).end();
      response.writeHead(200, { 'content-length': 5000, etag: `"${said}"` }).write('x');
      setTimeout(() => response.destroy(), 20);
      return true;
    },
  ],
];

/** All that the data folder holds. */
async function stored(folder: string): Promise<string> {
  const files = await readdir(folder, { withFileTypes: true, recursive: true });
  const contents = files
    .filter((f) => f.isFile())
    .map((f) => readFile(join(f.parentPath, f.name), 'latin1'));
  return (await Promise.all(contents)).join('\n');
}

it.each(
  faults.flatMap(([where, fault]) => [
    { where, fault, what: 'a header', auth: header, value: `Bearer ${secret}` },
    { where, fault, what: 'a password', auth: basic, value: secret },
  ]),
)('nobody is shown $what that an upstream repeats $where', async ({ fault, auth, value }) => {
  vi.stubEnv('HEADWATER_TEST', value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const test = await startApp([{ label: 'a', upstream: upstream.url, auth }], {
    limits: { ...defaultLimits, tries: 1 },
  });
  expect(await test.sync('a')).toMatchObject({ outcome: 'updated' });
  let asked = 0;
  upstream.fault = (request, response) => {
    asked++;
    return fault(sent(request.headers))(request, response);
  };
  const result = await test.sync('a');
  expect(result).toMatchObject({ outcome: 'failed' });
  const answer = await fetch(`${test.url}/channels/a/${packages[0]!.href}`);
  const body = await answer.text().catch(() => 'broken off');
  expect(asked).toBeGreaterThan(1);
  const shown = await test.app.operations.showSource('a');
  const told = [result, body, test.logged, shown, await stored(test.config.data)];
  const text = JSON.stringify(told);
  expect(forms.filter((form) => text.includes(form))).toEqual([]);
});

it.each([
  ['a password', {}, { username: 'user', password: 'Op3nSesame' }, 'http://op3nsesame.test/'],
  ['a token', {}, { headers: { 'x-key': 'Bearer Op3nSesame' } }, 'it said Op3nSesame'],
  ['a cookie', {}, { headers: { cookie: 'a=1; session=Op3nSesame==' } }, 'it said Op3nSesame=='],
  [
    'what an address holds',
    { upstream: 'http://u:Op3nSesame@h/' },
    {},
    `it said ${btoa('u:Op3nSesame')}`,
  ],
  ['a secret in two words', {}, { headers: { 'x-key': 'open (it) now' } }, '/open%20%28it)%20now'],
])('%s is taken out of errors', (_, source, credentials, said) => {
  const { error, text } = redactionOf(
    fillIn({ label: 'a', upstream: 'http://h/', ...source }, '/', 'file'),
    credentials,
  );
  const given = new AppError('refused', said, {
    cause: new Error(said),
    hint: said,
    detail: { status: 403 },
  });
  const shown = error(given) as AppError;
  expect(shown).toMatchObject({ kind: 'refused', detail: { status: 403 } });
  expect(shown.cause).toBeUndefined();
  expect(shown.message).toMatch(/^(http:\/\/|it said |\/)…/);
  expect(shown.hint).toBe(shown.message);
  expect(text(`${said} twice ${said}`)).toBe(`${shown.message} twice ${shown.message}`);
  const other = new AppError('refused', 'it refuses');
  expect(error(other)).toBe(other);
});
