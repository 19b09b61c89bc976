import { mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';

/** Changes a text made of lines: YAML, a list of addresses. */
export function mutateLines(bytes: Buffer, random: Random): Buffer {
  if (random.oneIn(5)) return mutateBytes(bytes, random);
  const lines = bytes.toString('latin1').split('\n');
  for (let n = random.pick([1, 1, 2, 4]); n > 0; n--) random.pick(changes)(lines, random);
  return Buffer.from(lines.join('\n'), 'latin1');
}

const values = [
  '',
  ' ',
  '~',
  'null',
  '2.10',
  '18446744073709551615',
  '0x7f',
  '1e999',
  '"',
  "'",
  '"\\x"',
  "''",
  '[',
  ']',
  '{',
  '}',
  '[a',
  '{a: b}',
  '[a, b]',
  '&a b',
  '*a',
  '*b',
  '!!binary x',
  '!x y',
  '? a',
  '- - - a',
  ': b',
  '|',
  '>-',
  '|\n',
  '#',
  '%YAML 9',
  '---',
  '...',
  '@',
  '`',
  '\t',
  '<<: *a',
  '__proto__',
  '\xff',
  '\xc3\xa9',
  '\0',
  'a: b: c',
  'http://x/',
  'ftp://x',
  'https://[',
  '[a, [b, [c]]]',
  '? '.repeat(30),
  '['.repeat(300),
  '- '.repeat(300),
  '{a: '.repeat(300),
  'x'.repeat(5000),
  '\n'.repeat(2000),
];

const at = (lines: string[], random: Random): number => random.below(lines.length);
const changes: ((lines: string[], random: Random) => void)[] = [
  (lines, random) => {
    lines.splice(at(lines, random), 1 + random.below(3));
  },
  (lines, random) => {
    const from = at(lines, random);
    const part = lines.slice(from, from + 1 + random.below(20));
    lines.splice(at(lines, random), 0, ...part);
  },
  (lines, random) => {
    const [a, b] = [at(lines, random), at(lines, random)];
    [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
  },
  (lines, random) => {
    const i = at(lines, random);
    lines[i] = random.pick([' ', '  ', '\t', '- ', '? ']) + (lines[i] ?? '');
  },
  (lines, random) => {
    const i = at(lines, random);
    lines[i] = (lines[i] ?? '').replace(/^\s\s?/, '');
  },
  (lines, random) => {
    const i = at(lines, random);
    lines[i] = (lines[i] ?? '').replace(/(:|-) .*$/, (_, mark) => `${mark} ${random.pick(values)}`);
  },
  (lines, random) => {
    lines.splice(at(lines, random), 0, random.pick(values));
  },
  (lines, random) => {
    const i = at(lines, random);
    const line = lines[i] ?? '';
    const cut = random.below(line.length + 1);
    lines[i] = line.slice(0, cut) + random.pick(values) + line.slice(cut);
  },
  (lines) => {
    for (let i = 0; i < lines.length; i++) lines[i] += '\r';
  },
  (lines) => {
    lines.unshift('\xef\xbb\xbf');
  },
];
