import { sign } from 'node:crypto';
import { parse } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readSignature } from '../../../src/server/osms/signature.ts';
import { newKey } from './signing.ts';

const { privateKey, publicKey } = newKey();
const host = '127.0.0.1:8080';

/** Whether a signature over one address is taken for a request that asks for another. */
function isTaken(asSigned: string, onTheWire: string): boolean {
  const date = new Date().toUTCString();
  const text = `x-date: ${date}\n(request-target): get ${asSigned}\nhost: ${host}`;
  const signature = sign('sha256', Buffer.from(text), privateKey).toString('base64');
  const headers = {
    ...{ host, 'x-date': date },
    authorization: `Signature version="1",keyId="a/b/c",algorithm="rsa-sha256",headers="x-date (request-target) host",signature="${signature}"`,
  };
  const rawHeaders = Object.entries(headers).flat();
  return readSignature({ method: 'GET', url: onTheWire, headers, rawHeaders, host }).isBy(
    publicKey,
  );
}

/** Any text but what ends a query, and what is dropped on the way. */
const anyText = fc
  .oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string())
  .map((text) => [...text].filter((sign) => sign >= ' ' && sign !== '#').join(''))
  // A text that holds escapes beside what has to be escaped can be read in two ways.
  .filter((text) => !/%[\dA-F]{2}/i.test(text));

it('Whatever text the SDK puts into a query, its signature is taken', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const address = `http://${host}/20190801/x?displayName=${text}`;
      // As the SDK signs it, and as `fetch` sends it.
      const wire = new URL(address);
      expect(isTaken(parse(address).path!, wire.pathname + wire.search)).toBe(true);
    }),
    { numRuns: 400 },
  );
});

it('Two addresses that mean different things are never taken for one another', () => {
  const piece = fc.constantFrom(
    'a',
    'ü',
    '+',
    '%2B',
    '%20',
    '&',
    '%26',
    '%',
    '%25',
    '=',
    '{',
    '%C3',
    "'",
  );
  const address = fc.array(piece, { maxLength: 6 }).map((parts) => `/x?q=${parts.join('')}`);
  const meant = (text: string) => {
    try {
      return text
        .split('&')
        .map((part) => decodeURIComponent(part))
        .join('&');
    } catch {
      return text;
    }
  };
  fc.assert(
    fc.property(address, address, (one, other) => {
      const [a, b] = [one, other].map((text) => new URL(text, `http://${host}`));
      fc.pre(meant(a!.search) !== meant(b!.search));
      expect(isTaken(parse(`http://${host}${one}`).path!, b!.pathname + b!.search)).toBe(false);
    }),
    { numRuns: 400 },
  );
});
