import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { projectRoot } from '../support/tools.ts';
import { type Fixture, fixtureFolder, temporaryFolder } from './folder.ts';

export const program = join(projectRoot, 'bin/headwater');

/** A fixture repository as a `file:` address. */
export const fixture = (name: Fixture): string => `file:${fixtureFolder(name)}/`;

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder with a configuration file and data of its own, and the program run on them. */
export interface Place {
  folder: string;
  file: string;
  /** Writes the configuration file. `listen` and `data` are set by the environment. */
  write(text: string): Promise<void>;
  run(...args: string[]): Promise<Ran>;
  /** Runs a command with a text on its standard input. */
  runGiven(text: string, ...args: string[]): Promise<Ran>;
  /** Runs a command with `--json`: its exit code and what it printed. */
  json<T = unknown>(...args: string[]): Promise<{ code: number | null; value: T; stderr: string }>;
  serve(...args: string[]): Promise<Server>;
}

export interface Server {
  /** Where it listens, without a slash at the end. */
  url: string;
  pid: number;
  stdout(): string;
  /** Its log, as JSON values. */
  logged(): Record<string, unknown>[];
  /** Sends a signal and waits for the end; gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** The environment without anything that Headwater heeds. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const heeded = /^(HEADWATER_.*|NODE_OPTIONS|.*_PROXY|VITEST.*)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !heeded.test(name)));
}

export async function createPlace(text: string): Promise<Place> {
  const folder = await temporaryFolder();
  const file = join(folder, 'headwater.yaml');
  const env = {
    ...plainEnvironment(),
    HEADWATER_CONFIG: file,
    HEADWATER_LISTEN: '127.0.0.1:0',
    HEADWATER_DATA: join(folder, 'data'),
  };
  const write = (content: string) => writeFile(file, content);
  const run = (...args: string[]) => execute(program, args, { cwd: folder, env });
  await write(text);
  return {
    folder,
    file,
    write,
    run,
    runGiven: (text, ...args) => execute(program, args, { cwd: folder, env, input: text }),
    async json<T>(...args: string[]) {
      const { code, stdout, stderr } = await run(...args, '--json');
      return { code, value: JSON.parse(stdout) as T, stderr };
    },
    async serve(...args) {
      const child = spawn(program, ['serve', ...args], { cwd: folder, env });
      const server = follow(child);
      onTestFinished(async () => {
        if (child.exitCode === null && child.signalCode === null) await server.stop('SIGKILL');
      });
      await until(
        () => /Headwater serves (\S+)\//.test(server.stdout()) || child.exitCode !== null,
      );
      const url = /Headwater serves (\S+)\//.exec(server.stdout())?.[1];
      if (!url) throw new Error(`the server did not start: ${server.stderr()}`);
      return { ...server, url };
    },
  };
}

/** Runs a program to its end. */
export async function execute(
  command: string,
  args: string[],
  { input, ...options }: { cwd: string; env: NodeJS.ProcessEnv; input?: string },
): Promise<Ran> {
  const child = spawn(command, args, { ...options, stdio: 'pipe' });
  // Not every command reads it to its end.
  child.stdin.on('error', () => {}).end(input);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Waits until something holds; fails after some seconds. */
export async function until(holds: () => unknown): Promise<void> {
  for (const end = Date.now() + 20_000; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function follow(child: ChildProcess): Omit<Server, 'url'> & { stderr(): string } {
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text) => (stderr += text));
  const ended = once(child, 'close');
  return {
    pid: child.pid!,
    stdout: () => stdout,
    stderr: () => stderr,
    logged: () =>
      stderr
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}
