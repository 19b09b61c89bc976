import { AppError, oneLine } from '../base/errors.ts';
import { updateKinds } from '../base/update-kinds.ts';
import type { Operations } from '../server/control/operations.ts';
import type { ConcernedInstance, ShownAdvisory } from '../server/control/updates.ts';
import type { AdvisorySummary, AvailableUpdate, Build, FleetSummary } from '../updates/updates.ts';
import type { Config } from './config.ts';
import { print, shownCount, table } from './output.ts';
import { withOperations } from './session.ts';
import { kindOf, shownCounts } from './update-words.ts';
import { countOf, idOf, whenOf } from './values.ts';

export interface UpdateFlags {
  kind?: string[];
  heldBack?: boolean;
  json: boolean;
}

export async function listUpdates(
  config: Config,
  id: string,
  { kind, heldBack = false, json }: UpdateFlags,
): Promise<void> {
  const kinds = kind?.map((text) => kindOf(text)!) ?? null;
  const listed = await withOperations(config, (o) => o.listUpdates(idOf(id), { heldBack, kinds }));
  print(json, listed, () => {
    const { updates, counts } = listed;
    const summary = `updates: ${shownCounts(counts)}`;
    return updates.length === 0 ? summary : `${tableOf(updates)}\n\n${summary}`;
  });
}

const tableOf = (updates: readonly AvailableUpdate[]): string =>
  table([
    ['PACKAGE', 'INSTALLED', 'AVAILABLE', 'KIND', 'ADVISORIES', 'SOURCES'],
    ...updates.map((u) => [
      oneLine(`${u.name}.${u.arch}`),
      oneLine(u.obsoletes === null ? u.installed : `replaces ${u.obsoletes}`),
      oneLine(u.available),
      u.kind,
      some(u.advisories),
      u.sources.join(',') || '-',
    ]),
  ]);

/** The first of several, and how many there are besides. */
function some(names: readonly string[], most = 2): string {
  const more = names.length > most ? ` +${names.length - most}` : '';
  return names.length === 0 ? '-' : oneLine(names.slice(0, most).join(',')) + more;
}

export async function listInstallable(
  config: Config,
  [id, text = '']: [string, string | undefined],
  json: boolean,
): Promise<void> {
  const all = await ofReported(config, id, (o) => o.listInstallable(idOf(id)));
  const part = text.toLowerCase();
  const listed = all.filter(({ build }) => build.name.toLowerCase().includes(part));
  print(json, listed, () =>
    listed.length === 0
      ? 'there is nothing of that in its sources that it does not have'
      : table([
          ['PACKAGE', 'VERSION', 'SOURCES'],
          ...listed.map(({ build, sources }) => [
            oneLine(`${build.name}.${build.arch}`),
            oneLine(evrOf(build)),
            sources.join(','),
          ]),
        ]),
  );
}

/** Throws AppError 'conflict' of an instance of which nothing is known: an empty list would look as if all were well. */
async function ofReported<T>(
  config: Config,
  id: string,
  ask: (operations: Operations) => Promise<T>,
): Promise<T> {
  return withOperations(config, async (o) => {
    const { counts } = await o.listUpdates(idOf(id), { heldBack: false, kinds: [] });
    if (counts.reported) return ask(o);
    throw new AppError('conflict', `instance ${id} has not said yet what is installed on it`, {
      hint: 'it does with its next check-in after `rhn-profile-sync` or `dnf`',
    });
  });
}

const evrOf = ({ epoch, version, release }: Build): string =>
  `${epoch === '' || epoch === '0' ? '' : `${epoch}:`}${version}-${release}`;

export async function listInstanceAdvisories(
  config: Config,
  id: string,
  json: boolean,
): Promise<void> {
  const listed = await ofReported(config, id, (o) => o.instanceAdvisories(idOf(id)));
  print(json, listed, () =>
    listed.length === 0
      ? 'no advisory concerns it'
      : table([
          ['ADVISORY', 'KIND', 'SEVERITY', 'ISSUED', 'PACKAGES', 'FIX', 'TITLE'],
          ...listed.map((a) => [
            ...wordsOf(a),
            some(a.packages, 1),
            a.available ? 'available' : 'held back',
            oneLine(a.title),
          ]),
        ]),
  );
}

/** What a list says of each advisory, up to its date. */
const wordsOf = (a: AdvisorySummary): string[] => [
  oneLine(a.id),
  a.type,
  oneLine(a.severity) || '-',
  oneLine(a.issued.slice(0, 10)) || '-',
];

export interface AdvisoryFlags {
  id?: string;
  cve?: string;
  kind?: string;
  severity?: string;
  package?: string;
  since?: string;
  until?: string;
  source?: string[];
  limit?: string;
  json: boolean;
}

/** Throws AppErrors: an empty list would look as if it had no advisories. */
async function requireMirrored(operations: Operations, label: string): Promise<void> {
  const { kind } = await operations.showSource(label);
  if (kind === 'mirrored') return;
  throw new AppError('usage', `${label} is no mirrored source`, {
    hint: 'name those that it is made of: see `headwater source show`',
  });
}

export async function listAdvisories(config: Config, flags: AdvisoryFlags): Promise<void> {
  const { id, severity, package: name, since, until, source: sources, limit = '100' } = flags;
  const most = countOf(limit, '--limit');
  const query = {
    ...{ id, severity, package: name, sources, kind: kindOf(flags.kind) },
    cve: flags.cve?.trim().toUpperCase(),
    issuedFrom: since === undefined ? undefined : whenOf(since, 'ago', '--since'),
    issuedTo: until === undefined ? undefined : whenOf(until, 'ago', '--until'),
  };
  const found = await withOperations(config, async (o) => {
    for (const label of sources ?? []) await requireMirrored(o, label);
    return o.searchAdvisories(query);
  });
  const shown = found.slice(0, most);
  print(flags.json, shown, () =>
    found.length === 0 ? 'there are no such advisories' : tableOfAdvisories(shown),
  );
  if (found.length > most) {
    process.stderr.write(`${found.length - most} more; --limit shows them\n`);
  }
}

