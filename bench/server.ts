import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../test/support/tools.ts';

export const headwater = join(projectRoot, 'bin/headwater');

/** A server as a process of its own. */
export interface BenchServer {
  url: string;
  process: ChildProcess;
  /** Peak resident memory in megabytes. */
  peak(): Promise<number>;
  /** Seconds of processor time so far. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts `headwater serve` with that environment. */
export async function startServer(env: NodeJS.ProcessEnv): Promise<BenchServer> {
  const server = spawn(headwater, ['serve'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  return {
    url: await listening(server.stdout),
    process: server,
    async peak() {
      const status = await readFile(`/proc/${server.pid}/status`, 'latin1');
      return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1000);
    },
    async cpu() {
      const stat = await readFile(`/proc/${server.pid}/stat`, 'latin1');
      const [user, system] = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 13);
      // A hundredth of a second each, on every Linux that Node.js runs on.
      return (Number(user) + Number(system)) / 100;
    },
    async stop() {
      server.kill();
      await once(server, 'exit');
    },
  };
}

/** Where the server listens, from what it prints. */
async function listening(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url) return url;
  }
  throw new Error('the server ended before it listened');
}

/** Bytes of all files in a folder and those below it. */
export async function sizes(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return sum;
}
