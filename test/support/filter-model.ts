import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parse } from 'yaml';
import type { AdvisoryRule, Filters } from '../../src/base/filters.ts';
import { openDocument } from '../../src/repodata/codec.ts';
import { compareEvr } from '../../src/repodata/evr.ts';

/** What views have by the letter of `docs/views.md`: loops over lists, with nothing of the program but rpm's order. */
export interface Model {
  packages: ModelPackage[];
  advisories: ModelAdvisory[];
  modules: ModelModule[];
  groups: { id: string; packages: string[] }[];
}

interface ModelPackage {
  name: string;
  arch: string;
  epoch: string;
  version: string;
  release: string;
  pkgid: string;
  label: string;
}

interface ModelAdvisory {
  id: string;
  type: string;
  severity: string;
  issued: string;
  /** As `nevra` writes them. */
  packages: string[];
  label: string;
}

interface ModelModule {
  kind: string;
  name: string;
  stream: string;
  version: string;
  context: string;
  arch: string;
  artifacts: string[];
  by: string | undefined;
}

export const nevra = (p: Omit<ModelPackage, 'pkgid' | 'label'>): string =>
  `${p.name}-${p.epoch}:${p.version}-${p.release}.${p.arch}`;

/** The view of parents, in order of priority; undefined where filters leave nothing of something. */
export function modelView(parents: Model[], filters: Filters): Model | undefined {
  const first = <T>(of: (m: Model) => T[], key: (value: T) => string): T[] => {
    const taken = new Set<string>();
    return parents.flatMap((parent) => {
      const own = of(parent).filter((value) => !taken.has(key(value)));
      for (const value of own) taken.add(key(value));
      return own;
    });
  };
  let packages = first((m) => m.packages, nevra);
  const advisories = first(
    (m) => m.advisories,
    (a) => a.id,
  );
  const groups = first(
    (m) => m.groups,
    (g) => g.id,
  );
  const modules = first((m) => m.modules, moduleKey);
  let streams = modules.filter((m) => m.kind === 'modulemd');
  const modular = new Set(parents.flatMap((p) => p.modules).flatMap((m) => m.artifacts));
  const orphan = (p: ModelPackage) =>
    modular.has(nevra(p)) && !streams.some((s) => s.artifacts.includes(nevra(p)));

  const lists = [filters.packages, filters.advisories, filters.modules, filters.groups];
  const isFiltered =
    filters.latestOnly || lists.some((l) => l.include.length + l.exclude.length > 0);
  if (!isFiltered) {
    packages = packages.filter((p) => !orphan(p));
    return { packages, advisories, modules, groups };
  }
  const before = packages.length;
  const names = (side: 'include' | 'exclude') => {
    const ships = new Set(
      advisories
        .filter((a) => filters.advisories[side].some((r) => fitsRule(a, r)))
        .flatMap((a) => a.packages),
    );
    const builds = new Set(
      streams.filter((s) => fitsModule(s, filters.modules[side])).flatMap((s) => s.artifacts),
    );
    const members = new Set(
      groups.filter((g) => fitsAny(g.id, filters.groups[side])).flatMap((g) => g.packages),
    );
    return (p: ModelPackage) =>
      fitsPackage(p, filters.packages[side]) ||
      ships.has(nevra(p)) ||
      builds.has(nevra(p)) ||
      members.has(p.name);
  };
  const isIncluded = lists.some((l) => l.include.length > 0) ? names('include') : () => true;
  const isExcluded = names('exclude');
  packages = packages.filter((p) => isIncluded(p) && !isExcluded(p));
  streams = streams.filter((s) => !fitsModule(s, filters.modules.exclude));
  packages = packages.filter((p) => !orphan(p));
  const modulesFiltered = filters.modules.include.length + filters.modules.exclude.length > 0;
  const alive = (s: ModelModule) =>
    s.artifacts.length === 0
      ? !modulesFiltered
      : s.artifacts.some((a) => packages.some((p) => nevra(p) === a));
  streams = streams.filter(alive);
  if (filters.latestOnly) {
    const line = (s: ModelModule) => [s.name, s.stream, s.context, s.arch].join('\n');
    const newer = (a: ModelModule, b: ModelModule) =>
      line(a) === line(b) && BigInt(a.version) > BigInt(b.version);
    const all = streams;
    streams = all.filter((s) => !all.some((other) => newer(other, s)));
    packages = packages.filter((p) => !orphan(p));
    const plain = Map.groupBy(
      packages.filter((p) => !modular.has(nevra(p))),
      (p) => `${p.name}.${p.arch}`,
    );
    packages = packages.filter(
      (p) =>
        modular.has(nevra(p)) ||
        !plain.get(`${p.name}.${p.arch}`)!.some((other) => compareEvr(other, p) > 0),
    );
    streams = streams.filter(alive);
  }
  if (before > 0 && packages.length === 0) return undefined;

  const remaining = new Set(packages.map(nevra));
  const remainingNames = new Set(packages.map((p) => p.name));
  const advisoriesFiltered =
    filters.advisories.include.length + filters.advisories.exclude.length > 0;
  const has = (name: string, stream?: string) =>
    streams.some((s) => s.name === name && (stream === undefined || s.stream === stream));
  const stays = (m: ModelModule) => {
    if (m.kind === 'modulemd') return streams.includes(m);
    if (m.kind === 'modulemd-defaults')
      return has(m.name) && (m.stream === '' || has(m.name, m.stream));
    if (m.kind === 'modulemd-obsoletes')
      return has(m.name, m.stream) && (m.by === undefined || has(...(m.by.split(':') as [string])));
    return m.kind !== 'modulemd-translations' || has(m.name);
  };
  return {
    packages,
    advisories: advisories.filter(
      (a) =>
        !filters.advisories.exclude.some((r) => fitsRule(a, r)) &&
        (a.packages.length === 0 ? !advisoriesFiltered : a.packages.some((p) => remaining.has(p))),
    ),
    modules: modules.filter(stays),
    groups: groups.filter(
      (g) =>
        (filters.groups.include.length === 0 || fitsAny(g.id, filters.groups.include)) &&
        !fitsAny(g.id, filters.groups.exclude) &&
        (g.packages.length === 0 || g.packages.some((n) => remainingNames.has(n))),
    ),
  };
}

