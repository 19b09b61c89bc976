import type { Source } from '../base/source.ts';

/**
 * A `.repo` file for yum and dnf. Keys that a client can fetch itself are named, without credentials; packages are checked where there are
 * any, and the metadata's signature where this source requires one.
 */
export function repoFile(source: Source, publicUrl: string): string {
  const keys = source.gpgKeys.filter((key) => /^https?:/.test(key)).map(withoutUser);
  const lines = [
    `[${source.label}]`,
    `name=${source.name.replaceAll(/[\r\n]+/g, ' ')}`,
    `baseurl=${channelUrl(publicUrl, source.label)}`,
    'enabled=1',
    `gpgcheck=${keys.length > 0 ? 1 : 0}`,
    ...(keys.length > 0 ? [`gpgkey=${keys.join(' ')}`] : []),
    ...(keys.length > 0 && source.verifyRepomd === 'required' ? ['repo_gpgcheck=1'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Credentials are this server's, not its clients'. */
function withoutUser(url: string): string {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
}

/** The base URL of a channel, for yum and dnf. */
export function channelUrl(publicUrl: string, label: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/channels/${label}/`;
}
