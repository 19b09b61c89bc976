import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** One package of so many is rebuilt with each round; the first of all never are. */
const rebuiltOf = 50;
const neverRebuilt = 20;
/** How long documents stay that repomd.xml no longer lists, in milliseconds. */
const kept = 120_000;

/** Publishes a round of a repository as an upstream does: packages and documents, then repomd.xml in one move. */
export async function publish(
  folder: string,
  { packages, round }: { packages: number; round: number },
): Promise<void> {
  await mkdir(join(folder, 'Packages'), { recursive: true });
  await mkdir(join(folder, 'repodata'), { recursive: true });
  const all = Array.from({ length: packages }, (_, i) => {
    const version = i < neverRebuilt ? 1 : 1 + Math.ceil((round - (i % rebuiltOf)) / rebuiltOf);
    return packageOf(`soak${i}`, Math.max(1, version));
  });
  for (const { href, bytes, name, version } of all) {
    const fresh =
      round === 0 || (version > 1 && Number(name.slice(4)) % rebuiltOf === (round - 1) % rebuiltOf);
    if (fresh) await writeFile(join(folder, href), bytes);
  }
  const entries: string[] = [];
  for (const [type, root, element] of documents) {
    const xml = `<?xml version="1.0"?>\n<${root} xmlns="urn:x" xmlns:rpm="urn:rpm" packages="${packages}">\n${all.map(element).join('\n')}\n</${root}>\n`;
    const bytes = gzipSync(xml, { level: 1 });
    const href = `repodata/${sum(bytes)}-${type}.xml.gz`;
    await writeFile(join(folder, href), bytes);
    entries.push(
      `<data type="${type}"><checksum type="sha256">${sum(bytes)}</checksum><open-checksum type="sha256">${sum(xml)}</open-checksum><location href="${href}"/><timestamp>${1_700_000_000 + round}</timestamp><size>${bytes.length}</size></data>`,
    );
  }
  const fresh = join(folder, 'repomd.new');
  await writeFile(
    fresh,
    `<?xml version="1.0"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>${round}</revision>\n${entries.join('\n')}\n</repomd>\n`,
  );
  await rename(fresh, join(folder, 'repodata/repomd.xml'));
  for (const name of await readdir(join(folder, 'repodata'))) {
    const path = join(folder, 'repodata', name);
    if (name !== 'repomd.xml' && (await stat(path)).mtimeMs < Date.now() - kept) await rm(path);
  }
}

interface Package {
  name: string;
  version: number;
  href: string;
  bytes: Buffer;
  pkgid: string;
}

function packageOf(name: string, version: number): Package {
  const bytes = Buffer.alloc(2000, createHash('sha512').update(`${name}-${version}`).digest());
  return {
    name,
    version,
    href: `Packages/${name}-${version}-1.noarch.rpm`,
    bytes,
    pkgid: sum(bytes),
  };
}

const short = (p: Package, inner: string) =>
  `<package pkgid="${p.pkgid}" name="${p.name}" arch="noarch"><version epoch="0" ver="${p.version}" rel="1"/>${inner}</package>`;

const documents: [type: string, root: string, element: (p: Package) => string][] = [
  [
    'primary',
    'metadata',
    (p) =>
      `<package type="rpm"><name>${p.name}</name><arch>noarch</arch><version epoch="0" ver="${p.version}" rel="1"/><checksum type="sha256" pkgid="YES">${p.pkgid}</checksum><summary>Invented</summary><description>Invented.</description><packager/><url/><time file="1" build="1"/><size package="${p.bytes.length}" installed="1" archive="1"/><location href="${p.href}"/><format><rpm:license>none</rpm:license></format></package>`,
  ],
  ['filelists', 'filelists', (p) => short(p, `<file>/usr/share/${p.name}/${p.version}</file>`)],
  [
    'other',
    'otherdata',
    (p) => short(p, `<changelog author="A" date="1">- ${p.version}</changelog>`),
  ],
];

const sum = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
