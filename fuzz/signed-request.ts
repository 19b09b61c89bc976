import { createPublicKey, generateKeyPairSync, hash, sign } from 'node:crypto';
import { AppError } from '../src/base/errors.ts';
import { readSignature } from '../src/server/osms/signature.ts';
import { mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';
import type { Reader } from './readers.ts';

const pem = { type: 'spki', format: 'pem' } as const;
const method = 'POST';
const url = '/20190801/softwareSources/a/x?displayName=gtk%C3%BC{+}&limit=3';
const host = 'yum.example.test:8080';
const body = '{"displayName":"x"}';
const headersOf = (date: string): [string, string][] => [
  ['x-date', date],
  ['content-type', 'application/json'],
  ['content-length', String(body.length)],
  ['x-content-sha256', hash('sha256', body, 'base64')],
];

/** What was signed, by name; addresses as they mean the same. */
const meaningOf = (date: string) =>
  new Map([
    ['(request-target)', `${method.toLowerCase()} ${decoded(url)}`],
    ['host', host],
    ...headersOf(date),
  ]);

/**
 * A request as lines: method and address, then headers; last, which key signed it, and when. It is signed with what is
 * covered here, in this order.
 */
function sample(covers: readonly string[], target: string): Buffer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const date = new Date().toUTCString();
  const signedHeaders = headersOf(date);
  const values = new Map<string, string>([...signedHeaders, ['host', host]]);
  values.set('(request-target)', `${method.toLowerCase()} ${target}`);
  const text = covers.map((name) => `${name.toLowerCase()}: ${values.get(name.toLowerCase())}`);
  const signature = sign('sha256', Buffer.from(text.join('\n')), privateKey).toString('base64');
  const authorization = `Signature version="1",keyId="t/u/f",algorithm="rsa-sha256",headers="${covers.join(' ')}",signature="${signature}"`;
  const headers = [['host', host], ...signedHeaders, ['authorization', authorization]];
  return Buffer.from(
    [
      `${method} ${url}`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
      JSON.stringify({ date, sum: hash('sha1', date), key: publicKey.export(pem) }),
    ].join('\n'),
  );
}

const all = [
  'x-date',
  '(request-target)',
  'host',
  'Content-Type',
  'Content-Length',
  'x-content-sha256',
];

/** Whatever is done to a signed request, it is refused, or says what was signed. */
export const signedRequest: Reader = {
  samples: async () => [
    sample(all, url),
    sample(all.toReversed(), url),
    sample(all, '/20190801/softwareSources/a/x?displayName=gtkü%7B+%7D&limit=3'),
  ],
  mutate: (bytes: Buffer, random: Random) => mutateBytes(bytes, random),
  check(input) {
    if (read(input) === undefined) throw new AppError('invalid', 'it is not by that key');
  },
};

/** Undefined where it is not by the key that it names. Throws AppErrors, and an Error where it was not signed so. */
function read(input: Buffer): true | undefined {
  const [first = '', ...rest] = input.toString('latin1').split('\n');
  const { date, key } = lastOf(rest.pop() ?? '');
  const [, verb = '', target = ''] = /^(\S*) ?(.*)$/s.exec(first)!;
  const pairs = rest.map((line) => {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line)!;
    return [name, value] as const;
  });
  const headers = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
  const asked = headers.host ?? '';
  const signature = readSignature({
    ...{ method: verb, url: target, headers, rawHeaders: pairs.flat(), host: asked },
  });
  if (!signature.isBy(key)) return undefined;
  const said = { ...headers, '(request-target)': `${verb.toLowerCase()} ${decoded(target)}` };
  for (const [name, value] of meaningOf(date)) {
    if (said[name as keyof typeof said] !== value) throw new Error(`${name} was not signed so`);
  }
  if (!signature.coversBody) throw new Error('the body is not covered');
  return true;
}

function lastOf(line: string) {
  try {
    const { date, sum, key } = JSON.parse(line) as Record<'date' | 'sum' | 'key', string>;
    if (hash('sha1', date) !== sum) throw new Error('another date');
    return { date, key: createPublicKey(key) };
  } catch {
    throw new AppError('invalid', 'it names no key');
  }
}

/** An address as what it means. */
function decoded(address: string): string {
  return address.replaceAll(/(?:%[\dA-F]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
