import type { AppError } from '../base/errors.ts';
import {
  after,
  BANG,
  endOfName,
  GT,
  LT,
  QUESTION,
  SLASH,
  skipBlank,
  skipMarkup,
} from './markup.ts';

export interface ElementFinder {
  /** Where the element that starts at `start` ends; undefined if that is not here yet. Goes on where it stopped. */
  find(bytes: Buffer, start: number): number | undefined;
}

/**
 * Finds an element's end. The fast way looks for its end tag; where the element holds a comment, a CDATA section, an
 * instruction or another element of its name, or is `<empty/>`, its tokens are walked.
 */
export function elementFinder(name: string, fail: (p: string) => AppError): ElementFinder {
  const endTag = Buffer.from(`</${name}`, 'latin1');
  const startTag = Buffer.from(`<${name}`, 'latin1');
  let searched = 0;
  let walk: { at: number; depth: number } | undefined;

  function find(bytes: Buffer, start: number): number | undefined {
    if (!walk) {
      const end = fast(bytes, start);
      if (end !== 'walk') return end;
      walk = { at: 0, depth: 0 };
    }
    return walkElement(bytes, start, walk, fail);
  }

  function fast(bytes: Buffer, start: number): number | undefined | 'walk' {
    const opened = endOfTag(bytes, start);
    if (opened === undefined) return undefined;
    if (bytes[opened - 2] === SLASH) return 'walk';
    let at = start + searched;
    for (;;) {
      const found = indexOfTag(bytes, endTag, at);
      if (found < 0) {
        searched = Math.max(0, bytes.length - start - endTag.length - 1);
        return undefined;
      }
      const gt = skipBlank(bytes, found + endTag.length);
      if (gt >= bytes.length) return undefined;
      if (bytes[gt] !== GT) {
        at = found + 1;
        continue;
      }
      return isPlain(bytes, start, gt + 1, startTag) ? gt + 1 : 'walk';
    }
  }
  return { find };
}

/**
 * Whether the first end tag between the two places is the right one: no `<!` or `<?` could hide it, and no element of
 * the same name begins. Looks for the rarer bytes.
 */
function isPlain(bytes: Buffer, start: number, end: number, startTag: Buffer): boolean {
  const inside = bytes.subarray(start + 1, end);
  for (
    let at = indexOfTag(inside, startTag, 0);
    at >= 0;
    at = indexOfTag(inside, startTag, at + 1)
  ) {
    if (endOfName(inside, at + 1) === at + startTag.length) return false;
  }
  for (const mark of [BANG, QUESTION]) {
    for (let at = inside.indexOf(mark); at >= 0; at = inside.indexOf(mark, at + 1)) {
      if (inside[at - 1] === LT) return false;
    }
  }
  return true;
}

/** Buffer's search is twice as quick for six bytes or fewer: it looks for those, then at the others. */
const quickLength = 6;

function indexOfTag(bytes: Buffer, tag: Buffer, from: number): number {
  const quick = tag.subarray(0, quickLength);
  let at = bytes.indexOf(quick, from);
  while (at >= 0 && !holds(bytes, at, tag)) at = bytes.indexOf(quick, at + 1);
  return at;
}

function holds(bytes: Buffer, at: number, tag: Buffer): boolean {
  for (let i = quickLength; i < tag.length; i++) if (bytes[at + i] !== tag[i]) return false;
  return true;
}

/** Walks the tokens of one element, going on at `walk`, which is relative to `start`. */
function walkElement(
  bytes: Buffer,
  start: number,
  walk: { at: number; depth: number },
  fail: (p: string) => AppError,
): number | undefined {
  for (;;) {
    const lt = bytes.indexOf(LT, start + walk.at);
    if (lt < 0) {
      walk.at = bytes.length - start;
      return undefined;
    }
    walk.at = lt - start;
    if (bytes.length - lt < 9) {
      if (bytes.indexOf(GT, lt) < 0) return undefined;
    }
    const next = bytes[lt + 1];
    let end: number | undefined;
    if (next === BANG && bytes.toString('latin1', lt, lt + 9) === '<![CDATA[') {
      end = after(bytes, ']]>', lt + 9);
    } else if (next === BANG || next === QUESTION) end = skipMarkup(bytes, lt, fail);
    else {
      end = endOfTag(bytes, lt);
      if (end !== undefined) {
        if (next === SLASH) walk.depth--;
        else if (bytes[end - 2] !== SLASH) walk.depth++;
        if (walk.depth <= 0) return end;
      }
    }
    if (end === undefined) return undefined;
    walk.at = end - start;
  }
}

/** The place after the `>` that ends a tag, which may hold `>` in quotes. */
function endOfTag(bytes: Buffer, lt: number): number | undefined {
  let quote = 0;
  for (let at = lt + 1; at < bytes.length; at++) {
    const c = bytes[at]!;
    if (quote) {
      if (c === quote) quote = 0;
    } else if (c === 0x22 || c === 0x27) quote = c;
    else if (c === GT) return at + 1;
  }
  return undefined;
}
