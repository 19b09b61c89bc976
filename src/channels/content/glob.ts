/** A pattern of the shell: `*` any text, `?` one character, `[…]` one of these, `[!…]` one that is none of these. */
export interface Glob {
  /** Whether it stands for itself alone. */
  exact: boolean;
  /** What every text that fits begins with. */
  head: string;
  /** In time that is at most the text's length times the pattern's. */
  fits(text: string): boolean;
}

type Part = string | ((c: string) => boolean);

/** Each part between two `*` is looked for at the first place after the part before: that finds a fit if there is one. */
export function compileGlob(pattern: string): Glob {
  const segments = splitAtStars(pattern);
  const first = segments[0]!;
  const head = typeof first[0] === 'string' ? first[0] : '';
  if (segments.length === 1) {
    const exact = first.length <= 1 && first.every((p) => typeof p === 'string');
    return { exact, head, fits: (text) => matchAt(first, text, 0) === text.length };
  }
  const last = segments.at(-1)!;
  const lastLength = lengthOf(last);
  const middle = segments.slice(1, -1);
  return {
    exact: false,
    head,
    fits(text) {
      let at = matchAt(first, text, 0);
      const end = text.length - lastLength;
      if (at < 0 || end < at || matchAt(last, text, end) < 0) return false;
      for (const segment of middle) {
        at = find(segment, text, at);
        if (at < 0 || at > end) return false;
      }
      return true;
    },
  };
}

/** Cuts at the stars that do not stand in brackets. */
function splitAtStars(pattern: string): Part[][] {
  const segments: Part[][] = [[]];
  for (const part of read(pattern)) {
    if (part === star) segments.push([]);
    else segments.at(-1)!.push(part);
  }
  return segments;
}

const star: Part = () => true;
const one: Part = () => true;

/** Literal texts, and what fits one character. */
function read(pattern: string): Part[] {
  const parts: Part[] = [];
  let literal = '';
  const push = (part: Part) => {
    if (literal) parts.push(literal);
    literal = '';
    parts.push(part);
  };
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    const close = c === '[' ? endOfSet(pattern, i) : -1;
    if (c === '*') push(star);
    else if (c === '?') push(one);
    else if (close > 0) {
      push(setOf(pattern.slice(i + 1, close)));
      i = close;
    } else literal += c;
  }
  if (literal) parts.push(literal);
  return parts;
}

/** Where a set that begins there ends: a `]` right at its beginning belongs to it. Below 0 where it does not end. */
function endOfSet(pattern: string, open: number): number {
  const negated = pattern[open + 1] === '!' || pattern[open + 1] === '^';
  return pattern.indexOf(']', open + (negated ? 3 : 2));
}

function setOf(inner: string): Part {
  const negated = inner.startsWith('!') || inner.startsWith('^');
  const list = negated ? inner.slice(1) : inner;
  const ranges: [string, string][] = [];
  for (let i = 0; i < list.length; ) {
    const isRange = list[i + 1] === '-' && i + 2 < list.length;
    ranges.push([list[i]!, list[isRange ? i + 2 : i]!]);
    i += isRange ? 3 : 1;
  }
  return (c) => ranges.some(([from, to]) => c >= from && c <= to) !== negated;
}

const lengthOf = (segment: Part[]) =>
  segment.reduce((sum, part) => sum + (typeof part === 'string' ? part.length : 1), 0);

/** Where a segment that begins there ends; below 0 where it does not fit. */
function matchAt(segment: Part[], text: string, from: number): number {
  let at = from;
  for (const part of segment) {
    if (typeof part === 'string') {
      if (!text.startsWith(part, at)) return -1;
      at += part.length;
    } else if (at >= text.length || !part(text[at]!)) return -1;
    else at++;
  }
  return at;
}

/** Where the first fit from there on ends; below 0 where there is none. */
function find(segment: Part[], text: string, from: number): number {
  const [first] = segment;
  for (let at = from; at <= text.length; at++) {
    if (typeof first === 'string') {
      at = text.indexOf(first, at);
      if (at < 0) return -1;
    }
    const end = matchAt(segment, text, at);
    if (end >= 0) return end;
  }
  return -1;
}
