import type { AdvisoryRule, Filters, Selection } from './filters.ts';
import type { MirroredSource, Source, SourceDefinition } from './source.ts';

/**
 * A source as the configuration file would define it: what is as it is without being said is left out, paths are absolute,
 * times in milliseconds become the largest unit that is whole.
 */
export function writtenDefinition(source: Source): SourceDefinition {
  const { label, name, arch, release, parent, compression, sqlite, keepRevisionsMs } = source;
  const counts = Object.entries(source.snapshots).filter(([, count]) => count > 0);
  return {
    label,
    ...(name !== label && { name }),
    ...(arch !== undefined && { arch }),
    ...(release !== undefined && { release }),
    ...(parent !== undefined && { parent }),
    ...ofKind(source),
    ...(compression && { compression }),
    ...(sqlite && { sqlite }),
    ...(keepRevisionsMs !== defaultKeep && { keep_revisions: duration(keepRevisionsMs) }),
    ...(counts.length > 0 && { snapshots: Object.fromEntries(counts) }),
  };
}

const day = 86_400_000;
const defaultKeep = 90 * day;

function duration(fraction: number): string {
  const ms = Math.round(fraction);
  const units = { d: day, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  const [unit, size] = Object.entries(units).find(([, size]) => ms % size === 0)!;
  return `${ms / size}${unit}`;
}

function ofKind(source: Source): Omit<SourceDefinition, 'label'> {
  switch (source.kind) {
    case 'view': {
      const { from, filters, strict } = source;
      const written = writtenFilters(filters);
      return {
        from,
        ...(written.length > 0 && { filters: written }),
        ...(strict && { strict: strict.with.length > 0 ? strict : true }),
      };
    }
    case 'stage': {
      const { follows, at, fetch } = source;
      return { follows, ...(at !== undefined && { at }), ...(!fetch && { fetch }) };
    }
    case 'custom':
      return { custom: true, ...(!source.fetch && { fetch: false }) };
    default:
      return ofMirrored(source);
  }
}

function ofMirrored(source: MirroredSource): Omit<SourceDefinition, 'label'> {
  const { upstream, gpgKeys, sync, tls, auth } = source;
  const { kind, urls } = upstream;
  const verify = {
    ...(source.verifyRepomd !== 'optional' && { repomd: source.verifyRepomd }),
    ...(source.verifyPackages !== 'digest' && { packages: source.verifyPackages }),
    ...(source.allowSha1 && { sha1: true }),
  };
  const [first] = urls;
  return {
    ...(kind === 'base' ? { upstream: urls.length > 1 ? urls : first! } : { [kind]: first! }),
    ...(gpgKeys.length > 0 && {
      gpg_keys: gpgKeys.map(({ key, fingerprint }) => (fingerprint ? { key, fingerprint } : key)),
    }),
    ...(Object.keys(verify).length > 0 && { verify }),
    ...(source.packages !== 'on_demand' && { packages: source.packages }),
    ...(source.newest !== undefined && { newest: source.newest }),
    ...(source.installationTree && { installation_tree: true }),
    ...(sync && {
      sync: {
        ...(sync.everyMs !== undefined && { every: duration(sync.everyMs) }),
        ...(sync.cron !== undefined && { cron: sync.cron }),
        ...(sync.jitterMs !== (sync.everyMs ? sync.everyMs / 10 : 300_000) && {
          jitter: duration(sync.jitterMs),
        }),
      },
    }),
    ...(Object.keys(tls).length > 0 && {
      tls: {
        ...(tls.ca && { ca: tls.ca }),
        ...(tls.clientCertificate && { client_certificate: tls.clientCertificate }),
        ...(tls.clientKey && { client_key: tls.clientKey }),
      },
    }),
    ...(auth && { auth: writtenAuth(auth) }),
    ...(source.bandwidth !== undefined && { bandwidth: `${source.bandwidth}B` }),
    ...(source.keepOriginals !== undefined && { keep_originals: source.keepOriginals }),
  };
}

function writtenAuth(auth: NonNullable<MirroredSource['auth']>) {
  const { from, name } = auth.secret;
  return 'username' in auth
    ? { username: auth.username, [`password_${from}`]: name }
    : { header: auth.header, [`value_${from}`]: name };
}

function writtenFilters(filters: Filters): NonNullable<SourceDefinition['filters']> {
  const { packages, advisories, modules, groups, latestOnly, asOf } = filters;
  const some = <T, U>({ include, exclude }: Selection<T>, as: (value: T) => U) => ({
    ...(include.length > 0 && { include: include.map(as) }),
    ...(exclude.length > 0 && { exclude: exclude.map(as) }),
  });
  const all = {
    packages: some(packages, String),
    advisories: some(advisories, writtenRule),
    modules: some(modules, String),
    groups: some(groups, String),
  };
  const entry = {
    ...Object.fromEntries(Object.entries(all).filter(([, lists]) => Object.keys(lists).length > 0)),
    ...(latestOnly && { latest_only: true }),
    ...(asOf !== null && { as_of: asOf }),
  };
  return Object.keys(entry).length > 0 ? [entry] : [];
}

const writtenRule = ({ types, severities, ids, issuedUntil }: AdvisoryRule) => ({
  ...(types && { type: types }),
  ...(severities && { severity: severities }),
  ...(ids && { id: ids }),
  ...(issuedUntil !== undefined && { issued_until: issuedUntil }),
});
