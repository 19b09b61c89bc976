import { oneLine } from '../base/errors.ts';
import { shownBytes } from '../base/units.ts';
import type { SourceDetails, SourceSummary } from '../server/control/operations.ts';
import type { SyncRecord } from '../store/state/syncs.ts';
import type { Config } from './config.ts';
import { filterWords } from './filter-words.ts';
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
    outcome(s),
    origins[s.origin],
  ];
}

/** How the last sync ended, or what a view or a stage is made of. */
function outcome(s: SourceSummary): string {
  const made = s.kind !== null && s.kind !== 'mirrored';
  const parents = s.parents.map(shownParent).join(' ');
  const said = made ? `${s.kind}${parents && ` of ${parents}`}` : (s.lastSync?.outcome ?? 'never');
  return [
    said,
    ...(s.problem === null ? [] : ['not current']),
    ...(s.paused ? ['paused'] : []),
  ].join(', ');
}

const shownParent = ({ label, revision }: SourceSummary['parents'][number]): string =>
  revision === null ? label : `${label}@${revision}`;

export async function showSource(config: Config, label: string, json: boolean): Promise<void> {
  const source = await withOperations(config, (o) => o.showSource(label));
  print(json, source, () => details(source));
}

function policyFacts({ policy, ...s }: SourceDetails): [string, string | null][] {
  if (!policy) return [];
  const { packages, newest } = policy;
  return [
    ['packages are', packages + (newest === null ? '' : `, newest ${newest} of each`)],
    ['installation', policy.installationTree ? 'tree is mirrored' : null],
    ['signature', [policy.verifyRepomd, ...foundSignature(s.trust)].join(', ')],
    ['rpms checked', policy.verifyPackages],
    ['keys', policy.gpgKeys.join(' ') || null],
    ...s.keys.flatMap((k) => k.fingerprints).map((f): [string, string] => ['fingerprint', f]),
    [
      'sync',
      s.paused
        ? `paused until \`headwater source resume ${s.label}\` (${policy.sync})`
        : `${policy.sync}, next ${shownTime(s.nextSync)}`,
    ],
  ];
}

function madeFacts({ made, ...s }: SourceDetails): [string, string | null][] {
  if (!made) return [];
  const isStage = s.kind === 'stage';
  const words = made.filters ? filterWords(made.filters) : [];
  const offers = s.revision === null ? 'nothing yet' : s.parents.map(shownParent).join(' ');
  return [
    [isStage ? 'follows' : s.kind === 'custom' ? 'taken from' : 'made from', made.from.join(', ')],
    ...words.map((sentence, i): [string, string] => [i === 0 ? 'filters' : '', sentence]),
    [isStage ? 'offers' : 'drawn from', offers],
    ['at first', made.at],
    ['packages', fetched(s.kind, made.fetch)],
    ['strict', strictWords(made.strict)],
    ['not current', s.problem && oneLine(s.problem)],
    ...made.remarks.map((remark): [string, string] => ['remark', oneLine(remark)]),
  ];
}

function fetched(kind: SourceSummary['kind'], fetch: boolean | null): string | null {
  if (fetch === null) return null;
  if (!fetch) return 'on demand';
  return kind === 'stage' ? 'fetched when it is promoted' : 'fetched when they are put in';
}

function strictWords(strict: NonNullable<SourceDetails['made']>['strict']): string | null {
  if (!strict) return null;
  const others = strict === true ? '' : `, beside ${strict.with.join(', ')}`;
  return `refuses a revision that breaks more than the one before${others}`;
}

function details(s: SourceDetails): string {
  const upstream = s.made ? '' : ` (upstream ${s.upstreamRevision || '-'})`;
  const facts: [string, string | null][] = [
    ['name', s.name],
    ['arch', s.arch],
    ['release', s.release],
    ['parent', s.parent],
    ['defined by', s.origin === 'none' ? 'nothing any more (disabled)' : origins[s.origin]],
    ['upstream', s.upstream],
    ['channel', s.url],
    ...policyFacts(s),
    ...madeFacts(s),
    [
      'revision',
      s.revision === null ? 'none yet' : `${s.revision} of ${shownTime(s.published)}${upstream}`,
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
      'RPMS',
      'ADVISORIES',
      'ASIDE',
      'FETCHED',
    ];
    lines.push('', table([heads, ...s.history.map(syncRow)]));
    for (const record of s.history.slice(0, 1)) lines.push(...remarks(record));
  }
  return lines.join('\n');
}

/** What the check of repomd.xml's signature found, in words. */
function foundSignature(trust: SourceDetails['trust']): string[] {
  if (!trust) return [];
  const { key = '', keyId = '' } = trust;
  const by = key ? ` by ${key}` : '';
  // A primary key's id is the end of its fingerprint, or the beginning in version 6.
  const isPrimary = key.endsWith(keyId) || key.startsWith(keyId);
  const sub = key && !isPrimary ? ` (key ${keyId})` : '';
  const why = trust.reason ? `: ${trust.reason}` : '';
  return [`found ${trust.result}${by}${sub}${why}`];
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
    shownCount(r.packagesFetched),
    shownCount(r.advisoriesNew),
    String(r.setAsideCount),
    shownBytes(r.bytes),
  ];
}

/** What is to be said of the last sync. */
function remarks(r: SyncRecord): string[] {
  return [
    ...(r.reason ? [`  ${r.outcome}: ${r.reason}`] : []),
    ...r.warnings.map((w) => `  warning: ${oneLine(w)}`),
    ...r.setAside.map((a) => `  set aside from ${a.document}: ${oneLine(a.reason)}`),
    ...(r.setAsideCount > r.setAside.length
      ? [`  and ${r.setAsideCount - r.setAside.length} more`]
      : []),
  ];
}
