import { AppError } from '../base/errors.ts';

const mostBytes = 64 * 1024;

/** A new password: the first line of standard input if that is wanted, else typed twice at a terminal, unseen. */
export async function newPassword(fromStdin: boolean, name: string): Promise<string> {
  if (fromStdin) return firstLine();
  if (!process.stdin.isTTY) {
    throw new AppError('usage', 'there is no terminal to ask for the password', {
      hint: 'give it on standard input, with --password-stdin',
    });
  }
  const password = await typed(`Password for ${name}: `);
  if ((await typed('Again: ')) === password) return password;
  throw new AppError('usage', 'the passwords are not the same');
}

/** The first line of standard input. */
export async function firstLine(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > mostBytes) throw new AppError('limit', 'this is too long for one line');
  }
  return Buffer.concat(chunks).toString('utf8').split(/\r?\n/, 1)[0]!;
}

/** A line that is typed at the terminal and not shown there. Throws AppError 'cancelled' at Ctrl-C and Ctrl-D. */
async function typed(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stdin.setRawMode(true);
  // Not before: what is typed at once would be shown.
  stderr.write(question);
  stdin.setEncoding('utf8');
  let line = '';
  try {
    for (;;) {
      const keys = await nextKeys();
      for (const key of keys) {
        if (key === '\r' || key === '\n') return line;
        if (key === '\u0003' || key === '\u0004') {
          throw new AppError('cancelled', 'no password was given');
        }
        if (key === '\u007f' || key === '\b') line = [...line].slice(0, -1).join('');
        else if (key === '\u0015') line = '';
        else if (key >= ' ') line += key;
      }
    }
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

function nextKeys(): Promise<string> {
  const { stdin } = process;
  return new Promise((resolve) => {
    stdin.once('data', (keys) => resolve(String(keys)));
    stdin.resume();
  });
}
