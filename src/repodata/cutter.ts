import { AppError } from '../base/errors.ts';

/** What surrounds the elements of a document: all up to the end of the root's start tag, and the root's end tag. */
export interface Frame {
  open: string;
  close: string;
}

export interface Cutter {
  /** Takes the next raw bytes; calls back for each element that is complete. The callback's buffer is a view. */
  push(chunk: Buffer): void;
  /** Says that the document is over. Throws AppError 'invalid' if its root was not closed. */
  end(): Frame;
}

export interface CutterOptions {
  /** Names the document in errors. */
  what: string;
  /** Local name that the root element must have. */
  root: string;
  /** Most bytes one element may have. */
  maxElement: number;
}

const LT = 0x3c;
const GT = 0x3e;
const SLASH = 0x2f;
const BANG = 0x21;
const QUESTION = 0x3f;
const maxProlog = 64 * 1024;

/**
 * Cuts an XML document into the child elements of its root while it streams, without parsing them: each comes as
 * the bytes that stand in the document, from `<` to `>`. Comments and processing instructions between the elements are
 * passed over. Throws AppError 'invalid' on what is not such a document, 'limit' on an element over `maxElement`.
 */
export function createCutter(options: CutterOptions, onElement: (bytes: Buffer) => void): Cutter {
  const { what, maxElement } = options;
  let rest: Buffer = Buffer.alloc(0);
  let state: 'prolog' | 'body' | 'after' = 'prolog';
  let frame: Frame = { open: '', close: '' };
  let finder: ElementFinder | undefined;
  const fail = (problem: string) => new AppError('invalid', `${what} ${problem}`);
  const tooLong = () =>
    new AppError('limit', `${what} has an element of more than ${maxElement} bytes`);

  function push(chunk: Buffer): void {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (state === 'prolog') at = prolog(bytes);
    if (state === 'body') at = body(bytes, at);
    if (state === 'after') at = epilog(bytes, at);
    if (state !== 'prolog' && bytes.length - at > maxElement) throw tooLong();
    rest = at === bytes.length ? Buffer.alloc(0) : bytes.subarray(at);
  }

  function prolog(bytes: Buffer): number {
    const text = bytes.toString('latin1', 0, Math.min(bytes.length, maxProlog));
    const found = readProlog(text, what);
    if (!found) {
      if (bytes.length >= maxProlog) throw fail('is not XML, or its first tag is too long');
      return 0;
    }
    const local = found.name.replace(/^.*:/, '');
    if (local !== options.root) {
      throw fail(`starts with <${found.name.slice(0, 40)}> where <${options.root}> is expected`);
    }
    frame = {
      open: bytes.toString('utf8', 0, found.end),
      close: `</${found.name}>`,
    };
    if (found.empty) {
      frame.open = frame.open.replace(/\s*\/>$/, '>');
      state = 'after';
    } else state = 'body';
    return found.end;
  }

  function body(bytes: Buffer, start: number): number {
    let at = start;
    for (;;) {
      if (finder) {
        const end = finder.find(bytes, at);
        if (end === undefined) return at;
        if (end - at > maxElement) throw tooLong();
        onElement(bytes.subarray(at, end));
        finder = undefined;
        at = end;
      }
      at = skipBlank(bytes, at);
      if (bytes.length - at < 2) return at;
      if (bytes[at] !== LT) throw fail('has text between its elements');
      const next = bytes[at + 1];
      if (next === SLASH) {
        const end = bytes.indexOf(GT, at);
        if (end < 0) return at;
        if (bytes.toString('utf8', at, end).trimEnd() !== frame.close.slice(0, -1)) {
          throw fail('closes an element that is not open');
        }
        state = 'after';
        return end + 1;
      }
      if (next === BANG || next === QUESTION) {
        const end = skipMarkup(bytes, at, fail);
        if (end === undefined) return at;
        at = end;
        continue;
      }
      const nameEnd = endOfName(bytes, at + 1);
      if (nameEnd === undefined) return at;
      if (nameEnd === at + 1) throw fail('has a < that opens nothing');
      finder = elementFinder(bytes.toString('latin1', at + 1, nameEnd), fail);
    }
  }

  function epilog(bytes: Buffer, start: number): number {
    for (let at = start; ; ) {
      at = skipBlank(bytes, at);
      if (bytes.length - at < 2) return at;
      if (bytes[at] !== LT || (bytes[at + 1] !== BANG && bytes[at + 1] !== QUESTION)) {
        throw fail('has something after its end');
      }
      const end = skipMarkup(bytes, at, fail);
      if (end === undefined) return at;
      at = end;
    }
  }

  function end(): Frame {
    if (state !== 'after' || rest.length > 0) throw fail('ends before its last element is closed');
    return frame;
  }

  return { push, end };
}

