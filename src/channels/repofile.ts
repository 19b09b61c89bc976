import type { Source } from '../base/source.ts';

/**
 * A `.repo` file for yum and dnf. Where the source has keys, packages are checked with them as this server hands them out,
 * and the metadata's signature is checked where this source requires one.
 */
export function repoFile(source: Source, publicUrl: string): string {
  const hasKeys = source.kind === 'mirrored' && source.gpgKeys.length > 0;
  const lines = [
    `[${source.label}]`,
    `name=${source.name.replaceAll(/[\r\n]+/g, ' ')}`,
    `baseurl=${channelUrl(publicUrl, source.label)}`,
    'enabled=1',
    `gpgcheck=${hasKeys ? 1 : 0}`,
    ...(hasKeys ? [`gpgkey=${keysUrl(publicUrl, source.label)}`] : []),
    ...(hasKeys && source.kind === 'mirrored' && source.verifyRepomd === 'required'
      ? ['repo_gpgcheck=1']
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** The base URL of a channel, for yum and dnf. */
export function channelUrl(publicUrl: string, label: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/channels/${label}/`;
}

/** Where clients get a source's public keys. */
function keysUrl(publicUrl: string, label: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/keys/${label}.asc`;
}
