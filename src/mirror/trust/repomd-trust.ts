import { AppError } from '../../base/errors.ts';
import type { MirroredSource } from '../../base/source.ts';
import type { Trust } from '../../store/objects/manifest.ts';
import { dearmor } from './armor.ts';
import type { Certificate } from './certificates.ts';
import type { Rules } from './judge-one.ts';
import type { Problem, Verdict } from './verdict.ts';
import { createJudge } from './verify.ts';

/**
 * Checks the detached signature of a repomd.xml against the source's keys. Throws AppError 'untrusted', with a `problem`
 * in its detail, where the source requires a good one and there is none, or where it wants none but the one there is by
 * a known key is of other bytes. As for dnf, a key that has expired by now is not one that counts.
 */
export async function checkRepomd(
  source: MirroredSource,
  repomd: Buffer,
  signature: Buffer | undefined,
  certificates: () => Promise<Certificate[]>,
): Promise<Trust> {
  if (source.verifyRepomd === 'off') return { result: 'off' };
  const required = source.verifyRepomd === 'required';
  if (!signature) {
    if (required)
      throw refusal(
        source,
        'repomd.xml is not signed',
        'set verify.repomd: optional to take it so',
      );
    return { result: 'unsigned' };
  }
  const keys = await certificates();
  if (keys.length === 0) {
    if (required)
      throw refusal(source, 'there is no key to check repomd.xml with', 'check gpg_keys');
    const why =
      source.gpgKeys.length > 0 ? 'none of gpg_keys could be had' : 'the source has no gpg_keys';
    return { result: 'unverified', problem: 'unknown_key', reason: why };
  }
  const verdict = await judgeDetached(repomd, signature, {
    certificates: keys,
    when: 'now',
    allowSha1: source.allowSha1,
    allowText: true,
  });
  const { problem, reason } = verdict;
  const by = {
    ...(verdict.key && { key: verdict.key }),
    ...(verdict.keyId && { keyId: verdict.keyId }),
  };
  if (!problem) return { result: 'verified', ...by, ...(source.allowSha1 && { sha1: true }) };
  if (isWrong(problem)) {
    throw refusal(
      source,
      `the signature of repomd.xml is wrong (${reason})`,
      'the upstream may be in the middle of a publish: try again later',
      verdict,
    );
  }
  if (required) {
    throw refusal(
      source,
      `the signature of repomd.xml cannot be trusted (${reason})`,
      hints[problem] ?? 'ask the vendor',
      verdict,
    );
  }
  return { result: 'unverified', problem, reason, ...by };
}

/** Whether what was found of an earlier repomd.xml is enough for what the source wants now. */
export function isTrusted(source: MirroredSource, { result, sha1 }: Trust): boolean {
  return (
    source.verifyRepomd !== 'required' || (result === 'verified' && (!sha1 || source.allowSha1))
  );
}

/** Whether an error says that repomd.xml and its signature do not belong together, as they may in a moment. */
export function isMismatch(error: unknown): boolean {
  return (
    error instanceof AppError &&
    error.kind === 'untrusted' &&
    isWrong(error.detail?.problem as Problem)
  );
}

const isWrong = (problem: Problem) => problem === 'bad_signature' || problem === 'unreadable';

const hints: Partial<Record<Problem, string>> = {
  unknown_key: 'add the key to gpg_keys if it is the vendor’s',
  expired_key: 'the vendor may have prolonged the key: fetch it anew',
  expired_signature: 'the upstream has to sign it again, or the mirror is behind',
  revoked_key: 'the vendor has withdrawn this key: ask for the one that takes its place',
  not_yet_valid: 'check the clocks of this machine and of the upstream',
  weak: 'ask the vendor for a stronger signature; verify.sha1: true takes SHA-1 and keys of 1024 bits',
  unusable_key: 'ask the vendor for the key that signs',
};

function refusal(
  source: MirroredSource,
  reason: string,
  hint: string,
  verdict?: Verdict,
): AppError {
  const { problem, key, keyId } = verdict ?? {};
  return new AppError('untrusted', `source ${source.label}: ${reason}`, {
    hint,
    detail: { problem, key, keyId },
  });
}

async function judgeDetached(bytes: Buffer, signature: Buffer, rules: Rules): Promise<Verdict> {
  let packets: Buffer;
  try {
    packets = dearmor(signature, 'SIGNATURE');
  } catch {
    return { problem: 'unreadable', reason: 'repomd.xml.asc is no signature' };
  }
  const whole = async function* () {
    yield bytes;
  };
  const verdict = await createJudge(whole, rules)(packets);
  return verdict.problem === 'unreadable'
    ? { ...verdict, reason: `repomd.xml.asc is no signature that can be read` }
    : verdict;
}
