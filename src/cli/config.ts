import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import proxyaddr from 'proxy-addr';
import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { fillIn } from '../base/fill-in.ts';
import type { Limits } from '../base/limits.ts';
import { type Source, type SourceDefinition, sourceSchema } from '../base/source.ts';
import { durationSchema } from '../base/source-values.ts';
import { bytes, milliseconds } from '../base/units.ts';
import type { GivenKey } from '../channels/signing/given.ts';
import type { DefaultSources } from '../fleet/attaching.ts';
import type { TlsSettings } from '../server/tls/material.ts';
import { type ApiSettings, apiSchema, readApi } from './api-section.ts';
import {
  defaultsSchema,
  type FleetSettings,
  fleetSchema,
  readDefaults,
  readFleet,
} from './fleet-section.ts';
import { limitsSchema, readLimits } from './limits-section.ts';
import {
  type NotificationSettings,
  notificationsSchema,
  readNotifications,
} from './notifications-section.ts';
import { readYaml } from './read-yaml.ts';
import { readSigning, signingSchema } from './signing-section.ts';
import { readSpace, type Space, spaceSchema } from './space-section.ts';
import { ownUrl, readTls, tlsSchema } from './tls-section.ts';

/** The configuration that is used where no other is named. */
export const defaultConfigFile = fileURLToPath(
  new URL('../../config/headwater.yaml', import.meta.url),
);

const hostPort = z
  .string()
  .refine(
    (s) => /^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/.test(s) && Number(s.split(':').at(-1)) < 65_536,
    'host:port, such as 127.0.0.1:8080',
  );
const proxySchema = z
  .string()
  .refine(isProxy, 'an address, a network such as 10.0.0.0/8, or loopback, linklocal, uniquelocal');
const sizeSchema = z.string().refine((s) => bytes(s) !== undefined, 'a size such as 500MB or 2GiB');

const configSchema = z.strictObject({
  listen: hostPort.optional(),
  public_url: z
    .string()
    .regex(/^https?:\/\/[^/\s]+/, 'an address that starts with http:// or https://')
    .optional(),
  data: z.string().min(1).optional(),
  trusted_proxies: z.array(proxySchema).optional(),
  metrics: z
    .strictObject({
      /** Who may read `/metrics`. */
      allow: z.array(proxySchema).optional(),
    })
    .optional(),
  tls: tlsSchema(hostPort).optional(),
  log_level: z.enum(['debug', 'info', 'warn', 'error']).optional(),
  /** Free space in the data folder below which nothing new is fetched. */
  min_free: sizeSchema.optional(),
  channels: z
    .strictObject({
      /** Who may read: whoever reaches the server, or instances what they have attached. */
      access: z.enum(['open', 'registered']).optional(),
      /** How long files of superseded revisions stay readable. */
      grace: durationSchema.optional(),
    })
    .optional(),
  fleet: fleetSchema.optional(),
  defaults: defaultsSchema.optional(),
  notifications: notificationsSchema.optional(),
  signing: signingSchema.optional(),
  api: apiSchema.optional(),
  space: spaceSchema.optional(),
  limits: limitsSchema.optional(),
  sources: z.array(sourceSchema).superRefine(refuseTwice).optional(),
});

/** The configuration with every default filled in and every path absolute. */
export interface Config {
  file: string;
  listen: { host: string; port: number };
  /** HTTPS; undefined where it is not spoken. */
  tls: TlsSettings | undefined;
  publicUrl: string;
  data: string;
  trustedProxies: string[];
  /** Addresses and networks that may read `/metrics`. */
  metricsAllow: string[];
  /** Whether the file names them. */
  metricsNamed: boolean;
  logLevel: string;
  minFree: number;
  graceMs: number;
  access: 'open' | 'registered';
  fleet: FleetSettings;
  /** What instances get that register. */
  defaults: DefaultSources[];
  /** Private keys to sign with; empty where the server makes its own. */
  signing: GivenKey[];
  notifications: NotificationSettings;
  space: Space;
  api: ApiSettings;
  limits: Limits;
  sources: Source[];
}

export interface ConfigOverrides {
  config?: string | undefined;
  data?: string | undefined;
  listen?: string | undefined;
}

/**
 * Reads the configuration: the file named by `--config` or HEADWATER_CONFIG or the default one; then HEADWATER_LISTEN and
 * HEADWATER_DATA; then `--listen` and `--data`. Throws AppError 'config' that names the file, the line, what was found
 * there and what is allowed.
 */
export function loadConfig(overrides: ConfigOverrides, env: NodeJS.ProcessEnv): Config {
  const file = resolve(overrides.config ?? (env.HEADWATER_CONFIG || defaultConfigFile));
  const folder = dirname(file);
  const written = readYaml(file, configSchema);
  const listen = checkListen(
    overrides.listen ?? (env.HEADWATER_LISTEN || written.listen) ?? '127.0.0.1:8080',
  );
  const outside = overrides.data ?? (env.HEADWATER_DATA || undefined);
  const data = outside ? resolve(outside) : resolve(folder, written.data ?? './data');
  const tls = readTls(written.tls, { folder, listen, address: checkListen });
  const sources = (written.sources ?? []).map((s) => fillIn(s, folder, 'file'));
  return {
    file,
    listen,
    tls,
    publicUrl: (written.public_url ?? ownUrl({ listen, tls })).replace(/\/+$/, ''),
    data,
    trustedProxies: written.trusted_proxies ?? [],
    metricsAllow: written.metrics?.allow ?? ['loopback'],
    metricsNamed: written.metrics?.allow !== undefined,
    logLevel: written.log_level ?? 'info',
    minFree: bytes(written.min_free ?? '1GB')!,
    graceMs: milliseconds(written.channels?.grace ?? '2d')!,
    access: written.channels?.access ?? 'open',
    fleet: readFleet(written.fleet ?? {}),
    defaults: readDefaults(written.defaults ?? []),
    notifications: readNotifications(written.notifications ?? {}),
    signing: readSigning(written.signing, folder),
    space: readSpace(written.space ?? {}),
    api: readApi(written.api ?? {}),
    limits: readLimits(written.limits ?? {}),
    sources,
  };
}

function checkListen(text: string): Config['listen'] {
  const match = /^(.*):(\d{1,5})$/.exec(text);
  if (!hostPort.safeParse(text).success) {
    throw new AppError(
      'config',
      `listen: found ${JSON.stringify(text)}, allowed is host:port, such as 127.0.0.1:8080`,
    );
  }
  return { host: match![1]!.replace(/^\[|\]$/g, ''), port: Number(match![2]) };
}

function refuseTwice(sources: SourceDefinition[], ctx: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [i, { label, custom }] of sources.entries()) {
    if (custom)
      ctx.addIssue({
        code: 'custom',
        path: [i, 'custom'],
        message: 'no such key here: custom sources are made by command or over the API',
      });
    if (seen.has(label))
      ctx.addIssue({ code: 'custom', path: [i, 'label'], message: 'each label once' });
    seen.add(label);
  }
}

function isProxy(address: string): boolean {
  try {
    proxyaddr.compile([address]);
    return true;
  } catch {
    return false;
  }
}
