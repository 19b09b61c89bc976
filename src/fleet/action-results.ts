/** How many bytes of what a script wrote are kept, and of everything else that comes with a result. */
const mostOutput = 256 * 1024;
const mostOther = 64 * 1024;
const mostMessage = 4096;

/** What a script came to. */
export interface ScriptResult {
  /** What it wrote, read as UTF-8; its beginning where there was more. */
  output: string;
  /** How many bytes it wrote. */
  outputBytes: number;
  outputCut: boolean;
  /** Null where a signal ended it, or the client did not say. */
  exitCode: number | null;
  signal: number | null;
  /** RFC 3339, by this server's clock. */
  startedAt: string | null;
  finishedAt: string | null;
}

/**
 * What is kept of the data that came with a result: of a script what it came to, of others the data itself, unless it is
 * too large.
 */
export function keptResult(kind: string, data: unknown): unknown {
  if (isScript(kind) && isStruct(data)) return scriptResult(data);
  const text = JSON.stringify(data ?? null);
  if (text === '{}' || text === 'null' || text === '""') return null;
  const bytes = Buffer.byteLength(text);
  return bytes > mostOther
    ? { leftOut: `${bytes} bytes of data, which is too much to keep` }
    : data;
}

/** Whether what comes back is what a script wrote. */
export const isScript = (kind: string): boolean =>
  kind === 'script.run' || kind === 'modules.change';

export function keptMessage(message: string): string {
  return message.length > mostMessage ? `${message.slice(0, mostMessage)}…` : message;
}

function scriptResult(data: Record<string, unknown>): ScriptResult {
  const written = typeof data.output === 'string' ? data.output : '';
  const bytes = Number(data.base64enc) ? Buffer.from(written, 'base64') : Buffer.from(written);
  return {
    output: beginning(bytes),
    outputBytes: bytes.length,
    outputCut: bytes.length > mostOutput,
    ...ending(data.return_code),
    startedAt: timeOf(data.process_start),
    finishedAt: timeOf(data.process_end),
  };
}

/** As text; where it is cut, before a character that would not be whole. */
function beginning(bytes: Buffer): string {
  let end = Math.min(bytes.length, mostOutput);
  if (end < bytes.length) while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** Of a wait status: the exit code in the second byte, or the signal in the low seven bits of the first. Source: wait(2). */
function ending(status: unknown): Pick<ScriptResult, 'exitCode' | 'signal'> {
  const isStatus = typeof status === 'number' && Number.isInteger(status);
  if (!isStatus || status < 0 || status > 0xffff) return { exitCode: null, signal: null };
  const signal = status & 0x7f;
  return signal === 0 ? { exitCode: status >> 8, signal: null } : { exitCode: null, signal };
}

/** The client counts from the `now` that it was given, which is in UTC. */
function timeOf(text: unknown): string | null {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return null;
  const time = new Date(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

const isStruct = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
