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

/** What becomes of an element of a document: the same choice for a package in each of them. */
type Vary = (element: Buffer) => Buffer[];

/** What a repository may be a day later: one package of 200 (chosen by its pkgid) rebuilt, others on another day. */
export const onDay =
  (day: number): Vary =>
  (element) => {
    const pkgid = pkgidOf(element);
    return [
      pkgid && firstDigits(pkgid) % 200 === day % 200 ? rebuilt(element, pkgid, day) : element,
    ];
  };

export const dayLater = onDay(0);

/** One package of five, in five builds. */
export const fiveBuilds: Vary = (element) => {
  const pkgid = pkgidOf(element);
  if (!pkgid) return [element];
  if (firstDigits(pkgid) % 5 !== 0) return [];
  return [0, 1, 2, 3, 4].map((build) => rebuilt(element, pkgid, build));
};

/**
 * Writes a repository with other packages in every document. Only the XML documents that Headwater cuts are kept. The result
 * is gzip.
 */
export async function writeVariant(from: string, to: string, vary: Vary): Promise<void> {
  await mkdir(join(to, 'repodata'), { recursive: true });
  const repomd = readRepomd(await readFile(join(from, 'repodata/repomd.xml'), 'utf8'));
  const data: string[] = [];
  for (const { type, href } of repomd.data) {
    const root = roots[type];
    if (root) data.push(await rewrite(join(from, href), { to, type, root, vary }));
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
  { to, type, root, vary }: { to: string; type: string; root: string; vary: Vary },
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
    pending.push(...vary(Buffer.from(bytes))),
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

function pkgidOf(element: Buffer): string | undefined {
  return /pkgid="(?:YES">)?([0-9a-f]{40,128})/.exec(element.toString('latin1'))?.[1];
}

const firstDigits = (pkgid: string): number => Number.parseInt(pkgid.slice(0, 8), 16);

/** A package's element as another build of it: with a release, a pkgid and a location of its own. */
function rebuilt(element: Buffer, pkgid: string, build: number): Buffer {
  const text = element.toString('latin1');
  const other = hash('sha512', `${pkgid} ${build}`).slice(0, pkgid.length);
  return Buffer.from(
    text
      .replace(pkgid, other)
      .replace(/ rel="([^"]*)"/, ` rel="$1.${build}"`)
      .replace(/(<location[^>]* href="[^"]*)\.rpm"/, `$1.${build}.rpm"`),
    'latin1',
  );
}
