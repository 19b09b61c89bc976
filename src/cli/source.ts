import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError } from '../base/errors.ts';
import type { SourceDefinition } from '../base/source.ts';
import { shownBytes } from '../base/units.ts';
import type { SourceDetails, SourceSummary } from '../server/control/operations.ts';
import type { SyncRecord } from '../store/state/syncs.ts';
import type { Config } from './config.ts';
import { fromOracleCatalogue } from './oracle-linux.ts';
import { print, shownCount, shownTime, table } from './output.ts';
import { withOperations } from './session.ts';

export async function listSources(config: Config, json: boolean): Promise<void> {
  const sources = await withOperations(config, (o) => o.listSources());
  print(json, sources, () => {
    if (sources.length === 0)
      return 'there are no sources; `headwater source add --help` says how to add one';
    const heads = ['LABEL', 'ARCH', 'REVISION', 'PACKAGES', 'LAST SYNC', 'OUTCOME', 'FROM'];
    return table([heads, ...sources.map(row)]);
  });
}

const origins = { file: 'file', state: 'command', none: 'disabled' } as const;

function row(s: SourceSummary): string[] {
  return [
    s.label,
    s.arch ?? '-',
    s.revision === null ? '-' : String(s.revision),
    shownCount(s.packages),
    shownTime(s.lastSync?.at ?? null),
    s.lastSync?.outcome ?? 'never',
    origins[s.origin],
  ];
}

export async function showSource(config: Config, label: string, json: boolean): Promise<void> {
  const source = await withOperations(config, (o) => o.showSource(label));
  print(json, source, () => details(source));
}

function details(s: SourceDetails): string {
  const facts: [string, string | null][] = [
    ['name', s.name],
    ['arch', s.arch],
    ['release', s.release],
    ['parent', s.parent],
    ['defined by', s.origin === 'none' ? 'nothing any more (disabled)' : origins[s.origin]],
    ['upstream', s.upstream],
    ['channel', s.url],
    ['packages are', s.policy.packages],
    [
      'signature',
      `${s.policy.verifyRepomd}${s.trust ? `, found ${s.trust.result}` : ''}${s.trust?.key ? ` by ${s.trust.key}` : ''}`,
    ],
    ['keys', s.policy.gpgKeys.join(' ') || null],
    ['sync', `${s.policy.sync}, next ${shownTime(s.nextSync)}`],
    [
      'revision',
      s.revision === null
        ? 'none yet'
        : `${s.revision} of ${shownTime(s.published)} (upstream ${s.upstreamRevision || '-'})`,
    ],
    ['count', s.packages === null ? null : `${shownCount(s.packages)} packages`],
  ];
  const lines = [s.label, ...facts.filter(([, v]) => v).map(([k, v]) => `  ${k.padEnd(13)} ${v}`)];
  if (s.documents.length > 0) {
    lines.push(
      '',
      table([
        ['DOCUMENT', 'SIZE', 'PATH'],
        ...s.documents.map((d) => [d.type, shownBytes(d.bytes), d.path]),
      ]),
    );
  }
  if (s.history.length > 0) {
    const heads = [
      'STARTED',
      'TOOK',
      'OUTCOME',
      'REVISION',
      'ADDED',
      'REMOVED',
      'ADVISORIES',
      'ASIDE',
      'FETCHED',
    ];
    lines.push('', table([heads, ...s.history.map(syncRow)]));
    for (const record of s.history.slice(0, 1)) lines.push(...remarks(record));
  }
  return lines.join('\n');
}

function syncRow(r: SyncRecord): string[] {
  const took = r.finishedAt ? Date.parse(r.finishedAt) - Date.parse(r.startedAt) : undefined;
  return [
    shownTime(r.startedAt),
    took === undefined ? '-' : `${(took / 1000).toFixed(1)} s`,
    r.outcome,
    r.revision === null ? '-' : String(r.revision),
    shownCount(r.packagesAdded),
    shownCount(r.packagesRemoved),
    shownCount(r.advisoriesNew),
    String(r.setAsideCount),
    shownBytes(r.bytes),
  ];
}

/** What is to be said of the last sync. */
function remarks(r: SyncRecord): string[] {
  return [
    ...(r.reason ? [`  ${r.outcome}: ${r.reason}`] : []),
    ...r.warnings.map((w) => `  warning: ${w}`),
    ...r.setAside.map((a) => `  set aside from ${a.document}: ${a.reason}`),
    ...(r.setAsideCount > r.setAside.length
      ? [`  and ${r.setAsideCount - r.setAside.length} more`]
      : []),
  ];
}

export interface AddFlags {
  fromCatalogue?: string;
  catalogue?: string;
  region?: string;
  upstream?: string[];
  mirrorlist?: string;
  metalink?: string;
  name?: string;
  arch?: string;
  release?: string;
  parent?: string;
  gpgKey?: string[];
  verify?: string;
  packages?: string;
  every?: string;
  cron?: string;
  json: boolean;
}

export async function addSource(
  config: Config,
  label: string | undefined,
  flags: AddFlags,
): Promise<void> {
  const definition = define(label, flags);
  const added = await withOperations(config, (o) => o.addSource(definition));
  print(
    flags.json,
    added,
    () => `added ${added.label}; mirror it with: headwater sync ${added.label}`,
  );
}

function define(label: string | undefined, flags: AddFlags): unknown {
  if (!flags.fromCatalogue && (flags.region || flags.catalogue)) {
    throw new AppError('usage', '--region and --catalogue go with --from-catalogue');
  }
  const base: Partial<SourceDefinition> = flags.fromCatalogue
    ? fromOracleCatalogue(flags.fromCatalogue, { file: flags.catalogue, region: flags.region })
    : {};
  const name = label ?? base.label;
  if (!name)
    throw new AppError('usage', 'no label is given', {
      hint: 'give one, or --from-catalogue LABEL',
    });
  const schedule = {
    ...(flags.every && { every: flags.every }),
    ...(flags.cron && { cron: flags.cron }),
  };
  const sync = flags.every || flags.cron ? schedule : base.sync;
  // An address that is given takes the place of the catalogue's.
  if (flags.upstream || flags.mirrorlist || flags.metalink) delete base.upstream;
  return {
    ...base,
    label: name,
    ...(flags.upstream && { upstream: flags.upstream.map(absolute) }),
    ...(flags.mirrorlist && { mirrorlist: absolute(flags.mirrorlist) }),
    ...(flags.metalink && { metalink: absolute(flags.metalink) }),
    ...(flags.name && { name: flags.name }),
    ...(flags.arch && { arch: flags.arch }),
    ...(flags.release && { release: flags.release }),
    ...(flags.parent && { parent: flags.parent }),
    ...(flags.gpgKey && {
      gpg_keys: flags.gpgKey.map((k) => (/^(https?|file):/.test(k) ? absolute(k) : resolve(k))),
    }),
    ...(flags.verify && { verify: { repomd: flags.verify } }),
    ...(flags.packages && { packages: flags.packages }),
    ...(sync && { sync }),
  };
}

/** `file:` addresses are relative to the folder where the command is given. */
function absolute(url: string): string {
  return url.startsWith('file:') ? new URL(url, pathToFileURL(`${process.cwd()}/`)).href : url;
}

export async function removeSource(config: Config, label: string, json: boolean): Promise<void> {
  await withOperations(config, (o) => o.removeSource(label));
  print(json, { removed: label }, () => `removed ${label}`);
}
