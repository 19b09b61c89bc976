import type { ShownKey } from '../server/control/fleet.ts';
import type { Config } from './config.ts';
import { print, shownTime, table } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';
import { countOf, durationOf, idOf, whenOf } from './values.ts';

export interface KeyFlags {
  name: string;
  sources?: string;
  group?: string[];
  compartment?: string;
  tag?: string[];
  uses?: string;
  expires?: string;
  takeoverAfter?: string;
  reactivates?: string;
  json: boolean;
}

/** Makes a key to register with. Standard output has nothing but the key, for scripts. */
export async function createKey(config: Config, flags: KeyFlags): Promise<void> {
  const { name, compartment, uses, expires, takeoverAfter, reactivates } = flags;
  const request = {
    name,
    sources: (flags.sources ?? '').split(/[\s,]+/).filter((label) => label !== ''),
    groups: flags.group ?? [],
    tags: flags.tag ?? [],
    compartment: compartment ?? null,
    uses: uses === undefined ? null : countOf(uses, '--uses'),
    expiresAt: expires === undefined ? null : whenOf(expires, 'ahead', '--expires'),
    takeoverMs: takeoverAfter === undefined ? null : durationOf(takeoverAfter, '--takeover-after'),
    reactivates: reactivates === undefined ? null : idOf(reactivates),
    by: userName(),
  };
  const made = await withOperations(config, (o) => o.createRegistrationKey(request));
  print(flags.json, made, () => made.key);
  if (flags.json) return;
  process.stderr.write(
    `The key ${name} is shown only now. Machines register with\n  rhnreg_ks --serverUrl ${config.publicUrl}/XMLRPC --activationkey KEY\n`,
  );
}

export async function revokeKey(config: Config, name: string, json: boolean): Promise<void> {
  await withOperations(config, (o) => o.revokeRegistrationKey(name, { by: userName() }));
  print(json, { revoked: name }, () => `nobody registers with ${name} any more`);
}

export function registrationTable(keys: readonly ShownKey[]): string {
  return table([
    ['NAME', 'STATE', 'USED', 'EXPIRES', 'SOURCES', 'GROUPS', 'COMPARTMENT', 'TAGS', 'REMARK'],
    ...keys.map((k) => [
      k.name,
      k.state,
      k.uses === null ? String(k.used) : `${k.used} of ${k.uses}`,
      shownTime(k.expiresAt),
      ...[k.sources, k.groups].map((names) => names.join(',') || '-'),
      k.compartment ?? '-',
      k.tags.join(',') || '-',
      remark(k),
    ]),
  ]);
}

function remark({ reactivates, takeoverMs }: ShownKey): string {
  if (reactivates !== null) return `reactivates ${reactivates}`;
  return takeoverMs === null ? '' : `takes over after ${written(takeoverMs)}`;
}

/** A duration as it may be written. */
function written(ms: number): string {
  const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };
  const [unit, size] = Object.entries(units).find(([, size]) => ms % size === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}