const tableOfAdvisories = (advisories: readonly AdvisorySummary[]): string =>
  table([
    ['ADVISORY', 'KIND', 'SEVERITY', 'ISSUED', 'CVES', 'TITLE'],
    ...advisories.map((a) => [...wordsOf(a), some(a.cves, 1), oneLine(a.title)]),
  ]);

export async function showAdvisory(config: Config, id: string, json: boolean): Promise<void> {
  const advisory = await withOperations(config, (o) => o.showAdvisory(id));
  print(json, advisory, () => describe(advisory));
}

/** The heads of what upstreams may write on several lines, and what of it is shown. */
function describe(a: ShownAdvisory): string {
  const facts: [string, string][] = [
    ['id', a.id],
    ['title', a.title],
    ['kind', a.severity ? `${a.type}, ${a.severity}` : a.type],
    ['issued', a.issued],
    ['updated', a.updated === a.issued ? '' : a.updated],
    ['from', a.from],
    ['CVEs', a.cves.join(', ')],
    ['sources', a.sources.join(', ')],
    ['reboot', a.rebootSuggested ? 'suggested' : ''],
    ['rights', a.rights],
  ];
  const texts = [a.summary, a.description, a.solution].filter((text) => text.trim() !== '');
  const references = a.references.map(({ href }) => href).filter((href) => href !== '');
  return [
    table(facts.flatMap(([name, value]) => (value ? [[`${name}:`, oneLine(value)]] : []))),
    ...texts.map((text) => text.trim().split('\n').map(oneLine).join('\n')),
    section('references', references.map(oneLine)),
    section(
      'packages',
      a.packages.map((build) => oneLine(nevraOf(build))),
    ),
    concerned(a.instances),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : [`${title}:`, ...lines.map((line) => `  ${line}`)].join('\n');

const nevraOf = (build: Build): string => `${build.name}-${evrOf(build)}.${build.arch}`;

/** Which instances are affected and why, and on which all is well. */
function concerned(instances: readonly ConcernedInstance[]): string {
  const affected = instances.filter(({ state }) => state === 'affected');
  const fixed = instances.length - affected.length;
  if (instances.length === 0) return 'no instance has any of the packages';
  const counts = `${shownCount(affected.length)} affected, ${shownCount(fixed)} fixed`;
  return `${counts}\n\n${table([
    ['INSTANCE', 'NAME', 'STATE', 'INSTALLED', 'NEEDED', 'FIX'],
    ...instances.flatMap(({ instance, name, state, packages, available }) =>
      (packages.length === 0 ? [{ installed: '-', needed: '-' }] : packages).map(
        ({ installed, needed }, i) => [
          ...(i === 0 ? [String(instance), oneLine(name), state] : ['', '', '']),
          oneLine(installed),
          oneLine(needed),
          i > 0 ? '' : state === 'fixed' ? 'installed' : available ? 'available' : 'held back',
        ],
      ),
    ),
  ])}`;
}

export async function showCve(config: Config, text: string, json: boolean): Promise<void> {
  if (!/^\s*CVE-\d{4}-\d{4,}\s*$/i.test(text)) {
    throw new AppError('usage', `${oneLine(text)} is no CVE`, { hint: 'write CVE-2026-12345' });
  }
  const shown = await withOperations(config, (o) => o.showCve(text));
  const { cve, advisories, instances } = shown;
  print(json, shown, () =>
    advisories.length === 0
      ? `no advisory of the mirrored sources names ${cve}`
      : `${tableOfAdvisories(advisories)}\n\n${concerned(instances)}`,
  );
}

export interface FleetFlags {
  group?: string;
  compartment?: string;
  json: boolean;
}

export async function showFleet(
  config: Config,
  {
    group = null,
    compartment = null,
    json,
  }: { group?: string | null; compartment?: string | null } & { json: boolean },
): Promise<void> {
  const summary = await withOperations(config, (o) => o.fleetSummary({ group, compartment }));
  print(json, summary, () => described(summary));
}

function described(summary: FleetSummary): string {
  const { instances, reported, updates, advisories } = summary;
  const rows: [string, string][] = [
    ['instances', shownCount(instances)],
    ['up to date', shownCount(summary.upToDate)],
    ['with updates', shownCount(summary.withUpdates)],
    ['with security updates', shownCount(summary.withSecurityUpdates)],
    ['with something held back', shownCount(summary.withHeldBack)],
    ['to be rebooted', shownCount(summary.rebootsPending)],
    ['not reported yet', shownCount(instances - reported)],
    ['updates in all', kindsOf(updates)],
  ];
  const facts = table(rows.map(([name, value]) => [`${name}:`, value]));
  if (advisories.length === 0) return facts;
  return `${facts}\n\n${table([
    ['ADVISORY', 'KIND', 'SEVERITY', 'ISSUED', 'AFFECTED', 'TITLE'],
    ...advisories.map((a) => [...wordsOf(a), shownCount(a.affected), oneLine(a.title)]),
  ])}`;
}

function kindsOf(updates: FleetSummary['updates']): string {
  const kinds = updateKinds.filter((kind) => updates[kind] > 0);
  const said = kinds.map((kind) => `${shownCount(updates[kind])} ${kind}`).join(', ');
  const more = updates.heldBack > 0 ? `; ${shownCount(updates.heldBack)} held back` : '';
  return `${shownCount(updates.total)}${said && ` (${said})`}${more}`;
}
