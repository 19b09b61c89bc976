import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A package of primary as a test wants it. Dependencies are written as people do: `foo >= 1:2-3`. */
export interface Invented {
  name: string;
  /** `[epoch:]version-release`; 1-1 unless said. */
  evr?: string;
  arch?: string;
  provides?: string[];
  requires?: string[];
  obsoletes?: string[];
  /** Files that primary lists, and that only filelists has. */
  files?: string[];
  otherFiles?: string[];
}

const flags: Record<string, string> = { '=': 'EQ', '<': 'LT', '<=': 'LE', '>': 'GT', '>=': 'GE' };
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function evrOf(text: string): string {
  const [, epoch = '0', version, release] = /^(?:(\d+):)?([^-]*)(?:-(.*))?$/.exec(text)!;
  return `epoch="${epoch}" ver="${version}"${release === undefined ? '' : ` rel="${release}"`}`;
}

function entry(dependency: string): string {
  if (dependency.startsWith('<')) return dependency;
  const parts = dependency.startsWith('(') ? [dependency] : dependency.split(' ');
  const [name, operator, evr] = parts;
  const range = operator ? ` flags="${flags[operator] ?? operator}" ${evrOf(evr!)}` : '';
  return `      <rpm:entry name="${escaped(name!)}"${range}/>`;
}

const section = (name: string, list: string[] = []) =>
  list.length === 0 ? '' : `    <rpm:${name}>\n${list.map(entry).join('\n')}\n    </rpm:${name}>\n`;

const version = (p: Invented) => `<version ${evrOf(p.evr ?? '1-1')}/>`;
export const pkgidOf = (p: Invented): string =>
  createHash('sha256').update(JSON.stringify(p)).digest('hex');

export const primaryOf = (p: Invented): string => `<package type="rpm">
  <name>${p.name}</name>
  <arch>${p.arch ?? 'noarch'}</arch>
  ${version(p)}
  <checksum type="sha256" pkgid="YES">${pkgidOf(p)}</checksum>
  <summary>Invented</summary>
  <description>Invented &amp; for a test</description>
  <packager/>
  <url/>
  <time file="1700000000" build="1700000000"/>
  <size package="1" installed="1" archive="1"/>
  <location href="Packages/${p.name}-${pkgidOf(p).slice(0, 8)}.rpm"/>
  <format>
    <rpm:license>none</rpm:license>
    <rpm:vendor/>
    <rpm:group>Unspecified</rpm:group>
    <rpm:buildhost>localhost</rpm:buildhost>
    <rpm:sourcerpm>${p.name}-1-1.src.rpm</rpm:sourcerpm>
    <rpm:header-range start="1" end="2"/>
${section('provides', p.provides)}${section('requires', p.requires)}${section('obsoletes', p.obsoletes)}${(p.files ?? []).map((f) => `    <file>${escaped(f)}</file>\n`).join('')}  </format>
</package>`;

const wrap = (root: string, inner: string[]) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="urn:x" xmlns:rpm="urn:rpm" packages="${inner.length}">\n${inner.join('\n')}\n</${root}>\n`;

/** Writes a repository of these packages; `documents` are others, by type. */
export async function writeInvented(
  folder: string,
  packages: Invented[],
  documents: Record<string, string> = {},
): Promise<void> {
  await mkdir(join(folder, 'repodata'), { recursive: true });
  const filelists = packages.map(
    (p) =>
      `<package pkgid="${pkgidOf(p)}" name="${p.name}" arch="${p.arch ?? 'noarch'}">\n  ${version(p)}\n${[...(p.files ?? []), ...(p.otherFiles ?? [])].map((f) => `  <file>${escaped(f)}</file>\n`).join('')}</package>`,
  );
  const texts = {
    primary: wrap('metadata', packages.map(primaryOf)),
    filelists: wrap('filelists', filelists),
    ...documents,
  };
  let data = '';
  for (const [type, text] of Object.entries(texts)) {
    const sum = createHash('sha256').update(text).digest('hex');
    const href = `repodata/${sum}-${type}.${type === 'modules' ? 'yaml' : 'xml'}`;
    await writeFile(join(folder, href), text);
    data += `<data type="${type}"><checksum type="sha256">${sum}</checksum><open-checksum type="sha256">${sum}</open-checksum><location href="${href}"/><timestamp>1700000000</timestamp><size>${Buffer.byteLength(text)}</size><open-size>${Buffer.byteLength(text)}</open-size></data>\n`;
  }
  await writeFile(
    join(folder, 'repodata/repomd.xml'),
    `<?xml version="1.0" encoding="UTF-8"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision>\n${data}</repomd>\n`,
  );
}
