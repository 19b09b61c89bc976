import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import { filtersSchema, mergeFilters } from '../../../src/base/filters.ts';
import type { Content } from '../../../src/channels/content/content.ts';
import { createContents } from '../../../src/channels/content/contents.ts';
import { rowsOf } from '../../../src/channels/content/listed.ts';
import { type Derived, putDerived } from '../../../src/store/objects/derived.ts';
import { readManifest } from '../../../src/store/objects/manifest.ts';
import { createObjects } from '../../../src/store/objects/objects.ts';
import { dataPaths } from '../../../src/store/paths.ts';
import { createRevisionTable } from '../../../src/store/state/revisions.ts';
import { openState } from '../../../src/store/state/state.ts';
import { startApp, temporaryFolder } from '../../support/app.ts';

/** A repository that exists for one test. Packages are named as name-[epoch:]version-release.arch, some blanks and a word after it tell two files of one name apart. */
export interface Spec {
  packages: string[];
  advisories?: {
    id: string;
    type?: string;
    severity?: string;
    issued?: string;
    cves?: string[];
    packages: string[];
  }[];
  /** When a package was built, in seconds since 1970, where that matters. */
  built?: Record<string, number>;
  /** YAML documents. */
  modules?: string[];
  groups?: Record<string, string[]>;
  /** Elements of primary that cannot be read. */
  unreadable?: number;
}

/** What remains of a view, in words. */
export interface Seen {
  packages: string[];
  advisories: string[];
  /** name:stream:version:context, and `defaults name:stream`, `obsoletes name:stream`, `translations name`, `other`. */
  modules: string[];
  groups: string[];
}

export type Written = z.input<typeof filtersSchema>;

/** Mirrors repositories, to make views of. */
export async function createWorld(specs: Record<string, Spec>) {
  const folder = await temporaryFolder();
  const upstreams: Record<string, string> = {};
  for (const [label, spec] of Object.entries(specs)) {
    upstreams[label] = join(folder, label);
    await writeSpec(join(folder, label), spec);
  }
  const world = await mirror(upstreams);
  return {
    ...world,
    /** Changes a repository; gives the object of the revision that follows. */
    async change(label: string, spec: Spec): Promise<string> {
      await writeSpec(join(folder, label), spec);
      return world.sync(label);
    },
  };
}

/** Mirrors the repositories of folders. */
export async function mirror(upstreams: Record<string, string>) {
  const data = join(await temporaryFolder(), 'data');
  const sources = Object.entries(upstreams).map(([label, folder]) => ({
    label,
    upstream: `file:${folder}/`,
  }));
  const app = await startApp(sources, { data });
  const paths = dataPaths(data);
  const objects = createObjects(paths);
  const state = openState(paths);
  const contents = createContents({ objects, paths });
  onTestFinished(async () => {
    contents.close();
    await state.destroy();
  });
  const revisions = createRevisionTable(state);
  const current = new Map<string, string>();

  async function sync(label: string): Promise<string> {
    const { outcome, reason } = await app.sync(label);
    if (outcome === 'failed') throw new Error(`${label}: ${reason}`);
    const { manifest } = (await revisions.current(label))!;
    current.set(label, manifest);
    return manifest;
  }
  for (const label of Object.keys(upstreams)) await sync(label);

  /** The object of a view; parents are labels, or objects by a label. */
  async function define(
    parents: (string | [label: string, object: string])[],
    filters: Written = [],
  ): Promise<string> {
    const derived = {
      parents: parents.map((p) => {
        const [label, manifest] = typeof p === 'string' ? [p, current.get(p)!] : p;
        return { label, revision: 1, manifest };
      }),
      filters: mergeFilters(filtersSchema.parse(filters)),
      rendering: { compression: 'gzip', sqlite: false, keys: [] },
    };
    return putDerived(objects, derived as Derived);
  }

  /** What a content has, with everything that `all` stands for. */
  async function see(content: Content): Promise<Seen> {
    const seen: Seen = { packages: [], advisories: [], modules: [], groups: [] };
    await contents.listPackages(content, (p) => {
      seen.packages.push(`${p.nevra} ${p.label} ${p.file.checksum.value}`);
    });
    await contents.reading([content], async (reading) => {
      for (const origin of content.origins) {
        const { facts, groups } = reading;
        const manifest = await readManifest(objects, origin.manifest);
        const rows = await rowsOf(reading, origin, 'advisories');
        for (const { id } of facts.advisories.of(rows))
          seen.advisories.push(`${id} ${origin.label}`);
        for (const m of await facts.modules(objects, manifest)) {
          if (origin.modules !== 'all' && !origin.modules.has(m.digest)) continue;
          if (m.kind === 'stream')
            seen.modules.push(`${m.name}:${m.stream}:${m.version}:${m.context}`);
          else if (m.kind === 'other') seen.modules.push('other');
          else seen.modules.push(`${m.kind} ${m.name}:${m.stream ?? ''}`);
        }
        for (const { id } of await groups(objects, manifest)) {
          if (origin.groups === 'all' || origin.groups.has(id)) seen.groups.push(id);
        }
      }
    });
    for (const list of Object.values(seen)) list.sort();
    return seen;
  }

  async function view(parents: Parameters<typeof define>[0], filters: Written = []) {
    const content = await contents.of('view', await define(parents, filters));
    return { content, ...(await see(content)) };
  }

  return {
    app,
    paths,
    objects,
    contents,
    current,
    sync,
    define,
    see,
    view,
    /** The names of the packages that remain, without their sources and checksums. */
    async packages(parents: Parameters<typeof define>[0], filters: Written = []) {
      return (await view(parents, filters)).packages.map((p) =>
        p.split(' ')[0]!.replace('-0:', '-'),
      );
    },
  };
}

