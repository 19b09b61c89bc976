import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { SourceDefinition } from '../../src/base/source.ts';
import type { SyncRecord } from '../../src/store/state/syncs.ts';
import { startApp, type TestApp, temporaryFolder } from '../support/app.ts';
import { startUpstream, type TestUpstream } from '../support/upstream.ts';

/** A package as odd as a test wants it. Its rpm is bytes of no meaning, written where it says that it is. */
export interface Odd {
  name: string;
  version?: string;
  release?: string;
  /** null: no such attribute. */
  epoch?: string | null;
  href?: string;
  bytes?: Buffer;
  /** How rpm file and pkgid are summed. */
  sum?: string;
  /** What its `<format>` holds besides. */
  format?: string;
  /** What its changelog says. */
  change?: string | Buffer;
}

export const hex = (sum: string, bytes: Buffer | string): string =>
  createHash(sum === 'sha' ? 'sha1' : sum)
    .update(bytes)
    .digest('hex');

const filled = (odd: Odd) => {
  const { name, version = '1', release = '1', sum = 'sha256' } = odd;
  const bytes = odd.bytes ?? Buffer.from(`the rpm of ${name} ${version}-${release}`);
  const href = odd.href ?? `${name}-${version}-${release}.noarch.rpm`;
  const epoch = odd.epoch === null ? '' : ` epoch="${odd.epoch ?? '0'}"`;
  const evr = `<version${epoch} ver="${version}" rel="${release}"/>`;
  return { ...odd, bytes, href, evr, sum, pkgid: hex(sum, bytes) };
};

const wrap = (root: string, namespace: string, inner: (string | Buffer)[]): Buffer =>
  Buffer.concat([
    Buffer.from(
      `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://linux.duke.edu/metadata/${namespace}" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="${inner.length}">\n`,
    ),
    ...inner.flatMap((i) => [Buffer.from(i as string), Buffer.from('\n')]),
    Buffer.from(`</${root}>\n`),
  ]);

/** primary, filelists and other of these packages. */
export function documentsOf(packages: Odd[]): Record<'primary' | 'filelists' | 'other', Buffer> {
  const all = packages.map(filled);
  const short = (p: ReturnType<typeof filled>, inner: string | Buffer) =>
    Buffer.concat([
      Buffer.from(`<package pkgid="${p.pkgid}" name="${p.name}" arch="noarch">${p.evr}`),
      Buffer.from(inner as string),
      Buffer.from('</package>'),
    ]);
  return {
    primary: wrap('metadata', 'common', all.map(primaryOf)),
    filelists: wrap(
      'filelists',
      'filelists',
      all.map((p) => short(p, `<file>/usr/share/${p.name}</file>`)),
    ),
    other: wrap(
      'otherdata',
      'other',
      all.map((p) => {
        const text = Buffer.from((p.change ?? '- new') as string);
        const before = Buffer.from('<changelog author="A &lt;a@b&gt;" date="1700000000">');
        return short(p, Buffer.concat([before, text, Buffer.from('</changelog>')]));
      }),
    ),
  };
}

const primaryOf = (p: ReturnType<typeof filled>): string =>
  `<package type="rpm"><name>${p.name}</name><arch>noarch</arch>${p.evr}<checksum type="${p.sum}" pkgid="YES">${p.pkgid}</checksum><summary>Odd</summary><description>Odd</description><packager/><url/><time file="1700000000" build="1700000000"/><size package="${p.bytes.length}" installed="1" archive="1"/><location href="${p.href}"/><format><rpm:license>none</rpm:license><rpm:sourcerpm>${p.name}-1-1.src.rpm</rpm:sourcerpm><rpm:provides><rpm:entry name="${p.name}"/></rpm:provides>${p.format ?? ''}</format></package>`;

