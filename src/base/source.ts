import { z } from 'zod';
import { type Filters, filtersSchema, listOf, oneOrMore } from './filters.ts';
import { revisionNameSchema } from './revision-names.ts';
import {
  authSchema,
  cronSchema,
  durationSchema,
  keySchema,
  sizeSchema,
  urlSchema,
} from './source-values.ts';

/** What the server's own public keys go by: no source may have it as its label. */
export const serverKeys = 'headwater';

/** A source's label: what managed instances know it by, and a segment of URLs. */
export const labelSchema = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]+$/, 'letters, digits and _ . : - only')
  .max(128)
  .refine((l) => !l.endsWith('.repo'), 'a label does not end in .repo')
  .refine((l) => l !== '.' && l !== '..', 'a label is a name, not a path')
  .refine(
    (l) => l !== serverKeys,
    `a label other than ${serverKeys}: \`/keys/${serverKeys}.asc\` is taken`,
  );

const parentSchema = z.union([
  labelSchema,
  z.strictObject({ source: labelSchema, priority: z.number().int().min(1).max(99).optional() }),
]);

function refuseTwice(parents: z.output<typeof parentSchema>[], ctx: z.RefinementCtx): void {
  const labels = parents.map((p) => (typeof p === 'string' ? p : p.source));
  for (const [i, label] of labels.entries()) {
    const message = `each source once, and ${label} is there twice`;
    if (labels.indexOf(label) < i) ctx.addIssue({ code: 'custom', path: [i], message });
  }
}

/** Snapshots that are made by the clock, at midnight UTC, and how many of each kind are kept. */
const snapshotsSchema = z
  .strictObject({
    daily: z.number().int().min(0).optional(),
    weekly: z.number().int().min(0).optional(),
    monthly: z.number().int().min(0).optional(),
  })
  .refine((s) => Object.values(s).some((n) => n), 'daily, weekly or monthly with how many to keep');

const common = 'label name arch release parent compression keep_revisions snapshots';
const kinds = {
  mirrored:
    'upstream mirrorlist metalink gpg_keys verify packages newest installation_tree sync tls auth bandwidth keep_originals',
  view: 'from filters strict sqlite',
  stage: 'follows at fetch sqlite',
  custom: 'custom fetch sqlite',
};

/** Which kind of source a definition is: one of the keys that say so must be there, and none of another kind. */
export function kindOf(definition: {
  from?: unknown;
  follows?: unknown;
  custom?: unknown;
}): keyof typeof kinds {
  if (definition.custom !== undefined) return 'custom';
  if (definition.from !== undefined) return 'view';
  return definition.follows !== undefined ? 'stage' : 'mirrored';
}

function refuseKeysOfOthers(definition: object, ctx: z.RefinementCtx): void {
  const given = Object.entries(definition).flatMap(([k, v]) => (v === undefined ? [] : [k]));
  const origins = ['upstream', 'mirrorlist', 'metalink', 'from', 'follows'];
  const complain = (message: string, path: string[] = []) =>
    ctx.addIssue({ code: 'custom', message, path });
  if (given.filter((k) => origins.includes(k) || k === 'custom').length !== 1) {
    complain(`exactly one of ${origins.slice(0, -1).join(', ')} and ${origins.at(-1)}`);
    return;
  }
  const kind = kindOf(definition);
  const allowed = `${common} ${kinds[kind]}`.split(' ');
  for (const key of given) {
    if (!allowed.includes(key)) complain(`no such key in a ${kind} source`, [key]);
  }
}

