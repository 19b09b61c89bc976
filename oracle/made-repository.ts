import { hash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dependency } from '../src/repodata/primary-record.ts';
import type { StubPackage } from './rpm-headers.ts';

export interface MadeRepository {
  packages: readonly StubPackage[];
  advisories?: readonly MadeAdvisory[];
  modules?: readonly MadeModule[];
  defaults?: readonly { module: string; stream: string | null }[];
}

export interface MadeAdvisory {
  id: string;
  type: string;
  severity: string;
  /** `YYYY-MM-DD hh:mm:ss` */
  issued: string;
  cves: readonly string[];
  packages: readonly StubPackage[];
  module?: MadeModule | undefined;
}

export interface MadeModule {
  name: string;
  stream: string;
  version: number;
  context: string;
  arch: string;
  artifacts: readonly StubPackage[];
  /** By name: which packages. */
  profiles: Readonly<Record<string, readonly string[]>>;
  /** Other modules, and which streams of them. */
  requires?: Readonly<Record<string, readonly string[]>>;
}

/** Writes the metadata of a repository, of which there are no packages; what was in the folder is gone. */
export async function writeRepository(folder: string, made: MadeRepository): Promise<void> {
  const { packages, advisories = [], modules = [], defaults = [] } = made;
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'repodata'), { recursive: true });
  const count = `packages="${packages.length}"`;
  const documents: [type: string, file: string, text: string][] = [
    [
      'primary',
      'primary.xml',
      `<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" ${count}>\n${packages.map(primary).join('')}</metadata>\n`,
    ],
    [
      'filelists',
      'filelists.xml',
      `<filelists xmlns="http://linux.duke.edu/metadata/filelists" ${count}>\n${packages.map(filelists).join('')}</filelists>\n`,
    ],
    [
      'other',
      'other.xml',
      `<otherdata xmlns="http://linux.duke.edu/metadata/other" ${count}>\n${packages.map((p) => `<package ${about(p)}>${version(p)}</package>\n`).join('')}</otherdata>\n`,
    ],
  ];
  if (advisories.length > 0) {
    const text = `<updates>\n${advisories.map(update).join('')}</updates>\n`;
    documents.push(['updateinfo', 'updateinfo.xml', text]);
  }
  if (modules.length > 0) {
    const text = [...modules.map(modulemd), ...defaults.map(modulemdDefaults)].join('');
    documents.push(['modules', 'modules.yaml', text]);
  }
  const data: string[] = [];
  for (const [type, file, body] of documents) {
    const text = type === 'modules' ? body : `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;
    await writeFile(join(folder, 'repodata', file), text);
    const checksum = `type="sha256">${hash('sha256', text)}`;
    data.push(
      `<data type="${type}"><checksum ${checksum}</checksum><open-checksum ${checksum}</open-checksum><location href="repodata/${file}"/><timestamp>1700000000</timestamp><size>${Buffer.byteLength(text)}</size><open-size>${Buffer.byteLength(text)}</open-size></data>\n`,
    );
  }
  await writeFile(
    join(folder, 'repodata/repomd.xml'),
    `<?xml version="1.0" encoding="UTF-8"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1700000000</revision>\n${data.join('')}</repomd>\n`,
  );
}

/** name-epoch:version-release.arch */
export const nevraOf = ({ name, epoch, version: v, release, arch }: StubPackage): string =>
  `${name}-${epoch || '0'}:${v}-${release}.${arch}`;

const fileOf = ({ name, version: v, release, arch }: StubPackage): string =>
  `${name}-${v}-${release}.${arch}.rpm`;

const pkgid = (p: StubPackage): string => hash('sha256', nevraOf(p));

const version = (p: StubPackage): string =>
  `<version epoch="${p.epoch || '0'}" ver="${escaped(p.version)}" rel="${escaped(p.release)}"/>`;

const about = (p: StubPackage): string =>
  `pkgid="${pkgid(p)}" name="${escaped(p.name)}" arch="${p.arch}"`;

function primary(p: StubPackage): string {
  const name = escaped(p.name);
  const own: Dependency = {
    ...{ name: p.name, flags: 'EQ', epoch: p.epoch || '0', version: p.version },
    ...{ release: p.release, pre: 0 },
  };
  const source = `${p.name}-${p.version}-${p.release}.src.rpm`;
  const parts = [
    `<package type="rpm"><name>${name}</name><arch>${p.arch}</arch>${version(p)}`,
    `<checksum type="sha256" pkgid="YES">${pkgid(p)}</checksum>`,
    `<summary>${name}</summary><description>${name}</description><packager/><url/>`,
    `<time file="1700000000" build="1600000000"/><size package="1000" installed="2000" archive="2100"/>`,
    `<location href="Packages/${escaped(fileOf(p))}"/><format>`,
    `<rpm:license>none</rpm:license><rpm:vendor/><rpm:group>Unspecified</rpm:group><rpm:buildhost>none</rpm:buildhost>`,
    `<rpm:sourcerpm>${escaped(source)}</rpm:sourcerpm><rpm:header-range start="0" end="100"/>`,
    entries('provides', p.provides ?? [own]),
    ...(['requires', 'conflicts', 'obsoletes', 'recommends', 'supplements'] as const).map((kind) =>
      entries(kind, p[kind]),
    ),
    ...(p.files ?? []).map((path) => `<file>${escaped(path)}</file>`),
    '</format></package>\n',
  ];
  return parts.join('');
}

const filelists = (p: StubPackage): string =>
  `<package ${about(p)}>${version(p)}${(p.files ?? []).map((path) => `<file>${escaped(path)}</file>`).join('')}</package>\n`;

function entries(kind: string, list: readonly Dependency[] = []): string {
  if (list.length === 0) return '';
  const each = list.map((d) => {
    const range = d.flags
      ? ` flags="${d.flags}" epoch="${d.epoch || '0'}" ver="${escaped(d.version ?? '')}"${d.release ? ` rel="${escaped(d.release)}"` : ''}`
      : '';
    return `<rpm:entry name="${escaped(d.name ?? '')}"${range}/>`;
  });
  return `<rpm:${kind}>${each.join('')}</rpm:${kind}>`;
}

function update(a: MadeAdvisory): string {
  const cves = a.cves.map(
    (cve) =>
      `<reference href="https://example.org/cve/${cve}" id="${cve}" title="${cve}" type="cve"/>`,
  );
  const packages = a.packages.map(
    (p) =>
      `<package name="${escaped(p.name)}" version="${escaped(p.version)}" release="${escaped(p.release)}" epoch="${p.epoch || '0'}" arch="${p.arch}"><filename>${escaped(fileOf(p))}</filename></package>`,
  );
  const { module } = a;
  const of = module
    ? `<module name="${module.name}" stream="${module.stream}" version="${module.version}" context="${module.context}" arch="${module.arch}"/>`
    : '';
  return `<update from="updates@example.org" status="final" type="${a.type}" version="1"><id>${a.id}</id><title>${a.id}</title><issued date="${a.issued}"/><severity>${a.severity}</severity><description>${a.id}</description><references>${cves.join('')}</references><pkglist><collection short="made"><name>made</name>${of}${packages.join('')}</collection></pkglist></update>\n`;
}

function modulemd(m: MadeModule): string {
  const list = (indent: string, texts: readonly string[]) =>
    texts.map((text) => `${indent}- ${JSON.stringify(text)}\n`).join('');
  const requires = { platform: ['el8'], ...m.requires };
  return [
    '---\ndocument: modulemd\nversion: 2\ndata:\n',
    `  name: ${m.name}\n  stream: "${m.stream}"\n  version: ${m.version}\n  context: "${m.context}"\n  arch: ${m.arch}\n`,
    `  summary: ${m.name}\n  description: >-\n    ${m.name}\n  license:\n    module:\n      - MIT\n`,
    '  dependencies:\n    - requires:\n',
    ...Object.entries(requires).map(
      ([name, streams]) =>
        `        ${name}: [${streams.map((s) => JSON.stringify(s)).join(', ')}]\n`,
    ),
    ...(Object.keys(m.profiles).length > 0 ? ['  profiles:\n'] : []),
    ...Object.entries(m.profiles).map(
      ([name, packages]) => `    ${name}:\n      rpms:\n${list('        ', packages)}`,
    ),
    `  artifacts:\n    rpms:\n${list('      ', m.artifacts.map(nevraOf))}`,
    '...\n',
  ].join('');
}

const modulemdDefaults = ({ module, stream }: { module: string; stream: string | null }) =>
  `---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: ${module}\n${stream === null ? '' : `  stream: "${stream}"\n`}  profiles: {}\n...\n`;

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
