import { spawn } from 'node:child_process';

/** A whole process: seconds from start to end, and its peak resident memory in megabytes. */
export interface Measure {
  seconds: number;
  megabytes: number;
}

/** Runs a command under GNU time. Throws if it ends with an error. */
export async function measure(
  command: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Measure & { stdout: string }> {
  const child = spawn('/usr/bin/time', ['-f', '\n%e %M', ...command], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${stderr}`);
  const [seconds, kilobytes] = stderr.trimEnd().split('\n').at(-1)!.split(' ').map(Number);
  return { seconds: seconds!, megabytes: kilobytes! / 1000, stdout };
}

/** The middle value of each column; of an even number the lower middle. */
export function median(runs: Measure[]): Measure {
  const middle = (values: number[]) => values.sort((a, b) => a - b)[(values.length - 1) >> 1]!;
  return {
    seconds: middle(runs.map((r) => r.seconds)),
    megabytes: middle(runs.map((r) => r.megabytes)),
  };
}
