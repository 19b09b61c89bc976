import { AppError, oneLine } from '../base/errors.ts';
import { systemText } from '../fleet/fits.ts';
import type { ShownGroup } from '../fleet/groups.ts';
import type { Config } from './config.ts';
import { notDone, tableOf } from './instance.ts';
import { print, shownTime, table } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';
import { idOf } from './values.ts';

export interface GroupFlags {
  displayName?: string;
  description?: string;
  compartment?: string;
  json: boolean;
}

export async function createGroup(
  config: Config,
  name: string,
  { json, ...about }: GroupFlags,
): Promise<void> {
  const group = await withOperations(config, (o) =>
    o.createGroup(name, { ...about, displayName: about.displayName || null, by: userName() }),
  );
  print(json, group, () => `made the group ${group.name}`);
}

export async function changeGroup(
  config: Config,
  name: string,
  { json, ...about }: GroupFlags,
): Promise<void> {
  const { displayName, description, compartment } = about;
  if ([displayName, description, compartment].every((value) => value === undefined)) {
    throw new AppError('usage', 'nothing is said of what is to change', {
      hint: 'give --display-name, --description or --compartment',
    });
  }
  const group = await withOperations(config, (o) =>
    o.changeGroup(name, {
      ...about,
      ...(displayName === '' && { displayName: null }),
      by: userName(),
    }),
  );
  print(json, group, () => `changed the group ${group.name}`);
}

export async function listGroups(config: Config, json: boolean): Promise<void> {
  const groups = await withOperations(config, (o) => o.listGroups());
  print(json, groups, () => {
    if (groups.length === 0) return 'there are no groups';
    const rows = groups.map((g) => [
      g.name,
      g.displayName === g.name ? '-' : oneLine(g.displayName),
      g.compartment || '-',
      String(g.instances),
      systemOf(g),
      g.sources.join(', ') || '-',
      shownTime(g.createdAt),
    ]);
    return table([
      ['NAME', 'DISPLAY NAME', 'COMPARTMENT', 'INSTANCES', 'SYSTEM', 'SOURCES', 'MADE'],
      ...rows,
    ]);
  });
}

const systemOf = ({ system }: ShownGroup): string =>
  system === null ? '-' : oneLine(systemText(system));

export async function showGroup(config: Config, name: string, json: boolean): Promise<void> {
  const group = await withOperations(config, (o) => o.showGroup(name));
  print(json, group, () =>
    [
      `group ${group.name}, made ${shownTime(group.createdAt)}`,
      `id: ${group.ocid}`,
      ...(group.displayName === group.name ? [] : [`shown as: ${oneLine(group.displayName)}`]),
      ...(group.description ? [`description: ${oneLine(group.description)}`] : []),
      `compartment: ${group.compartment || 'the root'}`,
      ...(group.system ? [`system: ${systemOf(group)}`] : []),
      `sources: ${group.sources.join(', ') || 'none'}`,
      group.members.length === 0 ? 'it has no instances' : tableOf(group.members),
    ].join('\n'),
  );
}

export async function removeGroup(config: Config, name: string, json: boolean): Promise<void> {
  await withOperations(config, (o) => o.removeGroup(name, { by: userName() }));
  print(json, { removed: name }, () => `removed the group ${name}; its instances stay`);
}

/** Gives the exit code: 1 where some cannot have what the group gives. */
export async function addMembers(
  config: Config,
  { name, texts }: { name: string; texts: string[] },
  json: boolean,
): Promise<number> {
  const ids = [...new Set(texts.map(idOf))];
  const { failed } = await withOperations(config, (o) =>
    o.joinGroup(name, ids, { by: userName() }),
  );
  print(json, { group: name, joined: ids, failed }, () =>
    [`${ids.join(', ')} joined the group ${name}`, ...failed.map(notDone)].join('\n'),
  );
  return failed.length === 0 ? 0 : 1;
}

export async function dropMembers(
  config: Config,
  { name, texts }: { name: string; texts: string[] },
  json: boolean,
): Promise<void> {
  const ids = [...new Set(texts.map(idOf))];
  await withOperations(config, (o) => o.leaveGroup(name, ids, { by: userName() }));
  print(json, { group: name, left: ids }, () => `${ids.join(', ')} left the group ${name}`);
}
