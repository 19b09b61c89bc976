import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../src/base/errors.ts';
import { createCutter } from '../src/repodata/cutter.ts';
import { outcome } from './outcome.ts';
import type { Random } from './random.ts';

/**
 * Cuts a document whole and in pieces of any size. Gives its elements; throws an AppError if it is refused, an Error where
 * the pieces matter, or where the elements and what may stand between them do not make up the document.
 */
export function checkCut(input: Buffer, root: string, random: Random): Buffer[] {
  const sizes = Array.from({ length: 4 }, () => 1 + random.below(random.pick([3, 50, 2000])));
  const whole = outcome(() => cut(input, root, [input.length]));
  const pieces = outcome(() => cut(input, root, sizes));
  if (!isDeepStrictEqual(whole, pieces)) {
    throw new Error(`in pieces of ${sizes} it is cut otherwise: ${whole.error}; ${pieces.error}`);
  }
  if (!whole.value) throw new AppError('invalid', whole.error!);
  const { elements, frame } = whole.value;
  requireWhole(input, elements, frame);
  return elements;
}

function cut(input: Buffer, root: string, sizes: number[]) {
  const elements: Buffer[] = [];
  const cutter = createCutter({ what: 'it', root, maxElement: 1 << 24 }, (bytes) =>
    elements.push(Buffer.from(bytes)),
  );
  for (let at = 0, i = 0; at < input.length; i++) {
    const size = sizes[i % sizes.length]!;
    cutter.push(input.subarray(at, at + size));
    at += size;
  }
  return { elements, frame: cutter.end() };
}

/** Whatever is no blank, comment or instruction. */
const aside = /^(?:[\0- ]|<!--(?:[^-]|-(?!->))*-->|<\?(?:[^?]|\?(?!>))*\?>)*/;

function requireWhole(input: Buffer, elements: Buffer[], frame: { open: string; close: string }) {
  const latin1 = input.toString('latin1');
  const open = Buffer.from(frame.open, 'utf8').toString('latin1').slice(0, -1);
  const clean = Buffer.from(input.toString('utf8')).equals(input);
  if (clean && !latin1.startsWith(open.trimEnd())) throw new Error('it starts with something else');
  if (elements.length === 0) return;
  let at = input.indexOf(elements[0]!, clean ? open.length : 0);
  for (const element of elements) {
    at += aside.exec(latin1.slice(at))![0].length;
    if (!input.subarray(at, at + element.length).equals(element)) {
      throw new Error(`the element at ${at} is not what stands there`);
    }
    at += element.length;
  }
  at += aside.exec(latin1.slice(at))![0].length;
  if (!/^<\/[^>]*>/.test(latin1.slice(at))) throw new Error('something follows the last element');
}
