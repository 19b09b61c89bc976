import { createVerify } from 'node:crypto';
import type { SignaturePacket } from 'openpgp';
import { AppError } from '../../base/errors.ts';
import type { Certificate } from './certificates.ts';
import { type KeyNumbers, keyObject } from './key-object.ts';
import { openpgp } from './openpgp.ts';
import { readPackets, readVersion3, tagOf } from './packets.ts';
import { judgeSigner, type Signer, signersOf, type When } from './signer.ts';
import type { Problem, Verdict } from './verdict.ts';

/** By what a signature is judged. */
export interface Rules {
  certificates: readonly Certificate[];
  when: When;
  allowSha1: boolean;
}

/** The bytes that are signed; may be asked for more than once. */
export type Signed = () => AsyncIterable<Buffer>;

/** Most bytes that are hashed in one piece, as openpgp does. */
const mostInOnePiece = 256 * 1024 * 1024;
/** How far ahead of ours an upstream's clock may be, in milliseconds. */
const clockDrift = 86_400_000;
const mostSignatures = 32;
const unreadable = 'it has no signature that can be read';

/** OpenPGP's numbers (RFC 9580, section 9.5) of digests, and of the kinds of key that version 3 signatures have. */
const digests: Record<number, string> = {
  1: 'md5',
  2: 'sha1',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
};
const sha1 = 2;
const broken: ReadonlySet<number> = new Set([1, 3]);
const rsa: ReadonlySet<number> = new Set([1, 3]);
const dsa = 17;

/**
 * Judges the signatures in OpenPGP bytes, which are not armoured. One that is good is enough; where none is, what is wrong
 * with one by a known key is told rather than that another's key is unknown.
 */
export async function judge(signatures: Buffer, signed: Signed, rules: Rules): Promise<Verdict> {
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
        ? await judgeVersion3(packet.body, signed, rules)
        : await judgeByOpenpgp(packet.whole, signed, rules);
    if (!verdict.problem) return verdict;
    if (rank(verdict) > rank(worst)) worst = verdict;
  }
  return worst;
}

/** What is told rather than anything of a lower rank; any problem that is not here has 2. */
const ranks: Partial<Record<Problem, number>> = { unreadable: 0, unknown_key: 1, bad_signature: 3 };
const rank = ({ problem }: Verdict) => (problem && ranks[problem]) ?? 2;

interface About {
  keyId: string;
  created: Date;
  hashAlgorithm: number;
  /** Milliseconds since 1970, or Infinity. */
  ends: number;
}

/** Looks the key up, the cryptography first: a wrong signature is wrong, whatever else may be said of its key. */
async function judgeOne(
  about: About,
  rules: Rules,
  isRight: (signer: Signer) => Promise<boolean>,
): Promise<Verdict> {
  const { keyId } = about;
  const signers = signersOf(rules.certificates, keyId);
  if (signers.length === 0)
    return {
      problem: 'unknown_key',
      keyId,
      reason: `it is by key ${keyId}, which is none of gpg_keys`,
    };
  // A key may be there more than once, as it was before it was prolonged or revoked, and as it is now.
  const verdicts: Verdict[] = [];
  for (const signer of signers) {
    if (await isRight(signer)) verdicts.push(await judgeRight(about, rules, signer));
  }
  const telling =
    verdicts.find((v) => v.problem === 'revoked_key') ??
    verdicts.find((v) => v.problem === undefined) ??
    verdicts[0];
  if (telling) return telling;
  return {
    problem: 'bad_signature',
    key: signers[0]!.certificate.fingerprint,
    keyId,
    reason: `it was made by key ${keyId} at ${about.created.toISOString()}, of other bytes`,
  };
}

/** What is to be said of a signature that is right, and of its key. */
async function judgeRight(about: About, rules: Rules, signer: Signer): Promise<Verdict> {
  const found = { key: signer.certificate.fingerprint, keyId: about.keyId };
  const expires = Number.isFinite(about.ends);
  const ofKey = await judgeSigner(signer, about.created, rules);
  // A revoked key says more than anything else; one that has expired says less.
  if (ofKey.problem === 'revoked_key') return { ...found, ...ofKey };
  const reason = weakDigest(about.hashAlgorithm, rules.allowSha1);
  if (reason) return { ...found, problem: 'weak', reason };
  return { ...found, ...(ofTime(about) ?? ofKey), expires };
}

function ofTime({ created, ends }: About): Pick<Verdict, 'problem' | 'reason'> | undefined {
  if (created.getTime() > Date.now() + clockDrift)
    return {
      problem: 'not_yet_valid',
      reason: `it was made in the future, ${created.toISOString()}`,
    };
  if (ends <= Date.now())
    return {
      problem: 'expired_signature',
      reason: `it expired on ${new Date(ends).toISOString()}`,
    };
  return undefined;
}

function weakDigest(algorithm: number, allowSha1: boolean): string | undefined {
  if (broken.has(algorithm)) return `it is over ${algorithm === 1 ? 'MD5' : 'RIPEMD-160'}`;
  return algorithm === sha1 && !allowSha1 ? 'it is over SHA-1' : undefined;
}

/** Versions 4 and 6. */
async function judgeByOpenpgp(packet: Buffer, signed: Signed, rules: Rules): Promise<Verdict> {
  const { createMessage, enums, readSignature, config } = await openpgp();
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
  const binary = enums.signature.binary;
  const about: About = {
    keyId: signature.issuerKeyID?.toHex() ?? '',
    created: signature.created,
    hashAlgorithm: signature.hashAlgorithm,
    ends,
  };
  return judgeOne(about, rules, async ({ part }) => {
    if (signature.signatureType !== binary) return false;
    const message = await createMessage({ binary: new Uint8Array(await inOnePiece(signed)) });
    const literal = message.packets.findPacket(enums.packet.literalData)!;
    const accepting = Object.assign({}, config, {
      rejectHashAlgorithms: new Set(),
      rejectMessageHashAlgorithms: new Set(),
    });
    const noTime = null as unknown as Date;
    return signature.verify(part.keyPacket, binary, literal, noTime, true, accepting).then(
      () => true,
      () => false,
    );
  });
}

async function judgeVersion3(body: Buffer, signed: Signed, rules: Rules): Promise<Verdict> {
  let packet: ReturnType<typeof readVersion3>;
  try {
    packet = readVersion3(body);
  } catch {
    return { problem: 'unreadable', reason: unreadable };
  }
  const { type, created, keyId, keyAlgorithm, hashAlgorithm, trailer, numbers } = packet;
  const digest = digests[hashAlgorithm];
  const about = { keyId, created, hashAlgorithm, ends: Number.POSITIVE_INFINITY };
  return judgeOne(about, rules, async ({ part }) => {
    const isRsa = rsa.has(keyAlgorithm);
    const owned = part.keyPacket as unknown as { algorithm: number; publicParams: KeyNumbers };
    const sameKind = isRsa
      ? rsa.has(owned.algorithm)
      : owned.algorithm === dsa && keyAlgorithm === dsa;
    if (!digest || type !== 0 || !sameKind || numbers.length !== (isRsa ? 1 : 2)) return false;
    const key = attempt(() => keyObject(owned.publicParams));
    const verifier = key && attempt(() => createVerify(digest));
    if (!verifier) return false;
    for await (const chunk of signed()) verifier.update(chunk);
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

async function inOnePiece(signed: Signed): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of signed()) {
    size += chunk.length;
    if (size > mostInOnePiece)
      throw new AppError(
        'limit',
        `a signature of this kind over more than ${mostInOnePiece} bytes is not checked`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