/** What a source is, as the configuration file, `source add` and the state database say it. */
export const sourceSchema = z
  .strictObject({
    label: labelSchema,
    name: z.string().min(1).optional(),
    arch: z.string().min(1).optional(),
    /** The Oracle Linux release, for the `.repo` file and the lists. */
    release: z.union([z.number(), z.string()]).optional(),
    parent: labelSchema.optional(),
    /** Base URL, or several that hold the same. */
    upstream: oneOrMore(urlSchema).optional(),
    mirrorlist: urlSchema.optional(),
    metalink: urlSchema.optional(),
    gpg_keys: z.array(keySchema).optional(),
    verify: z
      .strictObject({
        repomd: z.enum(['required', 'optional', 'off']).optional(),
        packages: z.enum(['off', 'digest', 'signature']).optional(),
        /** Takes signatures over SHA-1, and by the keys of 1024 bits that go with them. */
        sha1: z.boolean().optional(),
      })
      .optional(),
    packages: z.enum(['on_demand', 'immediate', 'none']).optional(),
    /** With `packages: immediate`: so many builds of each name and architecture, the others on demand. */
    newest: z.number().int().min(1).optional(),
    /** Whether `.treeinfo` and the files that it lists are mirrored, for installations over the network. */
    installation_tree: z.boolean().optional(),
    sync: z
      .strictObject({
        every: durationSchema.optional(),
        cron: cronSchema.optional(),
        jitter: durationSchema.optional(),
      })
      .refine((s) => !(s.every && s.cron), 'either every or cron, not both')
      .optional(),
    /** Files on this machine: a CA to trust besides the system's, a client certificate and its key. */
    tls: z
      .strictObject({
        ca: z.string().optional(),
        client_certificate: z.string().optional(),
        client_key: z.string().optional(),
      })
      .refine(
        (t) => !t.client_certificate === !t.client_key,
        'client_certificate and client_key go together',
      )
      .optional(),
    auth: authSchema.optional(),
    /** Bytes a second that all transfers of this source may bring in together. */
    bandwidth: sizeSchema.optional(),
    /** Of a view: the sources that it draws from; where two hold the same, the lower priority wins, then the earlier. */
    from: listOf(parentSchema).superRefine(refuseTwice).optional(),
    filters: filtersSchema.optional(),
    /** Of a view: whether a revision with more broken dependencies than the one before is refused; with what others have. */
    strict: z
      .union([z.boolean(), z.strictObject({ with: z.array(labelSchema).min(1) })])
      .optional(),
    /** Of a stage: the source of which it offers one revision, and at first which: a revision, a snapshot or a time. */
    follows: labelSchema.optional(),
    at: revisionNameSchema.optional(),
    /** A custom source, which has the packages that are put into it. Not in the configuration file: what it has is in state. */
    custom: z.literal(true).optional(),
    /** Of a stage or a custom source: whether packages that are not held are fetched when it gets them. */
    fetch: z.boolean().optional(),
    /** How documents that this server makes are compressed. */
    compression: z.enum(['gzip', 'zstd']).optional(),
    /** Whether documents that this server makes include SQLite databases, for yum of old. */
    sqlite: z.boolean().optional(),
    /** Of so many of the newest revisions the upstream's big documents are kept; of older ones they are made when asked for. */
    keep_originals: z.number().int().min(1).optional(),
    /** How long revisions that nothing names are kept. */
    keep_revisions: durationSchema.optional(),
    snapshots: snapshotsSchema.optional(),
  })
  .superRefine(refuseKeysOfOthers)
  .refine(
    (s) => s.verify?.repomd !== 'required' || (s.gpg_keys?.length ?? 0) > 0,
    'verify.repomd: required needs gpg_keys',
  )
  .refine(
    (s) => s.newest === undefined || s.packages === 'immediate',
    'newest goes with packages: immediate',
  )
  .refine(
    (s) => s.verify?.packages !== 'signature' || (s.gpg_keys?.length ?? 0) > 0,
    'verify.packages: signature needs gpg_keys',
  )
  .refine(
    (s) => s.verify?.packages !== 'signature' || s.packages !== 'none',
    'verify.packages: signature cannot be with packages: none, which sends clients to the upstream',
  )
  .refine(
    (s) => s.packages !== 'none' || ![s.upstream].flat().some((u) => u?.startsWith('file:')),
    'packages: none needs an upstream that clients can reach, not a file: one',
  );

/** A source as written. */
export type SourceDefinition = z.input<typeof sourceSchema>;

/** A source as checked. */
export type CheckedDefinition = z.output<typeof sourceSchema>;

/** An entry of `gpg_keys`. */
export interface KeyEntry {
  /** An address, an absolute path, or armoured text. */
  key: string;
  /** The primary key that is meant, in lower-case hexadecimal digits; without it whatever keys are there. */
  fingerprint?: string;
}

/** Where a password or a header's value is read when it is needed: a file's path or a variable's name. */
export interface Secret {
  from: 'file' | 'env';
  name: string;
}

interface Common {
  label: string;
  name: string;
  arch: string | undefined;
  release: string | undefined;
  parent: string | undefined;
  /** `file`: in the configuration file, and read-only for commands. `state`: added by command. */
  origin: 'file' | 'state';
  /** How rendered documents are compressed; undefined for what suits the release. */
  compression: 'gzip' | 'zstd' | undefined;
  sqlite: boolean;
  keepRevisionsMs: number;
  snapshots: { daily: number; weekly: number; monthly: number };
}

/** A source that an upstream is mirrored into: with everything that was left out filled in, and relative paths made absolute. */
export interface MirroredSource extends Common {
  kind: 'mirrored';
  upstream: { kind: 'base' | 'mirrorlist' | 'metalink'; urls: string[] };
  gpgKeys: KeyEntry[];
  verifyRepomd: 'required' | 'optional' | 'off';
  verifyPackages: 'off' | 'digest' | 'signature';
  /** Whether signatures over SHA-1, and by keys of 1024 bits, are taken. */
  allowSha1: boolean;
  packages: 'on_demand' | 'immediate' | 'none';
  /** How many builds of each name and architecture the sync fetches; undefined for all. */
  newest: number | undefined;
  installationTree: boolean;
  sync: { everyMs?: number; cron?: string; jitterMs: number } | undefined;
  tls: { ca?: string; clientCertificate?: string; clientKey?: string };
  auth: { username: string; secret: Secret } | { header: string; secret: Secret } | undefined;
  /** Bytes a second; undefined for the limit that holds for all. */
  bandwidth: number | undefined;
  /** Of how many revisions the upstream's big documents are kept; undefined for all. */
  keepOriginals: number | undefined;
}

/** A source made of others. */
export interface ViewSource extends Common {
  kind: 'view';
  /** In order of priority: where two hold the same, the first wins. */
  from: string[];
  filters: Filters;
  /** Whether what breaks more is refused, and the other sources whose packages count as there. */
  strict: false | { with: string[] };
}

/** A source that offers a chosen revision of another. */
export interface StageSource extends Common {
  kind: 'stage';
  follows: string;
  /** What it offers before it is first moved: a revision, a snapshot or a time. */
  at: string | undefined;
  fetch: boolean;
}

/** A source that has the packages which were put into it: one by one, from any others. */
export interface CustomSource extends Common {
  kind: 'custom';
  /** The mirrored sources that its packages come from. */
  from: readonly string[];
  fetch: boolean;
}

export type Source = MirroredSource | ViewSource | StageSource | CustomSource;
