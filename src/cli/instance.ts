import { AppError, oneLine } from '../base/errors.ts';
import type { Instance } from '../fleet/instances.ts';
import type { InstanceDetails } from '../server/control/fleet.ts';
import type { UpdateCounts } from '../updates/updates.ts';
import type { Config } from './config.ts';
import { print, shownCount, shownTime, table } from './output.ts';
import { withOperations } from './session.ts';
import { kindOf, shortCounts, shownCounts } from './update-words.ts';
import { userName } from './user-name.ts';
import { idOf, whenOf } from './values.ts';

export interface ListFlags {
  group?: string;
  tag?: string;
  name?: string;
  silentFor?: string;
  compartment?: string;
  hasUpdates?: string | true;
  updates: boolean;
  json: boolean;
}

export async function listInstances(config: Config, flags: ListFlags): Promise<void> {
  const { group, tag, name, silentFor, compartment, updates: withUpdates } = flags;
  const hasUpdates = flags.hasUpdates === true ? 'any' : kindOf(flags.hasUpdates);
  const silentSince =
    silentFor === undefined ? undefined : whenOf(silentFor, 'ago', '--silent-for');
  const instances = await withOperations(config, (o) =>
    o.listInstances({ group, tag, name, silentSince, compartment, hasUpdates, withUpdates }),
  );
  print(flags.json, instances, () =>
    instances.length === 0 ? 'there are no such instances' : tableOf(instances),
  );
}

/** Instances; with a column of updates where any is said. */
export function tableOf(instances: readonly (Instance & { updates?: UpdateCounts })[]): string {
  const saysUpdates = instances.some((i) => i.updates);
  return table([
    [
      ...['ID', 'NAME', 'RELEASE', 'ARCH', 'LAST SEEN', 'ADDRESS', 'GROUPS'],
      ...(saysUpdates ? ['UPDATES'] : []),
      'REMARK',
    ],
    ...instances.map((i) => [
      ...[String(i.id), oneLine(i.name), oneLine(i.osRelease), i.arch.split('-')[0]!],
      ...[shownTime(i.seenAt), i.address ?? '-', i.groups.join(',') || '-'],
      ...(saysUpdates ? [shortCounts(i.updates)] : []),
      remark(i),
    ]),
  ]);
}

function remark({ registering, twinOf, updates }: Instance & { updates?: UpdateCounts }): string {
  if (registering) return 'registering';
  if (twinOf !== null) return `twin of ${twinOf}`;
  return updates?.reboot ? 'reboot needed' : '';
}

export async function showInstance(config: Config, id: string, json: boolean): Promise<void> {
  const details = await withOperations(config, (o) => o.showInstance(idOf(id)));
  print(json, details, () => describe(details));
}

function describe(i: InstanceDetails): string {
  const facts: [string, string | null][] = [
    ['id', String(i.id)],
    ['OCID', i.ocid],
    ['name', i.name],
    ['state', i.registering ? 'registering: its machine did not come back yet' : 'registered'],
    ['system', `${i.osName} ${i.osRelease}, ${i.arch}`],
    ['kernel', i.kernel],
    ['agent', i.agentVersion],
    ['capabilities', i.capabilities.replaceAll(',', ' ') || null],
    ['registered', `${shownTime(i.registeredAt)} by ${i.owner}`],
    ['last seen', i.seenAt && `${shownTime(i.seenAt)} from ${i.address}`],
    ['last boot', i.bootedAt && shownTime(i.bootedAt)],
    ['compartment', i.compartment],
    ['groups', i.groups.join(', ') || null],
    ['tags', i.tags.join(', ') || null],
    ['sources', i.sources.map(shownSource).join(', ') || 'none'],
    ['packages', i.packages === null ? 'not told yet' : shownCount(i.packages)],
    ['updates', i.packages === null ? null : shownCounts(i.updates)],
    ['SMBIOS UUID', i.smbiosUuid],
    ['twin of', i.twinOf === null ? null : `${i.twinOf}, which says the same SMBIOS UUID`],
    ['twins', i.twins.join(', ') || null],
    ['hardware', i.hardware.length === 0 ? null : `${i.hardware.length} entries; --json has them`],
  ];
  const known = facts.filter(([, value]) => value !== null);
  return table(known.map(([name, value]) => [`${name}:`, oneLine(value ?? '')]));
}

const shownSource = ({ label, sees }: InstanceDetails['sources'][number]): string =>
  sees === label ? label : `${label} (sees ${sees})`;

export interface ChangeFlags {
  compartment?: string;
  tag?: string[];
  noTag?: string[];
  json: boolean;
}

export async function changeInstances(
  config: Config,
  texts: string[],
  { compartment, tag, noTag, json }: ChangeFlags,
): Promise<void> {
  if (compartment === undefined && !tag && !noTag) {
    throw new AppError('usage', 'nothing is said of what is to change', {
      hint: 'give --compartment, --tag or --no-tag',
    });
  }
  const request = { compartment, tags: tag, noTags: noTag, by: userName() };
  const changed = await withOperations(config, (o) => o.changeInstances(texts.map(idOf), request));
  print(json, changed, () => changed.map(placeOf).join('\n'));
}

const placeOf = ({ id, compartment, tags }: Instance): string =>
  `instance ${id} is in ${compartment === null ? 'the root' : compartment}, ${tags.length === 0 ? 'without tags' : `with ${tags.join(', ')}`}`;

export async function issueCredential(config: Config, text: string, json: boolean): Promise<void> {
  const issued = await withOperations(config, (o) =>
    o.issueCredential(idOf(text), { by: userName() }),
  );
  print(json, issued, () => issued.password);
  if (json) return;
  process.stderr.write(
    `This password is shown only now, and the one before is good no more. In a .repo file:\n  username=${issued.id}\n  password=${issued.password}\n`,
  );
}

export async function removeInstances(
  config: Config,
  texts: string[],
  json: boolean,
): Promise<void> {
  const ids = texts.map(idOf);
  await withOperations(config, (o) => o.removeInstances(ids, { by: userName() }));
  print(json, { removed: ids }, () => `removed ${ids.join(', ')}`);
}

export interface AttachFlags {
  group?: string;
  history?: boolean;
  json: boolean;
}

/** What could not be done for one instance of several. */
export const notDone = ({ instance, reason }: { instance: number; reason: string }): string =>
  `  not ${instance}: ${oneLine(reason)}`;

/** Attaches or detaches: `[id, …labels]`, or labels where a group is named. Gives the exit code: 1 where that failed for some. */
export async function changeSources(
  config: Config,
  words: string[],
  { how, group, history, json }: AttachFlags & { how: 'attach' | 'detach' },
): Promise<number> {
  const [first, ...rest] = words;
  const labels = group === undefined ? rest : words;
  if (labels.length === 0) {
    throw new AppError('usage', 'no source is named', {
      hint: `headwater instance ${how} ID LABEL…, or --group NAME LABEL…`,
    });
  }
  const instance = group === undefined ? idOf(first!) : null;
  const request = { instance, group: group ?? null, labels, by: userName() };
  const { sources, failed } = await withOperations(config, (o) =>
    how === 'attach'
      ? o.attachSources({ ...request, history: history ?? null })
      : o.detachSources(request),
  );
  const who = group === undefined ? `instance ${instance}` : `group ${group}`;
  print(json, { instance, group: group ?? null, sources, failed }, () =>
    [
      sources.length === 0 ? `${who} has no sources` : `${who} has ${sources.join(', ')}`,
      ...failed.map(notDone),
    ].join('\n'),
  );
  return failed.length === 0 ? 0 : 1;
}
