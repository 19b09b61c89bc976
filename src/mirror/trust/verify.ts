import { createVerify } from 'node:crypto';
import type { SignaturePacket } from 'openpgp';
import { AppError } from '../../base/errors.ts';
import { type About, type Context, judgeOne, type Rules } from './judge-one.ts';
import { type KeyNumbers, keyObject } from './key-object.ts';
import { openpgp } from './openpgp.ts';
import { readPackets, readVersion3, tagOf } from './packets.ts';
import { canonicalText, createDigests, digestNames, type Signed } from './signed-digests.ts';
import type { Problem, Verdict } from './verdict.ts';

const mostSignatures = 32;
const unreadable = 'it has no signature that can be read';

/** Types of signatures (RFC 9580, section 5.2.1). */
const binary = 0;
const text = 1;
/** Kinds of key that version 3 signatures have (section 9.1). */
const rsa: ReadonlySet<number> = new Set([1, 3]);
const dsa = 17;

/** Judges the signatures in OpenPGP bytes, which are not armoured. */
export type Judge = (signatures: Buffer) => Promise<Verdict>;

/**
 * A judge of signatures over the same bytes, of which it tries a few in all. Of those that it is given together one that
 * is good is enough; where none is, what is wrong with one by a known key is told rather than that another's is unknown.
 */
export function createJudge(signed: Signed, rules: Rules): Judge {
  const context: Context = {
    rules,
    signed,
    digest: createDigests(signed),
    digestOfText: createDigests(() => canonicalText(signed)),
    tried: new Map(),
  };
  return (signatures) => judgeDocument(signatures, context);
}

async function judgeDocument(signatures: Buffer, context: Context): Promise<Verdict> {
  let packets: ReturnType<typeof readPackets> = [];
  try {
    packets = readPackets(signatures).filter((p) => p.tag === tagOf.signature);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
  let worst: Verdict = { problem: 'unreadable', reason: unreadable };
  for (const packet of packets.slice(0, mostSignatures)) {
    const verdict =
      packet.body[0] === 3
        ? await judgeVersion3(packet.body, context)
        : await judgeByOpenpgp(packet.whole, context);
    if (!verdict.problem) return verdict;
    if (rank(verdict) > rank(worst)) worst = verdict;
  }
  return worst;
}

/** What is told rather than anything of a lower rank; any problem that is not here has 2. */
const ranks: Partial<Record<Problem, number>> = { unreadable: 0, unknown_key: 1, bad_signature: 3 };
const rank = ({ problem }: Verdict) => (problem && ranks[problem]) ?? 2;

const isTaken = (type: number, { rules }: Context): boolean =>
  type === binary || (type === text && rules.allowText === true);

/** Versions 4 and 6. */
async function judgeByOpenpgp(packet: Buffer, context: Context): Promise<Verdict> {
  const { readSignature, config } = await openpgp();
  const read = await readSignature({ binarySignature: new Uint8Array(packet) }).catch(
    () => undefined,
  );
  const signature = read?.packets[0] as SignaturePacket | undefined;
  // One that openpgp cannot read is kept as a packet of another kind, without these.
  if (!signature?.created || !signature.hashAlgorithm)
    return { problem: 'unreadable', reason: unreadable };
  const ends = Number(signature.getExpirationTime());
  // A time of another length than four bytes comes out as none.
  if (Number.isNaN(signature.created.getTime() + ends))
    return { problem: 'unreadable', reason: unreadable };
  const about: About = {
    keyId: signature.issuerKeyID?.toHex() ?? '',
    created: signature.created,
    hashAlgorithm: signature.hashAlgorithm,
    ends,
  };
  return judgeOne(about, context, async ({ part }) => {
    const type = signature.signatureType;
    if (type === null || !isTaken(type, context)) return false;
    const hashed = await digestOf(signature, context);
    if (!hashed) return false;
    // openpgp takes a digest that is computed already, and does not ask for the data then.
    Object.assign(signature, { hashed });
    const none = undefined as never;
    const accepting = Object.assign({}, config, {
      rejectHashAlgorithms: new Set(),
      rejectMessageHashAlgorithms: new Set(),
    });
    const noTime = null as unknown as Date;
    return signature.verify(part.keyPacket, type, none, noTime, true, accepting).then(
      () => true,
      () => false,
    );
  });
}

/** The digest that a signature of version 4 or 6 is over (RFC 9580, section 5.2.4); undefined where it can have none. */
async function digestOf(signature: SignaturePacket, { digest, digestOfText }: Context) {
  const { signatureType, version, signatureData, hashAlgorithm, salt } = signature as unknown as {
    signatureType: number;
    version: number;
    signatureData: Uint8Array;
    hashAlgorithm: number;
    salt: Uint8Array | null;
  };
  const name = digestNames[hashAlgorithm];
  if (!name) return undefined;
  const end = Buffer.from([version, 0xff, 0, 0, 0, 0]);
  end.writeUInt32BE(signatureData.length, 2);
  const trailer = Buffer.concat([signatureData, end]);
  const found = await (signatureType === text ? digestOfText : digest)(name, { salt, trailer });
  // Section 5.2.3: half of the digest, of SHA-224 a little more.
  return salt && salt.length !== Math.max(16, found.length / 2) ? undefined : found;
}

async function judgeVersion3(body: Buffer, context: Context): Promise<Verdict> {
  let packet: ReturnType<typeof readVersion3>;
  try {
    packet = readVersion3(body);
  } catch {
    return { problem: 'unreadable', reason: unreadable };
  }
  const { type, created, keyId, keyAlgorithm, hashAlgorithm, trailer, numbers } = packet;
  const digest = digestNames[hashAlgorithm];
  const about = { keyId, created, hashAlgorithm, ends: Number.POSITIVE_INFINITY };
  return judgeOne(about, context, async ({ part }) => {
    const isRsa = rsa.has(keyAlgorithm);
    const owned = part.keyPacket as unknown as { algorithm: number; publicParams: KeyNumbers };
    const sameKind = isRsa
      ? rsa.has(owned.algorithm)
      : owned.algorithm === dsa && keyAlgorithm === dsa;
    if (!digest || !isTaken(type, context) || !sameKind || numbers.length !== (isRsa ? 1 : 2))
      return false;
    const key = attempt(() => keyObject(owned.publicParams));
    const verifier = key && attempt(() => createVerify(digest));
    if (!verifier) return false;
    const { signed } = context;
    for await (const chunk of type === text ? canonicalText(signed) : signed())
      verifier.update(chunk);
    verifier.update(trailer);
    const { n, q } = owned.publicParams;
    const width = (isRsa ? n : q)!.length;
    if (numbers.some((number) => number.length > width)) return false;
    const wide = numbers.map((b) => Buffer.concat([Buffer.alloc(width - b.length), b]));
    const made = { key, dsaEncoding: 'ieee-p1363' } as const;
    return attempt(() => verifier.verify(made, Buffer.concat(wide))) ?? false;
  });
}

/** Undefined where OpenSSL takes a key, a digest or a signature for nonsense. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
