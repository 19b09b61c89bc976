import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { startMirrored } from './mirrored.ts';

afterEach(() => vi.useRealTimers());

it('Last-Modified is later by at least a second with each revision, also where the clock stands still or goes back', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const start = Date.parse('2026-03-01T12:00:00.400Z');
  vi.setSystemTime(start);
  const { channel, upstream, sync } = await startMirrored('ol7');
  const repomd = join(upstream.folder, 'repodata/repomd.xml');
  const text = await readFile(repomd, 'utf8');
  const seen: number[] = [];
  const look = async () => {
    const dates = await Promise.all(
      ['repomd.xml', 'primary.xml.gz'].map(async (name) => {
        const { headers } = await fetch(`${channel}repodata/${name}`);
        return Date.parse(headers.get('last-modified')!);
      }),
    );
    expect(dates[1], 'every document has the date of its revision').toBe(dates[0]);
    seen.push(dates[0]!);
  };
  await look();
  for (const [i, offset] of [0, -7_200_000, 10_000].entries()) {
    vi.setSystemTime(start + offset);
    await writeFile(repomd, `${text}<!-- ${i} -->\n`);
    expect(await sync('ol7')).toMatchObject({ outcome: 'updated', revision: i + 2 });
    await look();
  }
  const first = Date.parse('2026-03-01T12:00:00Z');
  expect(seen).toEqual([0, 1000, 2000, 10_000].map((ms) => first + ms));
});
