import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError, oneLine } from '../base/errors.ts';
import type { SourceDefinition } from '../base/source.ts';
import type { DefinedSource } from '../server/control/operations.ts';
import type { Config } from './config.ts';
import { fromOracleCatalogue } from './oracle-linux.ts';
import { print, shownCount } from './output.ts';
import { withOperations } from './session.ts';
import { type TimeFlags, timeKeysOf, type ViewFlags, viewKeysOf } from './view-flags.ts';

export interface AddFlags extends ViewFlags, TimeFlags {
  fromCatalogue?: string;
  catalogue?: string;
  region?: string;
  upstream?: string[];
  mirrorlist?: string;
  metalink?: string;
  custom?: boolean;
  name?: string;
  arch?: string;
  release?: string;
  parent?: string;
  gpgKey?: string[];
  verify?: string;
  verifyPackages?: string;
  packages?: string;
  newest?: string;
  installationTree?: boolean;
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
  print(flags.json, added, () => withRemarks(`added ${added.label}${next(added)}`, added));
}

/** What is to be done next. */
function next({ kind, label }: DefinedSource): string {
  if (kind === 'mirrored') return `; mirror it with: headwater sync ${label}`;
  return kind === 'custom' ? `; fill it with: headwater source packages add ${label} NAME …` : '';
}

/** What a command did, with what is to be said of a view that it defined. */
export function withRemarks(done: string, { kind, packages, remarks }: DefinedSource): string {
  const count = kind === 'view' && packages !== null ? `: ${shownCount(packages)} packages` : '';
  return [`${done}${count}`, ...(remarks ?? []).map(oneLine)].join('\n');
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
    ...(flags.custom && { custom: true }),
    ...(flags.name && { name: flags.name }),
    ...(flags.arch && { arch: flags.arch }),
    ...(flags.release && { release: flags.release }),
    ...(flags.parent && { parent: flags.parent }),
    ...(flags.gpgKey && {
      gpg_keys: flags.gpgKey.map((k) => (/^(https?|file):/.test(k) ? absolute(k) : resolve(k))),
    }),
    ...((flags.verify || flags.verifyPackages) && {
      verify: {
        ...base.verify,
        ...(flags.verify && { repomd: flags.verify }),
        ...(flags.verifyPackages && { packages: flags.verifyPackages }),
      },
    }),
    ...(flags.packages && { packages: flags.packages }),
    ...(flags.newest && { newest: Number(flags.newest) }),
    ...(flags.installationTree && { installation_tree: true }),
    ...(sync && { sync }),
    ...viewKeysOf(flags),
    ...timeKeysOf(flags),
  };
}

/** `file:` addresses are relative to the folder where the command is given. */
export function absolute(url: string): string {
  return url.startsWith('file:') ? new URL(url, pathToFileURL(`${process.cwd()}/`)).href : url;
}