export const advisory = (id: string, inner = '', title = `About ${id}`): string =>
  `<update from="a@b" status="final" type="security" version="1"><id>${id}</id><title>${title}</title><issued date="2023-11-14 00:00:00"/><severity>Low</severity><references/><pkglist><collection short="a">${inner}</collection></pkglist></update>`;

export const updateinfo = (...advisories: string[]): string =>
  `<?xml version="1.0"?>\n<updates>\n${advisories.join('\n')}\n</updates>\n`;

export interface Publication {
  packages?: Odd[];
  /** Documents besides, or instead of, those of the packages; undefined leaves one out. Text is gzipped. */
  documents?: Record<string, string | Buffer | undefined>;
  /** The checksum type of a document; sha256 unless said. */
  sums?: Record<string, string>;
  /** The name of a document's file. */
  names?: Record<string, string>;
  time?: number | string;
  edit?: (repomd: string) => string;
}

/** Writes a repository into a folder, beside what is there. Gives its documents' paths by type. */
export async function publish(folder: string, is: Publication): Promise<Record<string, string>> {
  const { packages = [], sums = {}, time = 1_700_000_000, names = {} } = is;
  const put = async (path: string, bytes: Buffer | string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  };
  for (const { href, bytes } of packages.map(filled)) await put(href, bytes);
  const paths: Record<string, string> = {};
  let data = '';
  const documents = { ...documentsOf(packages), ...is.documents };
  for (const [type, content] of Object.entries(documents)) {
    if (content === undefined) continue;
    const isOwn = !(is.documents && type in is.documents);
    const packed = isOwn || typeof content === 'string' ? gzipSync(content) : content;
    const sum = sums[type] ?? 'sha256';
    const name = names[type] ?? `${hex(sum, packed)}-${type}.gz`;
    paths[type] = `repodata/${name}`;
    await put(paths[type], packed);
    data += `<data type="${type}"><checksum type="${sum}">${hex(sum, packed)}</checksum><open-checksum type="${sum}">${hex(sum, content)}</open-checksum><location href="${paths[type]}"/><timestamp>${time}</timestamp><size>${packed.length}</size><open-size>${content.length}</open-size></data>\n`;
  }
  const repomd = `<?xml version="1.0" encoding="UTF-8"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">\n<revision>1700000000</revision>\n${data}</repomd>\n`;
  await put('repodata/repomd.xml', is.edit ? is.edit(repomd) : repomd);
  return paths;
}

export interface Mirrored extends TestApp {
  upstream: TestUpstream;
  /** The documents' paths by type. */
  paths: Record<string, string>;
  /** The newest entry of the history, after a sync. */
  last(): Promise<SyncRecord>;
  /** The bytes that the channel gives for a path, as it stands or as a client would encode it. */
  get(path: string): Promise<{ status: number; bytes: Buffer }>;
}

/** Publishes something odd and starts an app that has it as source `odd`, not synced yet. */
export async function publishOdd(
  is: Publication,
  source: Partial<SourceDefinition> = {},
): Promise<Mirrored> {
  const folder = await temporaryFolder();
  const paths = await publish(folder, is);
  const upstream = await startUpstream(folder);
  const app = await startApp([{ label: 'odd', upstream: upstream.url, ...source }]);
  return {
    ...app,
    upstream,
    paths,
    last: async () => (await app.app.operations.showSource('odd')).history[0]!,
    async get(path) {
      const answer = await fetch(`${app.url}/channels/odd/${path}`);
      return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
    },
  };
}

/** Fails unless repomd.xml and every document come from the channel as they stand upstream. */
export async function expectAllServed(
  { get, upstream }: Mirrored,
  paths: Record<string, string>,
): Promise<void> {
  for (const path of ['repodata/repomd.xml', ...Object.values(paths)]) {
    const { status, bytes } = await get(path);
    expect(`${path} ${status}`).toBe(`${path} 200`);
    expect(bytes.equals(await readFile(join(upstream.folder, path))), path).toBe(true);
  }
}
