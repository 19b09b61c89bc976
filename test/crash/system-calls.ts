/** A system call as strace wrote it down: what it was given, and the lines on which it began and ended. */
export interface SystemCall {
  name: string;
  /** The file of the descriptor, or the paths that were named. */
  paths: string[];
  begins: number;
  ends: number;
}

/** Reads what `strace -f -y` wrote: calls that succeeded. A call that another one interrupts stands on two lines. */
export function readTrace(text: string): SystemCall[] {
  const open = new Map<string, { begins: number; head: string }>();
  const calls: SystemCall[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    const [, pid, rest] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (pid === undefined || rest === undefined) continue;
    const cut = /^(.*) <unfinished \.\.\.>$/.exec(rest);
    if (cut) {
      open.set(pid, { begins: at, head: cut[1]! });
      continue;
    }
    const tail = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    const begun = tail === undefined ? undefined : open.get(pid);
    const whole = begun ? begun.head + tail : rest;
    const name = /^(\w+)\(/.exec(whole)?.[1];
    if (!name || !/\) += \d+/.test(whole)) continue;
    const descriptor = /^\w+\(\d+<([^>]*)>/.exec(whole)?.[1];
    const named = [...whole.matchAll(/"(\/[^"]*)"/g)].map(([, path]) => path!);
    const paths = descriptor === undefined ? named : [descriptor];
    calls.push({ name, paths, begins: begun?.begins ?? at, ends: at });
  }
  return calls;
}
