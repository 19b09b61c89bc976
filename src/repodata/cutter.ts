import { AppError } from '../base/errors.ts';
import { type ElementFinder, elementFinder } from './element-end.ts';
import { BANG, endOfName, GT, LT, QUESTION, SLASH, skipBlank, skipMarkup } from './markup.ts';

/** What surrounds the elements of a document: all up to the end of the root's start tag, and the root's end tag. */
export interface Frame {
  open: string;
  close: string;
}

export interface Cutter {
  /** Takes the next raw bytes; calls back for each element that is complete. The callback's buffer is a view that holds until it returns. */
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

const maxProlog = 64 * 1024;

/**
 * Cuts an XML document into the child elements of its root while it streams, without parsing them: each comes as
 * the bytes that stand in the document, from `<` to `>`. Comments and processing instructions between the elements are
 * passed over. Throws AppError 'invalid' on what is not such a document, 'limit' on an element over `maxElement`.
 */
export function createCutter(options: CutterOptions, onElement: (bytes: Buffer) => void): Cutter {
  const { what, maxElement } = options;
  /** What is not passed on yet: the first `kept` bytes of memory that is used over and over. */
  let memory: Buffer = Buffer.alloc(0);
  let kept = 0;
  let state: 'prolog' | 'body' | 'after' = 'prolog';
  let frame: Frame = { open: '', close: '' };
  let finder: ElementFinder | undefined;
  const fail = (problem: string) => new AppError('invalid', `${what} ${problem}`);
  const tooLong = () =>
    new AppError('limit', `${what} has an element of more than ${maxElement} bytes`, {
      hint: 'check the address; limits.element allows more',
    });

  function push(chunk: Buffer): void {
    const bytes = append(chunk);
    let at = 0;
    if (state === 'prolog') at = prolog(bytes);
    if (state === 'body') at = body(bytes, at);
    if (state === 'after') at = epilog(bytes, at);
    if (state !== 'prolog' && bytes.length - at > maxElement) throw tooLong();
    memory.copyWithin(0, at, bytes.length);
    kept = bytes.length - at;
  }

  function append(chunk: Buffer): Buffer {
    const length = kept + chunk.length;
    if (length > memory.length) {
      const larger = Buffer.allocUnsafeSlow(length * 2);
      memory.copy(larger, 0, 0, kept);
      memory = larger;
    }
    chunk.copy(memory, kept);
    return memory.subarray(0, length);
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
    if (state !== 'after' || kept > 0) throw fail('ends before its last element is closed');
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
  const tag = /<([^\s<>/'"=]+)(?=[\s/>])(?:[^<>'"]|"[^"<]*"|'[^'<]*')*>/y;
  tag.lastIndex = at;
  const match = tag.exec(text);
  if (!match) {
    if (text.includes('<', at + 1)) {
      throw new AppError('invalid', `${what} is not well-formed XML`);
    }
    return undefined;
  }
  return { name: match[1]!, end: tag.lastIndex, empty: match[0].endsWith('/>') };
}