function moduleKey(m: ModelModule): string {
  const { kind, name, stream, version, context, arch } = m;
  if (kind === 'modulemd') return [kind, name, stream, version, context, arch].join('\n');
  return kind === 'modulemd-translations'
    ? [kind, name, stream].join('\n')
    : [kind, name].join('\n');
}

function expression(glob: string): RegExp {
  const parts = glob.match(/\[[!^]?\]?[^\]]*\]|[\s\S]/g) ?? [];
  const source = parts.map((part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    if (part.length > 1) {
      return part
        .replace(/^\[[!^]/, '[^')
        .replace(
          /^(\[\^?)(.*)\]$/,
          (_, open, inner) => `${open}${inner.replaceAll(/[\]\\]/g, '\\$&')}]`,
        );
    }
    return part.replace(/[.*+?^${}()|[\]\\]/, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`);
}

const fitsAny = (text: string, globs: string[]) => globs.some((g) => expression(g).test(text));

function fitsPackage(p: ModelPackage, patterns: string[]): boolean {
  const { name: n, arch: a, epoch: e, version: v, release: r } = p;
  const plain = [n, `${n}.${a}`, `${n}-${v}`, `${n}-${v}-${r}`, `${n}-${v}-${r}.${a}`];
  const withEpoch = [
    ...[`${n}-${e}:${v}`, `${n}-${e}:${v}-${r}`, `${n}-${e}:${v}-${r}.${a}`],
    ...[`${e}:${n}-${v}`, `${e}:${n}-${v}-${r}`, `${e}:${n}-${v}-${r}.${a}`],
  ];
  return patterns.some((pattern) => {
    const forms = pattern.includes(':') ? [...plain, ...withEpoch] : plain;
    return forms.some((form) => expression(pattern).test(form));
  });
}

function fitsModule(m: ModelModule, patterns: string[]): boolean {
  return patterns.some((pattern) => {
    const [name, ...stream] = pattern.split(':');
    if (!expression(name!).test(m.name)) return false;
    return stream.length === 0 || expression(stream.join(':')).test(m.stream);
  });
}

function fitsRule(a: ModelAdvisory, rule: AdvisoryRule): boolean {
  const among = (list: string[] | undefined, text: string) =>
    !list || list.some((l) => l.toLowerCase() === text.trim().toLowerCase());
  const zoned = /^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$/.test(a.issued) ? `${a.issued}Z` : a.issued;
  return (
    among(rule.types, a.type) &&
    among(rule.severities, a.severity) &&
    (!rule.ids || fitsAny(a.id, rule.ids)) &&
    (!rule.issuedUntil || Date.parse(zoned) <= Date.parse(rule.issuedUntil))
  );
}

/** Reads the repository in a folder. */
export async function readModel(label: string, folder: string): Promise<Model> {
  const repomd = await readFile(join(folder, 'repodata/repomd.xml'), 'utf8');
  const read = async (...types: string[]) => {
    for (const type of types) {
      const entry = new RegExp(`<data type="${type}">[\\s\\S]*?<location[^>]*href="([^"]+)"`).exec(
        repomd,
      );
      if (!entry || !existsSync(join(folder, entry[1]!))) continue;
      const bytes = Readable.from([await readFile(join(folder, entry[1]!))]);
      const chunks: Buffer[] = [];
      const bounds = { bytes: 1e9, key: 'openDocument' as never, ratio: 1e6 };
      for await (const c of openDocument(bytes, entry[1]!, bounds)) chunks.push(Buffer.from(c));
      return Buffer.concat(chunks).toString('utf8');
    }
    return '';
  };
  const elements = (xml: string, name: string) =>
    [...xml.matchAll(new RegExp(`<${name}[ >][\\s\\S]*?</${name}>`, 'g'))].map(
      ([element]) => element,
    );
  const textIn = (xml: string, name: string) =>
    unescaped(new RegExp(`<${name}(?: [^>]*)?>([^<]*)<`).exec(xml)?.[1] ?? '');
  const attributes = (tag: string | undefined): Record<string, string> =>
    Object.fromEntries(
      [...(tag ?? '').matchAll(/([\w:]+)=["']([^"']*)["']/g)].map(([, k, v]) => [k, unescaped(v!)]),
    );
  const evr = (a: Record<string, string>) => ({ epoch: a.epoch || '0' });
  return {
    packages: elements(await read('primary'), 'package').map((xml) => {
      const version = attributes(/<version [^>]*>/.exec(xml)?.[0]);
      return {
        ...{ name: textIn(xml, 'name'), arch: textIn(xml, 'arch'), ...evr(version) },
        ...{ version: version.ver!, release: version.rel ?? '' },
        ...{ pkgid: textIn(xml, 'checksum'), label },
      };
    }),
    advisories: elements(await read('updateinfo'), 'update').map((xml) => ({
      id: textIn(xml, 'id').trim(),
      type: attributes(/<update [^>]*>/.exec(xml)?.[0]).type ?? '',
      severity: textIn(xml, 'severity'),
      issued: attributes(/<issued [^>]*>/.exec(xml)?.[0]).date ?? '',
      packages: [...xml.matchAll(/<package [^>]*>/g)].map(([tag]) => {
        const a = attributes(tag);
        return nevra({
          ...evr(a),
          name: a.name!,
          arch: a.arch!,
          version: a.version!,
          release: a.release!,
        });
      }),
      label,
    })),
    modules: `\n${await read('modules')}`
      .split(/\n(?:\.\.\.\n)?---(?=\s)/)
      .map((document) => {
        // libyaml takes a quote at the beginning of a line that ends a text; the specification does not.
        const text = document
          .replace(/\n\.\.\.\s*$/, '\n')
          .replaceAll(/^(['"])$/gm, '            $1');
        return parse(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'error' }) as {
          document: string;
          data: Record<string, never>;
        } | null;
      })
      .filter((d) => d !== null)
      .map(({ document, data }) => ({
        kind: document,
        name: String(data.name ?? data.module),
        stream: String(data.stream ?? ''),
        version: String(data.version ?? 0),
        context: String(data.context ?? ''),
        arch: String(data.arch ?? ''),
        artifacts: ((data.artifacts as { rpms?: string[] } | undefined)?.rpms ?? []).map((a) =>
          /-\d+:[^-]+-[^-]+$/.test(a) ? a : a.replace(/-([^-]+-[^-]+)$/, '-0:$1'),
        ),
        by: data.obsoleted_by && Object.values(data.obsoleted_by).join(':'),
      })),
    groups: elements(await read('group', 'group_gz', 'group_xz'), 'group').map((xml) => ({
      id: textIn(xml, 'id').trim(),
      packages: elements(xml, 'packagereq').map((p) => unescaped(/>([^<]*)</.exec(p)![1]!).trim()),
    })),
  };
}

const unescaped = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
