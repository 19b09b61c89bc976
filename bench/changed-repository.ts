import { createHash, hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { openDocument } from '../src/repodata/codec.ts';
import { createCutter } from '../src/repodata/cutter.ts';
import { readRepomd } from '../src/repodata/repomd.ts';

const roots: Record<string, string> = {
  primary: 'metadata',
  filelists: 'filelists',
  other: 'otherdata',
  updateinfo: 'updates',
};

/**
 * Writes what a repository may be a day later: one package of 200 (chosen by its pkgid) rebuilt, with a new release and a
 * new pkgid, in every document; other packages for another `day`. Only the XML documents that Headwater cuts are kept. The result is gzip.
 */
export async function writeChangedRepository(from: string, to: string, day = 0): Promise<void> {
  await mkdir(join(to, 'repodata'), { recursive: true });
  const repomd = readRepomd(await readFile(join(from, 'repodata/repomd.xml'), 'utf8'));
  const data: string[] = [];
  for (const { type, href } of repomd.data) {
    const root = roots[type];
    if (root) data.push(await rewrite(join(from, href), to, { type, root, day }));
  }
  await writeFile(
    join(to, 'repodata/repomd.xml'),
    `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo">
<revision>${Math.floor(Date.now() / 1000)}</revision>
${data.join('\n')}
</repomd>
`,
  );
}

async function rewrite(
  file: string,
  to: string,
  { type, root, day }: { type: string; root: string; day: number },
): Promise<string> {
  const raw = createHash('sha256');
  const gzip = createGzip({ level: 6 });
  const temporary = join(to, `${type}.tmp`);
  const written = gzip.pipe(createWriteStream(temporary));
  const write = (text: string | Buffer) => {
    raw.update(text);
    return gzip.write(text);
  };
  let started = false;
  let pending: Buffer[] = [];
  const cutter = createCutter({ what: file, root, maxElement: 2 ** 28 }, (bytes) =>
    pending.push(rebuilt(bytes, day)),
  );
  const source = createReadStream(file);
  for await (const chunk of openDocument(source, file, { bytes: 2 ** 40, ratio: 10_000 })) {
    cutter.push(chunk);
    if (!started && pending.length > 0) {
      const at = chunk.indexOf(`<${root}`);
      write(Buffer.from(chunk.subarray(0, chunk.indexOf('>', at) + 1)));
      started = true;
    }
    const batch = Buffer.concat(pending.flatMap((b) => [Buffer.from('\n'), b]));
    pending = [];
    if (!write(batch)) await new Promise<void>((resolve) => gzip.once('drain', resolve));
  }
  write(`\n${cutter.end().close}\n`);
  gzip.end();
  await new Promise<void>((resolve, reject) =>
    written.once('close', resolve).once('error', reject),
  );
  const bytes = await readFile(temporary);
  const sum = hash('sha256', bytes);
  const href = `repodata/${sum}-${type}.xml.gz`;
  await writeFile(join(to, href), bytes);
  const { size } = await stat(join(to, href));
  return `<data type="${type}"><checksum type="sha256">${sum}</checksum><open-checksum type="sha256">${raw.digest('hex')}</open-checksum><location href="${href}"/><timestamp>${Math.floor(Date.now() / 1000)}</timestamp><size>${size}</size></data>`;
}

/** A package's element, rebuilt if its pkgid says so: the same choice in each document. */
function rebuilt(bytes: Buffer, day: number): Buffer {
  const text = bytes.toString('latin1');
  const match = /pkgid="(?:YES">)?([0-9a-f]{40,128})/.exec(text);
  if (!match || Number.parseInt(match[1]!.slice(0, 8), 16) % 200 !== day % 200)
    return Buffer.from(bytes);
  const pkgid = hash('sha512', match[1]!).slice(0, match[1]!.length);
  return Buffer.from(
    text.replace(match[1]!, pkgid).replace(/ rel="([^"]*)"/, ' rel="$1.1"'),
    'latin1',
  );
}
