import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { enableCompileCache } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../support/app.ts';
import { startUpstream, type TestUpstream } from '../support/upstream.ts';

// As the program does; threads start faster with it.
enableCompileCache();

/** A package that exists for one test. Its rpm is bytes of no meaning. */
export interface InventedPackage {
  name: string;
  version: string;
  bytes: Buffer;
  href: string;
}

export interface RepositoryOptions {
  packages: InventedPackage[];
  /** Ids of advisories. */
  advisories?: string[];
  /** The checksum type of documents and packages. */
  checksum?: 'sha256' | 'sha512';
  /** The documents that it has; all of them unless said otherwise. Fewer take less time. */
  only?: (keyof Documents)[];
  /** Seconds since 1970, of every document. */
  time?: number;
  /** Changes a document's XML before it is compressed. */
  edit?: (type: string, xml: string) => string;
  /** Changes a document's compressed bytes before they are summed. */
  damage?: (type: string, bytes: Buffer) => Buffer;
  editRepomd?: (xml: string) => string;
}

/** Where the documents of a repository lie, by type. */
export type Documents = Record<'primary' | 'filelists' | 'other' | 'updateinfo', string>;

/** A package whose rpm has that many bytes, other ones for each name and version. */
export function invented(name: string, version = '1', size = 3000): InventedPackage {
  const block = createHash('sha512').update(`${name}-${version}`).digest();
  const bytes = Buffer.alloc(size, block);
  return { name, version, bytes, href: `Packages/${name}-${version}-1.noarch.rpm` };
}

/** Writes a repository into a folder, beside what is there: documents named by checksum, then repomd.xml. */
export async function writeRepository(
  folder: string,
  { packages, advisories = [], ...options }: RepositoryOptions,
): Promise<Documents> {
  const { checksum = 'sha256', time = 1_700_000_000, only, edit, damage, editRepomd } = options;
  const sum = (bytes: Buffer | string) => createHash(checksum).update(bytes).digest('hex');
  const put = async (path: string, bytes: Buffer | string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  };
  const wrap = (root: string, inner: string[]) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="urn:x" xmlns:rpm="urn:rpm" packages="${inner.length}">\n${inner.join('\n')}\n</${root}>\n`;
  for (const pkg of packages) {
    if (!pkg.href.includes('..')) await put(pkg.href, pkg.bytes);
  }
  const short = (pkg: InventedPackage, inner: string) =>
    `<package pkgid="${sum(pkg.bytes)}" name="${pkg.name}" arch="noarch">\n  <version epoch="0" ver="${pkg.version}" rel="1"/>\n  ${inner}\n</package>`;
  const xml: Record<keyof Documents, string> = {
    primary: wrap(
      'metadata',
      packages.map((p) => primaryOf(p, checksum, sum(p.bytes))),
    ),
    filelists: wrap(
      'filelists',
      packages.map((p) => short(p, `<file>/usr/share/${p.name}/${p.version}</file>`)),
    ),
    other: wrap(
      'otherdata',
      packages.map((p) => short(p, `<changelog author="A" date="1">- ${p.version}</changelog>`)),
    ),
    updateinfo: wrap('updates', advisories.map(advisoryOf)),
  };
  const hrefs = {} as Documents;
  const entries: string[] = [];
  for (const type of only ?? (Object.keys(xml) as (keyof Documents)[])) {
    const open = edit ? edit(type, xml[type]) : xml[type];
    const packed = gzipSync(open);
    const bytes = damage ? damage(type, packed) : packed;
    hrefs[type] = `repodata/${sum(bytes)}-${type}.xml.gz`;
    await put(hrefs[type], bytes);
    entries.push(
      `<data type="${type}"><checksum type="${checksum}">${sum(bytes)}</checksum><open-checksum type="${checksum}">${sum(open)}</open-checksum><location href="${hrefs[type]}"/><timestamp>${time}</timestamp><size>${bytes.length}</size><open-size>${Buffer.byteLength(open)}</open-size></data>`,
    );
  }
  const repomd = `<?xml version="1.0" encoding="UTF-8"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>${time}</revision>\n${entries.join('\n')}\n</repomd>\n`;
  await put('repodata/repomd.xml', editRepomd ? editRepomd(repomd) : repomd);
  return hrefs;
}

/** An upstream with an invented repository. */
export async function startRepository(
  options: RepositoryOptions,
): Promise<{ upstream: TestUpstream; documents: Documents }> {
  const folder = await temporaryFolder();
  const documents = await writeRepository(folder, options);
  return { upstream: await startUpstream(folder), documents };
}

const primaryOf = (pkg: InventedPackage, type: string, pkgid: string) =>
  `<package type="rpm">
  <name>${pkg.name}</name>
  <arch>noarch</arch>
  <version epoch="0" ver="${pkg.version}" rel="1"/>
  <checksum type="${type}" pkgid="YES">${pkgid}</checksum>
  <summary>Invented</summary>
  <description>Invented for a test, of no use to anybody.</description>
  <packager/>
  <url/>
  <time file="1700000000" build="1700000000"/>
  <size package="${pkg.bytes.length}" installed="1" archive="1"/>
  <location href="${pkg.href}"/>
  <format>
    <rpm:license>none</rpm:license>
    <rpm:sourcerpm>${pkg.name}-${pkg.version}-1.src.rpm</rpm:sourcerpm>
  </format>
</package>`;

const advisoryOf = (id: string) =>
  `<update from="test" status="final" type="security" version="1">
  <id>${id}</id>
  <title>About ${id}</title>
  <issued date="2023-11-14 00:00:00"/>
  <severity>Important</severity>
  <references/>
  <pkglist/>
</update>`;
