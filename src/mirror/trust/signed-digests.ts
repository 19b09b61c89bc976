import { createHash, type Hash } from 'node:crypto';

/** The bytes that are signed; may be asked for more than once. */
export type Signed = () => AsyncIterable<Buffer>;

/** Node's names of OpenPGP's digests, by their numbers (RFC 9580, section 9.5). */
export const digestNames: Readonly<Record<number, string>> = {
  1: 'md5',
  2: 'sha1',
  3: 'ripemd160',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
  12: 'sha3-256',
  14: 'sha3-512',
};

/** What a signature wants to be hashed besides the bytes that are signed. */
interface Around {
  /** Before them, as version 6 has it. */
  salt?: Uint8Array | null | undefined;
  /** After them. */
  trailer: Uint8Array;
}

/**
 * Digests of the same bytes for one signature after another. Bytes are hashed once for each algorithm, unless there is a
 * salt. Throws where Node has no such algorithm.
 */
export function createDigests(signed: Signed) {
  const begun = new Map<string, Promise<Hash>>();
  return async (algorithm: string, { salt, trailer }: Around): Promise<Buffer> => {
    if (salt) return (await run(createHash(algorithm).update(salt))).update(trailer).digest();
    const state = begun.get(algorithm) ?? run(createHash(algorithm));
    begun.set(algorithm, state);
    return (await state).copy().update(trailer).digest();
  };

  async function run(hash: Hash): Promise<Hash> {
    for await (const chunk of signed()) hash.update(chunk);
    return hash;
  }
}

/**
 * Bytes as signatures of text are over them: each line ends in CRLF (RFC 9580, section 5.2.1.2). As gpg does, whatever CRs
 * stand at a line's end are dropped, also at that of a last line without a line feed.
 */
export async function* canonicalText(signed: Signed): AsyncGenerator<Buffer> {
  let held = 0;
  for await (const chunk of signed()) {
    const text = Buffer.alloc(held + chunk.length * 2);
    let at = 0;
    for (const byte of chunk) {
      if (byte === cr) {
        held++;
        continue;
      }
      if (byte === lf) held = 1;
      for (; held > 0; held--) text[at++] = cr;
      text[at++] = byte;
    }
    yield text.subarray(0, at);
  }
}

const cr = 0x0d;
const lf = 0x0a;
