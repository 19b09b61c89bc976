import { oneLine } from '../base/errors.ts';
import { type Source, serverKeys } from '../base/source.ts';
import { mirroredOrigins } from './signing/origins.ts';

interface RepoFileOptions {
  publicUrl: string;
  /** The source of a label. */
  find(label: string): Source | undefined;
  /** Which of its revisions, as the channel's name says after `@`; the current one without. */
  spec?: string | undefined;
  /** What it is offered as, where that is not what it is. */
  as?: { label: string; name: string; spec?: string | undefined } | undefined;
  /** Whether this server makes and signs the metadata of a mirrored source. */
  rendered?: boolean;
}

/**
 * A `.repo` file for yum and dnf. Where the source, or all that it draws from, has keys, packages are checked with them as
 * this server hands them out. The metadata's signature is checked where this server signs it, and where a mirrored source
 * requires one. Of an older revision that this server may come to make and sign itself its keys are named too.
 */
export function repoFile(
  source: Source,
  { publicUrl, find, spec, rendered, as = { ...source, spec } }: RepoFileOptions,
): string {
  const origins = mirroredOrigins(source, find);
  const withKeys = origins.filter((o) => o.gpgKeys.length > 0);
  const signed = rendered || source.kind !== 'mirrored';
  // Whose documents may be dropped: what is installed now goes on working then.
  const laterSigned =
    spec !== undefined && source.kind === 'mirrored' && source.keepOriginals !== undefined;
  const required = source.kind === 'mirrored' && source.verifyRepomd === 'required';
  const allHaveKeys = withKeys.length > 0 && withKeys.length === origins.length;
  const keys = [
    ...(withKeys.length > 0 ? [keysUrl(publicUrl, as.label)] : []),
    ...(signed || laterSigned ? [keysUrl(publicUrl, serverKeys)] : []),
  ];
  // A section's name may not hold an @.
  const section = [as.label, ...(as.spec === undefined ? [] : [as.spec])].join('-');
  const channel = as.spec === undefined ? as.label : `${as.label}@${as.spec}`;
  const name = oneLine(as.name) + (as.spec === undefined ? '' : ` (${as.spec})`);
  const lines = [
    `[${section.replaceAll(/[^A-Za-z0-9_.:-]/g, '-')}]`,
    `name=${name}`,
    `baseurl=${channelUrl(publicUrl, encodeURIComponent(channel).replaceAll('%40', '@').replaceAll('%3A', ':'))}`,
    'enabled=1',
    `gpgcheck=${allHaveKeys ? 1 : 0}`,
    ...(keys.length > 0 ? [`gpgkey=${keys.join(' ')}`] : []),
    ...(signed || (required && allHaveKeys) ? ['repo_gpgcheck=1'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** The base URL of a channel, for yum and dnf. */
export function channelUrl(publicUrl: string, label: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/channels/${label}/`;
}

/** Where clients get a source's public keys, or the server's own. */
export function keysUrl(publicUrl: string, label: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/keys/${label}.asc`;
}
