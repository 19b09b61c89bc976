/**
 * npm run bench:daily -- REPOSITORY… [--days N]
 *
 * How much a data folder grows from one daily revision to the next, with `keep_originals: 1`. With several repositories, each
 * is a day; with one, each of N days (default 30) rebuilds 0.5% of the packages of the day before. Prints for each
 * day the growth beside the compressed size of the fragments that the day before had not, and at the end their ratio.
 */
import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { constants, zstdCompressSync } from 'node:zlib';
import { openDocument } from '../src/repodata/codec.ts';
import { createCutter } from '../src/repodata/cutter.ts';
import { readRepomd } from '../src/repodata/repomd.ts';
import { serveFolder } from '../test/support/folder-server.ts';
import { projectRoot } from '../test/support/tools.ts';
import { measure } from './measure.ts';
import { onDay, writeVariant } from './variant.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { days: { type: 'string', default: '30' } },
});
const given = positionals.length > 0 ? positionals : [join(projectRoot, 'fixtures/repodata/ol7')];
const work = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
const data = join(work, 'data');
const config = join(work, 'headwater.yaml');
const upstream = await serveFolder(resolve(given[0]!));
const roots: Record<string, string> = {
  primary: 'metadata',
  filelists: 'filelists',
  other: 'otherdata',
  updateinfo: 'updates',
};
/** A group of a pack is about as large. */
const groupSize = 64;

try {
  const source = { label: 'bench', upstream: upstream.url, keep_originals: 1 };
  await writeFile(
    config,
    JSON.stringify({
      ...{ data, min_free: '1MB', channels: { grace: '1ms' }, space: { margin: '1ms' } },
      sources: [source],
    }),
  );
  let before = new Set<string>();
  let size = 0;
  const total = { growth: 0, changed: 0 };
  for await (const [day, folder] of days()) {
    upstream.folder = folder;
    const { names, bytes } = await fragmentsOf(folder, before);
    before = names;
    const sync = ['sync', 'bench', '--allow-older', '--config', config];
    await measure([join(projectRoot, 'bin/headwater'), ...sync]);
    const now = await sizeOf(data);
    if (day === 1) console.log(`day 1: ${now} bytes, ${bytes} of them fragments`);
    else {
      total.growth += now - size;
      total.changed += bytes;
      const ratio = ((now - size) / bytes).toFixed(2);
      console.log(`day ${day}: grew by ${now - size}, fragments that changed ${bytes}: ${ratio}`);
    }
    size = now;
  }
  const ratio = (total.growth / total.changed).toFixed(2);
  console.log(`in all: grew by ${total.growth}, fragments that changed ${total.changed}: ${ratio}`);
} finally {
  await upstream.close();
  await rm(work, { recursive: true, force: true });
}

async function* days(): AsyncGenerator<[day: number, folder: string]> {
  if (given.length > 1) {
    for (const [i, folder] of given.entries()) yield [i + 1, resolve(folder)];
    return;
  }
  let folder = resolve(given[0]!);
  for (let day = 1; day <= Number(values.days); day++) {
    yield [day, folder];
    const next = join(work, `day${day + 1}`);
    await writeVariant(folder, next, onDay(day));
    if (day > 1) await rm(folder, { recursive: true });
    folder = next;
  }
}

/** The names of a repository's fragments, and the compressed size of those that are not among `known`. */
async function fragmentsOf(folder: string, known: ReadonlySet<string>) {
  const names = new Set<string>();
  let bytes = 0;
  const repomd = readRepomd(await readFile(join(folder, 'repodata/repomd.xml'), 'utf8'));
  for (const { type, href } of repomd.data) {
    const root = roots[type];
    if (!root) continue;
    let group: Buffer[] = [];
    const flush = () => {
      const level = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
      if (group.length > 0) bytes += zstdCompressSync(Buffer.concat(group), level).length;
      group = [];
    };
    const cutter = createCutter({ what: href, root, maxElement: 2 ** 28 }, (element) => {
      const name = hash('sha256', element);
      if (!known.has(name) && !names.has(name)) group.push(Buffer.from(element));
      names.add(name);
      if (group.length === groupSize) flush();
    });
    const body = createReadStream(join(folder, href));
    const bounds = { bytes: 2 ** 40, ratio: 1e6 };
    for await (const chunk of openDocument(body, href, bounds)) cutter.push(chunk);
    cutter.end();
    flush();
  }
  return { names, bytes };
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder, { recursive: true })) {
    const info = await stat(join(folder, name));
    if (info.isFile()) bytes += info.size;
  }
  return bytes;
}
