import { oneLine } from '../base/errors.ts';

/** Rows as columns that line up, the first row being the heads. */
export function table(rows: string[][]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Characters of what people wrote that a column shows at most. */
const longestCell = 60;

/** What may be long, for a column before others: one line, cut where it is longer than fits. */
export function cell(text: string): string {
  const line = oneLine(text);
  return line.length > longestCell ? `${line.slice(0, longestCell - 1)}…` : line;
}

/** Prints to standard output: JSON if that is wanted, else what `text` gives. */
export function print(json: boolean, value: unknown, text: () => string): void {
  process.stdout.write(`${json ? JSON.stringify(value, undefined, 2) : text()}\n`);
}

/** A time for people, to the second, in local time. */
export function shownTime(iso: string | null): string {
  if (!iso) return '-';
  const at = new Date(iso);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** A count with thousands separated. */
export const shownCount = (n: number | null): string =>
  n === null ? '-' : n.toLocaleString('en-US');