/** The root's start tag in the first bytes of a document; undefined if it is not complete yet. */
function readProlog(text: string, what: string) {
  let at = text.startsWith('\xef\xbb\xbf') ? 3 : 0;
  for (;;) {
    while (/\s/.test(text.charAt(at))) at++;
    if (at >= text.length - 3) return undefined;
    if (text.charAt(at) !== '<') throw new AppError('invalid', `${what} is not XML`);
    const skip = text.startsWith('<?', at) ? '?>' : text.startsWith('<!--', at) ? '-->' : '';
    if (!skip) break;
    const end = text.indexOf(skip, at + 2);
    if (end < 0) return undefined;
    at = end + skip.length;
  }
  if (text.startsWith('<!', at)) {
    throw new AppError('invalid', `${what} declares a DOCTYPE, which is refused`);
  }
  const tag = /<([^\s<>/'"=]+)(?:[^<>'"]|"[^"<]*"|'[^'<]*')*>/y;
  tag.lastIndex = at;
  const match = tag.exec(text);
  if (!match) {
    if (/^<[^\s<>/'"=]*[\s\S]*</.test(text.slice(at))) {
      throw new AppError('invalid', `${what} is not well-formed XML`);
    }
    return undefined;
  }
  return { name: match[1]!, end: tag.lastIndex, empty: match[0].endsWith('/>') };
}

function skipBlank(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at]! <= 0x20) at++;
  return at;
}

/** The end of a comment or processing instruction; undefined if it is not complete yet. */
function skipMarkup(bytes: Buffer, at: number, fail: (p: string) => AppError): number | undefined {
  if (bytes[at + 1] === QUESTION) return after(bytes, '?>', at);
  if (bytes.length - at < 4) return undefined;
  if (bytes.toString('latin1', at, at + 4) !== '<!--') throw fail('has a declaration in its body');
  return after(bytes, '-->', at + 4);
}

function after(bytes: Buffer, mark: string, from: number): number | undefined {
  const found = bytes.indexOf(mark, from, 'latin1');
  return found < 0 ? undefined : found + mark.length;
}

/** Where the name that starts at `from` ends; undefined if it may go on in bytes that are not here. */
function endOfName(bytes: Buffer, from: number): number | undefined {
  for (let at = from; at < bytes.length; at++) {
    const c = bytes[at]!;
    if (c <= 0x20 || c === GT || c === SLASH) return at;
  }
  return undefined;
}

interface ElementFinder {
  /** Where the element that starts at `start` ends; undefined if that is not here yet. Goes on where it stopped. */
  find(bytes: Buffer, start: number): number | undefined;
}

/**
 * Finds an element's end. The fast way looks for its end tag; where the element holds a comment, a CDATA section, an
 * instruction or another element of its name, or is `<empty/>`, its tokens are walked.
 */
function elementFinder(name: string, fail: (p: string) => AppError): ElementFinder {
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
      const found = bytes.indexOf(endTag, at);
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
  for (let at = inside.indexOf(startTag); at >= 0; at = inside.indexOf(startTag, at + 1)) {
    if (endOfName(inside, at + 1) === at + startTag.length) return false;
  }
  for (const mark of [BANG, QUESTION]) {
    for (let at = inside.indexOf(mark); at >= 0; at = inside.indexOf(mark, at + 1)) {
      if (inside[at - 1] === LT) return false;
    }
  }
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
