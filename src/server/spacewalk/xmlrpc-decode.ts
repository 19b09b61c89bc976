import { AppError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { XmlRpcValue } from '../../base/xmlrpc-value.ts';
import { characters, finish, malformed, type Scan, tag, take, takeIf } from './xml-scan.ts';

/** The parameters of a call, read one after the other. */
export interface Params {
  readonly scan: Scan;
  /** Goes into the next parameter, before its `<value>`; false where there is none. */
  next(): boolean;
  /** Leaves a parameter after its `</value>`. */
  leave(): void;
  /** Reads what is left, to the document's end. */
  end(): void;
}

/** The parameters of a call of which only the beginning is read until its caller is known. */
export interface CallParams extends Params {
  /** From now on all of it is read. */
  open(): void;
  /** Whether more was sent than may be read now. */
  isCut(): boolean;
}

/**
 * A `<methodCall>`: its method, and its parameters as they are asked for. Of a long one no more than
 * `limits.unknownCaller` is read until it is opened: reading takes time, and anybody can send one. Throws AppError
 * 'invalid' or 'limit'.
 */
export function readCall(text: string): { method: string; params: CallParams } {
  const first = text.slice(0, limits.unknownCaller);
  const scan: Scan = { text: first, at: text.charCodeAt(0) === 0xfeff ? 1 : 0 };
  take(scan, '<methodCall>');
  take(scan, '<methodName>');
  const method = characters(scan).trim();
  take(scan, '</methodName>');
  return {
    method,
    params: {
      ...readParams(scan, '</methodCall>'),
      open() {
        scan.text = text;
      },
      isCut: () => scan.text.length < text.length,
    },
  };
}

/** A `<params>` document with one parameter: the form of a systemid. Throws AppError 'invalid' or 'limit'. */
export function readOnlyParam(text: string): XmlRpcValue {
  const params = readParams({ text, at: 0 });
  if (!params.next()) throw malformed(params.scan);
  const value = readValue(params.scan);
  params.leave();
  params.end();
  return value;
}

function readParams(scan: Scan, closing?: string): Params {
  let state: 'before' | 'in' | 'after' = 'before';

  function next(): boolean {
    if (state === 'before') {
      const first = tag(scan);
      if (first === '<params>') state = 'in';
      else if (first === '<params/>') close();
      else if (first === closing) state = 'after';
      else throw malformed(scan);
    }
    if (state === 'after') return false;
    const found = tag(scan);
    if (found === '<param>') return true;
    if (found !== '</params>') throw malformed(scan);
    close();
    return false;
  }

  function close(): void {
    state = 'after';
    if (closing) take(scan, closing);
  }

  return {
    scan,
    next,
    leave: () => take(scan, '</param>'),
    end() {
      while (next()) {
        readValue(scan);
        take(scan, '</param>');
      }
      finish(scan);
    },
  };
}

/** The `<value>` that comes next. Throws AppError 'invalid' or 'limit'. */
export function readValue(scan: Scan): XmlRpcValue {
  const start = tag(scan);
  if (start === '<value/>') return '';
  if (start !== '<value>') throw malformed(scan);
  return readRest(scan, { depth: 0, count: 0 });
}

interface Nesting {
  depth: number;
  count: number;
}

/** What follows a `<value>`, up to and with its end. */
function readRest(scan: Scan, nesting: Nesting): XmlRpcValue {
  counted(nesting);
  const text = characters(scan);
  const type = tag(scan);
  if (type === '</value>') return own(text);
  if (text.trim() !== '') throw malformed(scan);
  const value = typed(scan, type, nesting);
  take(scan, '</value>');
  return value;
}

function counted(nesting: Nesting): void {
  if (++nesting.count > limits.xmlRpcValues)
    throw new AppError('limit', `the request has more than ${limits.xmlRpcValues} values`);
}

function typed(scan: Scan, type: string, nesting: Nesting): XmlRpcValue {
  if (type === '<string>') return own(content(scan, '</string>'));
  if (type === '<array>') return deeper(nesting, () => array(scan, nesting));
  if (type === '<struct>') return deeper(nesting, () => struct(scan, nesting));
  const empty = empties.get(type);
  if (empty) return empty();
  const read = scalars.get(type);
  if (!read) throw malformed(scan);
  const text = content(scan, `</${type.slice(1)}`);
  const value = read(text.trim());
  if (value === undefined) {
    const name = type.slice(1, -1);
    throw new AppError('invalid', `the request has a value of type ${name} that is none`);
  }
  return value;
}

function content(scan: Scan, end: string): string {
  const text = characters(scan);
  take(scan, end);
  return text;
}

function deeper<T>(nesting: Nesting, read: () => T): T {
  if (++nesting.depth > limits.xmlRpcDepth)
    throw new AppError('limit', `the request is nested more than ${limits.xmlRpcDepth} deep`);
  const value = read();
  nesting.depth--;
  return value;
}

function array(scan: Scan, nesting: Nesting): XmlRpcValue[] {
  const values: XmlRpcValue[] = [];
  const data = tag(scan);
  if (data === '<data>') {
    for (;;) {
      const found = tag(scan);
      if (found === '</data>') break;
      if (found === '<value>') values.push(readRest(scan, nesting));
      else if (found === '<value/>') {
        counted(nesting);
        values.push('');
      } else throw malformed(scan);
    }
  } else if (data === '</array>') return values;
  else if (data !== '<data/>') throw malformed(scan);
  take(scan, '</array>');
  return values;
}

function struct(scan: Scan, nesting: Nesting): Record<string, XmlRpcValue> {
  // Without a prototype no name of a member means anything.
  const members: Record<string, XmlRpcValue> = Object.create(null);
  for (;;) {
    const found = tag(scan);
    if (found === '</struct>') return members;
    if (found !== '<member>') throw malformed(scan);
    take(scan, '<name>');
    const name = own(characters(scan));
    take(scan, '</name>');
    if (name in members) throw malformed(scan);
    if (takeIf(scan, '<value>')) members[name] = readRest(scan, nesting);
    else {
      take(scan, '<value/>');
      counted(nesting);
      members[name] = '';
    }
    take(scan, '</member>');
  }
}

const empties = new Map<string, () => XmlRpcValue>([
  ['<string/>', () => ''],
  ['<nil/>', () => ''],
  ['<ex:nil/>', () => ''],
  ['<base64/>', () => ''],
  ['<array/>', () => []],
  ['<struct/>', () => Object.create(null)],
]);

const int32 = (text: string) => integer(text, -(2 ** 31), 2 ** 31 - 1);

/** How the text of each type is read; undefined where it is none of that type. */
const scalars = new Map<string, (text: string) => XmlRpcValue | undefined>([
  ['<int>', int32],
  ['<i4>', int32],
  ['<i8>', (text) => integer(text, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)],
  ['<ex:i8>', (text) => integer(text, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)],
  ['<boolean>', (text) => (text === '1' ? true : text === '0' ? false : undefined)],
  ['<double>', (text) => (isDouble.test(text) ? finite(Number(text)) : undefined)],
  ['<dateTime.iso8601>', (text) => (isDateTime.test(text) ? own(text) : undefined)],
  [
    '<base64>',
    (text) => (isBase64.test(text) ? Buffer.from(text, 'base64').toString() : undefined),
  ],
  ['<nil>', (text) => (text === '' ? '' : undefined)],
]);

const isDouble = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const isDateTime = /^\d{4}-?\d{2}-?\d{2}T\d{2}:?\d{2}:?\d{2}/;
const isBase64 = /^[A-Za-z0-9+/\s]*=?\s*=?$/;

function integer(text: string, least: number, most: number): number | undefined {
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= least && number <= most ? number + 0 : undefined;
}

const finite = (number: number) => (Number.isFinite(number) ? number : undefined);

/**
 * The same text in memory of its own. V8 keeps what is cut out of a string, from 13 characters on, as a view of it: a
 * name that is remembered would keep the whole request.
 */
export function own(text: string): string {
  return text.length < 13 ? text : Buffer.from(text).toString();
}