/** A stream of a module as a document. */
export function streamOf(
  nsvc: string,
  artifacts: string[],
  { arch = 'x86_64' }: { arch?: string } = {},
): string {
  const [name, stream, version, context] = nsvc.split(':');
  return `document: modulemd
version: 2
data:
  name: ${name}
  stream: "${stream}"
  version: ${version}
  context: ${context}
  arch: ${arch}
  summary: About ${name}
  description: Invented
  license: { module: [MIT] }
  artifacts:
    rpms: [${artifacts.map((a) => JSON.stringify(a)).join(', ')}]
`;
}

async function writeSpec(folder: string, spec: Spec): Promise<void> {
  const { packages, advisories = [], modules = [], groups = {}, unreadable = 0, built } = spec;
  const parts: Record<string, [path: string, text: string]> = {
    primary: [
      'primary.xml.gz',
      `<?xml version="1.0" encoding="UTF-8"?>\n<metadata xmlns="urn:x" xmlns:rpm="urn:rpm" packages="${packages.length}">\n${[...packages.map((nevra) => packageOf(nevra, built?.[nevra])), ...Array.from({ length: unreadable }, (_, i) => `<package type="rpm"><name>broken${i}</name></package>`)].join('\n')}\n</metadata>\n`,
    ],
    updateinfo: [
      'updateinfo.xml.gz',
      `<?xml version="1.0" encoding="UTF-8"?>\n<updates>\n${advisories.map(advisoryOf).join('\n')}\n</updates>\n`,
    ],
    ...(modules.length > 0 && { modules: ['modules.yaml.gz', `---\n${modules.join('---\n')}`] }),
    ...(Object.keys(groups).length > 0 && { group: ['comps.xml', compsOf(groups)] }),
  };
  await mkdir(join(folder, 'repodata'), { recursive: true });
  const entries: string[] = [];
  for (const [type, [name, text]] of Object.entries(parts)) {
    const bytes = name.endsWith('.gz') ? gzipSync(text) : Buffer.from(text);
    const sum = sumOf(bytes);
    const path = `repodata/${sum}-${name}`;
    await writeFile(join(folder, path), bytes);
    entries.push(
      `<data type="${type}"><checksum type="sha256">${sum}</checksum><location href="${path}"/><timestamp>1700000000</timestamp><size>${bytes.length}</size></data>`,
    );
  }
  await writeFile(
    join(folder, 'repodata/repomd.xml'),
    `<?xml version="1.0" encoding="UTF-8"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision>\n${entries.join('\n')}\n</repomd>\n`,
  );
}

const sumOf = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

/** Takes name-[epoch:]version-release.arch apart. */
export function parts(nevra: string) {
  const match = /^(.+)-(?:(\d+):)?([^-:]+)-([^-]+)\.([^.]+)$/.exec(nevra.split(' ')[0]!);
  const [, name, epoch = '0', version, release, arch] = match as unknown as string[];
  return { name: name!, epoch, version: version!, release: release!, arch: arch! };
}

function packageOf(nevra: string, built = 1_700_000_000): string {
  const { name, epoch, version, release, arch } = parts(nevra);
  return `<package type="rpm">
  <name>${name}</name>
  <arch>${arch}</arch>
  <version epoch="${epoch}" ver="${version}" rel="${release}"/>
  <checksum type="sha256" pkgid="YES">${sumOf(nevra)}</checksum>
  <summary>Invented</summary>
  <description>Invented for a test.</description>
  <packager/>
  <url/>
  <time file="1700000000" build="${built}"/>
  <size package="1" installed="1" archive="1"/>
  <location href="Packages/${sumOf(nevra).slice(0, 8)}/${name}-${version}-${release}.${arch}.rpm"/>
  <format>
    <rpm:license>none</rpm:license>
    <rpm:sourcerpm>${name}-${version}-${release}.src.rpm</rpm:sourcerpm>
  </format>
</package>`;
}

function advisoryOf(a: NonNullable<Spec['advisories']>[number]): string {
  const { id, type = 'security', severity = 'Important', issued = '2024-01-31 10:00:00' } = a;
  const builds = a.packages.map((nevra) => {
    const { name, epoch, version, release, arch } = parts(nevra);
    return `<package name="${name}" version="${version}" release="${release}" epoch="${epoch}" arch="${arch}"><filename>x.rpm</filename></package>`;
  });
  const references = (a.cves ?? []).map(
    (cve) => `<reference type="cve" id="${cve}" href="https://example.org/${cve}" title="${cve}"/>`,
  );
  return `<update from="test" status="final" type="${type}" version="1">
  <id>${id}</id>
  <title>About ${id}</title>
  <issued date="${issued}"/>
  <severity>${severity}</severity>
  <references>${references.join('')}</references>
  <pkglist><collection>${builds.join('')}</collection></pkglist>
</update>`;
}

function compsOf(groups: Record<string, string[]>): string {
  const types = ['mandatory', 'default', 'optional', 'conditional'];
  const group = ([id, names]: [string, string[]]) =>
    `<group><id>${id}</id><name>${id}</name><packagelist>${names
      .map((n, i) => `<packagereq type="${types[i % 4]}">${n}</packagereq>`)
      .join('')}</packagelist></group>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<comps>${Object.entries(groups).map(group).join('')}</comps>\n`;
}
