/**
 * Preloaded (`--import`) into the real program and its threads: commits the fault that stands in the file FAULT_FILE, if
 * there is such a file. Each thread counts for itself, from the moment the file says something new.
 */
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import promises, { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread, parentPort } from 'node:worker_threads';

export interface DiskFault {
  /** What fails: a way of FileHandle, or a function of fs/promises; `thread`: the catalogue's thread ends. */
  op: 'write' | 'sync' | 'rename' | 'mkdir' | 'open' | 'short' | 'thread';
  /** The how-manieth of them fails. */
  nth: number;
  code: string;
}

const file = process.env.FAULT_FILE!;
let said = '';
let count = 0;

function fault(): DiskFault | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  if (text !== said) count = 0;
  said = text;
  return text === '' ? undefined : (JSON.parse(text) as DiskFault);
}

/** Throws where this is the one that is to fail, and says so beside the file. */
function mayFail(op: DiskFault['op']): void {
  const wanted = fault();
  if (wanted?.op !== op || ++count !== wanted.nth) return;
  const hit = openSync(`${file}.hit`, 'a');
  writeSync(hit, 'x');
  closeSync(hit);
  throw Object.assign(new Error(`${wanted.code}: invented by a test`), { code: wanted.code });
}

type Handle = Awaited<ReturnType<typeof open>>;
const handle = await open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(handle) as Handle;
await handle.close();

const { write, writeFile, sync } = prototype;
prototype.write = async function (this: Handle, bytes: Uint8Array, from = 0, length = 0, at = 0) {
  mayFail('write');
  const most = fault()?.op === 'short' ? Math.min(length, 100) : length;
  return Reflect.apply(write, this, [bytes, from, most, at]);
} as Handle['write'];
prototype.writeFile = async function (this: Handle, ...args: unknown[]) {
  mayFail('write');
  return Reflect.apply(writeFile, this, args);
} as Handle['writeFile'];
prototype.sync = async function (this: Handle) {
  mayFail('sync');
  return Reflect.apply(sync, this, []);
};
for (const op of ['rename', 'mkdir', 'open'] as const) {
  const real = promises[op] as (...args: unknown[]) => Promise<unknown>;
  Object.assign(promises, {
    [op]: async (...args: unknown[]) => {
      mayFail(op);
      return real(...args);
    },
  });
}
syncBuiltinESMExports();

if (!isMainThread) {
  parentPort?.on('message', ({ job }: { job?: { op?: string } }) => {
    if (job?.op !== 'index' || fault()?.op !== 'thread') return;
    rmSync(file);
    process.nextTick(() => {
      throw new Error('invented by a test');
    });
  });
}
