import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { createClient } from '../../src/cli/client.ts';
import type { Operations, SyncResult } from '../../src/server/control/operations.ts';
import { lockHolder } from '../../src/store/lock.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { plainEnvironment, until } from '../cli/headwater.ts';
import { temporaryFolder } from '../support/app.ts';
import { projectRoot } from '../support/tools.ts';
import type { DiskFault } from './fail-disk.ts';

/** The real program, serving, whose disk fails when it is told to. */
export interface FaultyServer {
  url: string;
  data: string;
  process: ChildProcess;
  /** The operations as a command asks for them. */
  operations: Operations;
  sync(): Promise<SyncResult>;
  /** The fault to commit from now on; undefined for none. */
  setFault(fault: DiskFault | undefined): Promise<void>;
  /** Whether the fault was committed since it was set. */
  wasHit(): boolean;
  /** What it logged as an error, as JSON values. */
  errors(): Record<string, unknown>[];
}

const preload = fileURLToPath(new URL('fail-disk.ts', import.meta.url));

/** Starts it with a source `a` from that upstream, all of whose packages are wanted. */
export async function startFaulty(
  upstream: string,
  { data: wanted }: { data?: string } = {},
): Promise<FaultyServer> {
  const folder = await temporaryFolder();
  const data = wanted ?? join(folder, 'data');
  const config = join(folder, 'headwater.yaml');
  const faultFile = join(folder, 'fault');
  const source = { label: 'a', upstream, packages: 'immediate' };
  await writeFile(
    config,
    JSON.stringify({ listen: '127.0.0.1:0', min_free: '1KB', data, sources: [source] }),
  );
  const main = join(projectRoot, 'src/main.ts');
  const child = spawn(
    process.execPath,
    ['--import', preload, main, 'serve', '--config', config, '--data', data],
    { env: { ...plainEnvironment(), FAULT_FILE: faultFile }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await until(() => stdout.includes('Headwater serves') || child.exitCode !== null);
  const url = /Headwater serves (\S+)\//.exec(stdout)?.[1];
  if (!url) throw new Error(`the server did not start: ${stderr}`);
  const operations = createClient(lockHolder(dataPaths(data).lock)!.socket);
  return {
    url,
    data,
    process: child,
    operations,
    async sync() {
      const [result] = await operations.sync({ labels: ['a'] }, () => {});
      return result!;
    },
    async setFault(fault) {
      await rm(`${faultFile}.hit`, { force: true });
      if (fault) await writeFile(faultFile, JSON.stringify(fault));
      else await rm(faultFile, { force: true });
    },
    wasHit: () => existsSync(`${faultFile}.hit`),
    errors: () =>
      stderr
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((line) => Number(line.level) >= 50),
  };
}
