import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../support/tools.ts';

/** An exchange as it was recorded with the real clients; bodies are decoded. */
export interface Recorded {
  /** The folder and the file's number. */
  name: string;
  verb: string;
  path: string;
  requestHeaders: Map<string, string>;
  request: string;
  /** Undefined for a request that is no call. */
  method: string | undefined;
  status: number;
  /** Of the same name, with commas between. */
  headers: Map<string, string>;
  response: string;
}

const folder = join(projectRoot, '../shared/spec/spacewalk-transcripts');

export const areThere = existsSync(folder);

/** The exchanges of each recording, in their order. */
export function recordings(): { folder: string; exchanges: Recorded[] }[] {
  const folders = areThere ? readdirSync(folder, { withFileTypes: true }) : [];
  return folders
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => ({
      folder: name,
      exchanges: readdirSync(join(folder, name))
        .sort()
        .map((file) => read(`${name}/${file.slice(0, 4)}`, join(folder, name, file))),
    }));
}

function read(name: string, file: string): Recorded {
  const text = readFileSync(file, 'utf8');
  const [asked = '', answered = ''] = text.split(/^-{10,} response -{10,}\n/m);
  const request = message(asked);
  const response = message(answered);
  const [verb = '', path = ''] = request.start.split(' ');
  return {
    name,
    verb,
    path,
    requestHeaders: request.headers,
    request: request.body,
    method: /<methodName>([^<]*)</.exec(request.body)?.[1],
    status: Number(response.start.split(' ')[1]),
    headers: response.headers,
    response: response.body,
  };
}

function message(text: string): { start: string; headers: Map<string, string>; body: string } {
  const end = text.indexOf('\n\n');
  const [start = '', ...lines] = text.slice(0, end).split('\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)},${value}` : value);
  }
  return { start, headers, body: text.slice(end + 2) };
}
