import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { createDnf } from '../support/dnf.ts';
import { corpus, hasDnf } from '../support/tools.ts';

/** Rows of the corpus's index: a repository's name, and what dnf says of it. */
const rows = corpus ? readIndex(join(corpus, 'INDEX.tsv')) : [];

function readIndex(file: string): { name: string; broken: string; dnf: string }[] {
  const [head, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  const heads = head!.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    const cell = (name: string) => cells[heads.indexOf(name)] ?? '';
    return { name: cell('name'), broken: cell('broken'), dnf: cell('dnf_4.14') };
  });
}

it.skipIf(!corpus)('the corpus has eighteen repositories', () => {
  expect(rows).toHaveLength(18);
});

it.skipIf(!corpus || !hasDnf).each(rows)(
  '$name: dnf sees through Headwater what it sees on disk',
  async (row) => {
    const folder = await temporaryFolder();
    const repository = join(corpus!, 'repos', row.name);
    const { url, sync } = await startApp([{ label: row.name, upstream: `file:${repository}/` }]);
    const result = await sync(row.name);
    if (row.dnf.startsWith('refused')) {
      expect(result).toMatchObject({ outcome: 'failed', kind: 'refused' });
      expect(row.broken).toContain('primary: file missing');
      expect(result.reason).toMatch(/primary\.xml\.gz does not exist/);
      return;
    }
    expect(result.outcome, result.reason ?? '').toBe('updated');
    const direct = await createDnf(join(folder, 'direct'), `file://${repository}/`);
    const through = await createDnf(join(folder, 'through'), `${url}/channels/${row.name}/`);
    // Packages that lie elsewhere are handed out by this server, at other addresses.
    const rendered = result.warnings.some((w) => w.includes('lie at another address'));
    const shown = (lines: string[]) => (rendered ? lines.map((l) => l.replace(/ .*/, '')) : lines);
    expect(shown(await through.packages())).toEqual(shown(await direct.packages()));
  },
  180_000,
);
