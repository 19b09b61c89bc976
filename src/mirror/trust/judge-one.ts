import type { Certificate } from './certificates.ts';
import type { createDigests, Signed } from './signed-digests.ts';
import { judgeSigner, type Signer, signersOf, type When } from './signer.ts';
import { judgeStrength } from './strength.ts';
import type { Verdict } from './verdict.ts';

/** By what a signature is judged. */
export interface Rules {
  certificates: readonly Certificate[];
  when: When;
  allowSha1: boolean;
  /** Takes signatures of text besides those of bytes; rpms have none. */
  allowText?: boolean;
}

/** What judging has at hand, and what is left of it. */
export interface Context {
  rules: Rules;
  signed: Signed;
  digest: ReturnType<typeof createDigests>;
  digestOfText: ReturnType<typeof createDigests>;
  /** Signatures of a key that were tried, by its id. */
  tried: Map<string, number>;
}

/** How far ahead of ours an upstream's clock may be, in milliseconds. */
const clockDrift = 86_400_000;
/** Cryptography takes time: so many signatures are tried in all, and of one key. */
const mostTries = 8;
const mostTriesOfKey = 3;

/** OpenPGP's numbers of digests (RFC 9580, section 9.5). */
const sha1 = 2;
const broken: ReadonlySet<number> = new Set([1, 3]);
const tooMany = 'it has more signatures than are tried';

/** What a signature says of itself. */
export interface About {
  keyId: string;
  created: Date;
  hashAlgorithm: number;
  /** Milliseconds since 1970, or Infinity. */
  ends: number;
}

/**
 * Looks the key up, its strength first: nothing is computed with numbers of any size. Then the cryptography: a wrong
 * signature is wrong, whatever else may be said of its key.
 */
export async function judgeOne(
  about: About,
  { rules, tried }: Context,
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
  const computed = new Map<string, boolean>();
  for (const signer of signers) {
    const { certificate, part } = signer;
    const unfit =
      judgeStrength(certificate.key, rules.allowSha1) ?? judgeStrength(part, rules.allowSha1);
    if (unfit) {
      verdicts.push({ key: certificate.fingerprint, keyId, ...unfit });
      continue;
    }
    const fingerprint = part.getFingerprint();
    if (!computed.has(fingerprint)) {
      if (!mayTry(tried, keyId)) return { problem: 'unreadable', keyId, reason: tooMany };
      computed.set(fingerprint, await isRight(signer));
    }
    if (computed.get(fingerprint)) verdicts.push(await judgeRight(about, rules, signer));
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

/** Counts one more try, where one is left. */
function mayTry(tried: Map<string, number>, keyId: string): boolean {
  const ofKey = tried.get(keyId) ?? 0;
  const all = [...tried.values()].reduce((sum, n) => sum + n, 0);
  if (ofKey >= mostTriesOfKey || all >= mostTries) return false;
  tried.set(keyId, ofKey + 1);
  return true;
}

/** What is to be said of a signature that is right, and of its key. */
async function judgeRight(about: About, rules: Rules, signer: Signer): Promise<Verdict> {
  const found = { key: signer.certificate.fingerprint, keyId: about.keyId };
  const expires = Number.isFinite(about.ends);
  const ofKey = await judgeSigner(signer, about.created, rules.when);
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
