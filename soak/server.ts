import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient } from '../src/cli/client.ts';
import type { Operations } from '../src/server/control/operations.ts';
import { lockHolder } from '../src/store/lock.ts';
import { dataPaths } from '../src/store/paths.ts';
import { projectRoot } from '../test/support/tools.ts';

/** The real program, serving. */
export interface SoakServer {
  url: string;
  operations: Operations;
  kill(): Promise<void>;
  /** Resident megabytes, and open files. */
  usage(): { megabytes: number; files: number };
  /** How it ended without being told to; undefined while it lives. */
  ended(): string | undefined;
  /** Lines of its log that are errors. */
  errors: string[];
}

/** Starts a server on a configuration file and a data folder. Rejects if it does not get to listen. */
export async function startServer(config: string, data: string, tmp: string): Promise<SoakServer> {
  const main = join(projectRoot, 'src/main.ts');
  const child: ChildProcess = spawn(
    process.execPath,
    [main, 'serve', '--config', config, '--data', data],
    { env: { PATH: process.env.PATH, TMPDIR: tmp }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const errors: string[] = [];
  createInterface({ input: child.stderr! }).on('line', (line) => {
    if (!/"level":[1-4]0/.test(line)) errors.push(line);
  });
  let url: string | undefined;
  const lines = createInterface({ input: child.stdout! });
  const listening = Promise.withResolvers<void>();
  lines.on('line', (line) => {
    url ??= /serves (http:\/\/\S+)\//.exec(line)?.[1];
    if (url) listening.resolve();
  });
  lines.on('close', () => listening.reject(new Error(`no server: ${errors.join('\n')}`)));
  await listening.promise;
  return {
    url: url!,
    errors,
    operations: createClient(lockHolder(dataPaths(data).lock)!.socket),
    async kill() {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
    ended: () => child.signalCode ?? (child.exitCode === null ? undefined : String(child.exitCode)),
    usage() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return {
        megabytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000,
        files: readdirSync(`/proc/${child.pid}/fd`).length,
      };
    },
  };
}
