import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import { AppError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { findHeaders, type RpmExtents } from '../../repodata/rpm-header.ts';
import { type RpmSignatures, readSignatures } from '../../repodata/rpm-signature.ts';
import type { Rules } from './judge-one.ts';
import type { Verdict } from './verdict.ts';
import { createJudge, type Judge } from './verify.ts';

/** Bytes of an rpm: `length` of them from `start` on, which are there. */
export type ReadAt = (start: number, length: number) => Promise<Buffer>;

/** The check of one rpm's signature, in two steps, so that its bytes can be passed on after the first. */
export interface RpmCheck {
  /**
   * Checks what stands at the rpm's beginning, as soon as it is `available`: gives true once that is found good. Old
   * rpms whose one signature is over the payload too give false until their end. Throws AppError 'untrusted', or
   * 'invalid' where it is no rpm.
   */
  start(read: ReadAt, available: number): Promise<boolean>;
  /** Checks the whole: the payload as well. Gives whether the verdict may change with time. Throws as `start` does. */
  end(read: ReadAt, size: number): Promise<{ expires: boolean }>;
}

/** The problem of headers beyond the limit, which may be raised. */
export const tooLarge = 'header_too_large';

/** Headers are read whole: so many are in memory at a time. */
const headersAtOnce = pLimit(2);
const mostSignatures = 8;
const pieceSize = 1024 * 1024;

/**
 * Checks an rpm as `rpmkeys -K` does, with one difference: a signature is required. Its header digests must be right, no
 * signature by a known key may be wrong, one must be good, and the payload must have the digest that the header gives;
 * where the header gives none, as those of rpm before 4.14, a signature over header and payload must be good besides.
 * As for rpm, a key that has expired since it signed is no obstacle.
 */
export function createRpmCheck(what: string, rules: Rules): RpmCheck {
  let extents: RpmExtents | undefined;
  let found:
    | (Pick<RpmSignatures, 'whole' | 'payload'> & { verdict: Verdict | undefined })
    | undefined;
  let needed = 0;

  async function start(read: ReadAt, available: number): Promise<boolean> {
    if (found) return found.verdict !== undefined;
    if (available < needed) return false;
    extents ??= await findHeaders(read, available);
    if (!extents) return false;
    requireSmall(what, extents);
    needed = extents.header.end;
    if (available < needed) return false;
    const { signature, header } = extents;
    found = await headersAtOnce(async () => {
      const main = await read(header.start, header.end - header.start);
      const signatures = readSignatures(
        await read(signature.start, signature.end - signature.start),
        main,
      );
      if (signatures.wrongDigests.length > 0)
        throw refusal(
          what,
          `its header differs from its ${signatures.wrongDigests[0]} digest`,
          altered,
        );
      const { whole, payload } = signatures;
      const count = signatures.header.length + whole.length;
      if (count === 0) throw refusal(what, 'it is not signed', { problem: 'unsigned' });
      if (count > mostSignatures)
        throw refusal(what, `it has more than ${mostSignatures} signatures`, {
          problem: 'too_many_signatures',
        });
      const signed = async function* () {
        yield main;
      };
      if (!payload && whole.length === 0)
        throw refusal(what, 'nothing that is signed vouches for its payload', {
          problem: 'unsigned_payload',
        });
      const verdict =
        signatures.header.length > 0
          ? await judgeAll(what, signatures.header, createJudge(signed, rules))
          : undefined;
      return { whole, payload, verdict };
    });
    return found.verdict !== undefined;
  }

  async function end(read: ReadAt, size: number): Promise<{ expires: boolean }> {
    await start(read, size);
    if (!found || !extents)
      throw new AppError('invalid', 'this is no rpm package: it is cut short');
    const { header } = extents;
    const { payload, whole } = found;
    // A signature over the payload too says no more than the payload's digest in a signed header.
    if (found.verdict && payload) {
      const hash = createHash(payload.type);
      for await (const piece of pieces(read, header.end, size)) hash.update(piece);
      if (hash.digest('hex') !== payload.value)
        throw refusal(what, `its payload differs from its ${payload.type} digest`, altered);
      return { expires: found.verdict.expires === true };
    }
    const all = () => pieces(read, header.start, size);
    const rest = await judgeAll(what, whole, createJudge(all, rules));
    return { expires: [found.verdict, rest].some((v) => v?.expires === true) };
  }

  return { start, end };
}

function requireSmall(what: string, { signature, header }: RpmExtents): void {
  const size = signature.end - signature.start + (header.end - header.start);
  if (size > limits.rpmHeader)
    throw refusal(what, `its headers have ${size} bytes, more than limits.rpm_header`, {
      problem: tooLarge,
    });
}

const altered = { problem: 'altered' };

/** The verdict on a good one; throws where one is wrong, or none is good. */
async function judgeAll(what: string, signatures: Buffer[], judge: Judge): Promise<Verdict> {
  const verdicts: Verdict[] = [];
  for (const one of signatures) verdicts.push(await judge(one));
  const wrong = verdicts.find((v) => v.problem === 'bad_signature');
  const good = verdicts.find((v) => v.problem === undefined);
  if (good && !wrong) return good;
  const telling = wrong ?? verdicts[0]!;
  throw refusal(what, `its signature cannot be trusted: ${telling.reason}`, telling);
}

async function* pieces(read: ReadAt, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += pieceSize) {
    yield await read(at, Math.min(pieceSize, end - at));
  }
}

function refusal(
  what: string,
  reason: string,
  { problem, key, keyId }: { problem: string | undefined; key?: string; keyId?: string },
): AppError {
  return new AppError('untrusted', `${what} is refused: ${reason}`, {
    detail: { problem, key, keyId, reason },
  });
}
