import { z } from 'zod';
import { updateKinds } from '../base/update-kinds.ts';
import type { XmlRpcValue } from '../base/xmlrpc-value.ts';
import {
  type ModuleChange,
  moduleChangeSchema,
  moduleScript,
  moduleTimeout,
} from './module-script.ts';

/** A package as an administrator names it. Either no version and release, or both and the architecture with them. */
export type NamedPackage = z.output<typeof packageSchema>;

/** What a kind of action is about. */
export interface ActionKind {
  /** The method that clients know it by. */
  method: string;
  /** What the administrator gives. */
  schema: z.ZodType;
  /** The positional parameters that the client gets, of what fits the schema. */
  call(params: never, handing: Handing): XmlRpcValue[];
  /** The capability without which a client cannot do it; only where not every client has it. */
  needs?: string;
  /** Whether clients may fetch what it takes before it is due. */
  staged?: boolean;
}

/** What is known only when an action is handed out. */
export interface Handing {
  id: number;
  now: Date;
  /** The numbers of the advisories. */
  numbers: number[];
}

const mostPackages = 5000;
const mostScript = 256 * 1024;
/** A day, in seconds. */
const mostTimeout = 86_400;

const field = (name: string, pattern: RegExp) =>
  z.string().max(255).regex(pattern, `is no ${name} of a package`);

const bare = z.strictObject({
  name: field('name', /^[A-Za-z0-9_+.(][^\s\p{Cc}<>&]*$/u),
  epoch: field('epoch', /^\d{0,10}$/).default(''),
  version: field('version', /^[^\s\p{Cc}<>&:-]*$/u).default(''),
  release: field('release', /^[^\s\p{Cc}<>&:-]*$/u).default(''),
  arch: field('architecture', /^[A-Za-z0-9_]*$/).default(''),
});

const packageSchema = bare.refine(
  ({ epoch, version, release, arch }) =>
    version === '' ? release === '' && epoch === '' : release !== '' && arch !== '',
  { error: 'a version needs a release and an architecture with it: name-version-release.arch' },
);

const wholePackage = packageSchema.refine((p) => p.version !== '', {
  error: 'the whole name is needed: name-version-release.arch',
});

const listOf = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(mostPackages);

const packages = z.strictObject({ packages: listOf(packageSchema) });
const wholePackages = z.strictObject({ packages: listOf(wholePackage) });
const transaction = z
  .strictObject({
    install: z.array(wholePackage).max(mostPackages).default([]),
    erase: z.array(wholePackage).max(mostPackages).default([]),
  })
  .refine((t) => t.install.length + t.erase.length > 0, { error: 'there is nothing in it' });
const advisories = z.strictObject({
  advisories: z
    .array(
      z
        .string()
        .max(255)
        .regex(/^[^\s\p{Cc}]+$/u, 'is no id of an advisory'),
    )
    .min(1)
    .max(500),
});
const nothing = z.strictObject({}).default({});
const account = (what: string) =>
  z.string().regex(/^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,31}\$?$/, `is no name of a ${what}`);
export const scriptSchema = z.strictObject({
  script: z
    .string()
    .refine((text) => Buffer.byteLength(text) <= mostScript, {
      error: `is larger than ${mostScript / 1024} KB`,
    })
    .refine((text) => text.startsWith('#!'), {
      error: 'does not say in its first line what runs it, such as #!/bin/sh',
    })
    .refine((text) => inXml.test(text), {
      error: 'holds control characters that cannot be sent to clients',
    }),
  user: account('user').default('root'),
  group: account('group').default('root'),
  /** Seconds; null for no limit. */
  timeout: z.number().int().min(1).max(mostTimeout).nullable().default(600),
});

const updates = z.strictObject({
  kinds: z.union([z.literal('all'), z.array(z.enum(updateKinds)).min(1)]),
});

/** Characters that XML 1.0 can hold. */
const inXml = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

/**
 * Name, version, release, epoch, architecture: five strings always. Clients have an empty epoch where rpm says 0.
 * Source: the protocol's packages.* actions.
 */
const tuple = ({ name, version, release, epoch, arch }: NamedPackage): string[] => [
  name,
  version,
  release,
  Number(epoch) === 0 ? '' : epoch,
  arch,
];

const tuples = (p: { packages: NamedPackage[] }): XmlRpcValue[] => [p.packages.map(tuple)];

function scriptCall(p: z.output<typeof scriptSchema>, { id, now }: Handing): XmlRpcValue[] {
  return [
    id,
    {
      username: p.user,
      groupname: p.group,
      timeout: p.timeout ?? '',
      script: p.script,
      now: now.toISOString().slice(0, 19).replace('T', ' '),
    },
  ];
}

const withNothing = { schema: nothing, call: () => [] };

/** All kinds, by the names that are kept. */
export const actionKinds = {
  'packages.update': { method: 'packages.update', schema: packages, call: tuples, staged: true },
  // Clients have no method of that name: theirs for updates installs what is not there.
  'packages.install': { method: 'packages.update', schema: packages, call: tuples, staged: true },
  'packages.remove': { method: 'packages.remove', schema: packages, call: tuples },
  'packages.verify': { method: 'packages.verify', schema: wholePackages, call: tuples },
  'packages.runTransaction': {
    method: 'packages.runTransaction',
    schema: transaction,
    call: ({ install, erase }: z.output<typeof transaction>) => [
      {
        packages: [...erase.map((p) => [tuple(p), 'e']), ...install.map((p) => [tuple(p), 'i'])],
      },
    ],
    staged: true,
  },
  'packages.fullUpdate': { method: 'packages.fullUpdate', ...withNothing, staged: true },
  'packages.refresh_list': { method: 'packages.refresh_list', ...withNothing },
  'errata.update': {
    method: 'errata.update',
    schema: advisories,
    call: (_: z.output<typeof advisories>, { numbers }: Handing) => [numbers],
    staged: true,
  },
  'hardware.refresh_list': { method: 'hardware.refresh_list', ...withNothing },
  // What that is comes to be known when it is handed out.
  'updates.install': { method: 'packages.update', schema: updates, call: tuples, staged: true },
  'script.run': {
    method: 'script.run',
    schema: scriptSchema,
    call: scriptCall,
    needs: 'script.run',
  },
  'modules.change': {
    method: 'script.run',
    schema: moduleChangeSchema,
    call: (change: ModuleChange, handing: Handing) =>
      scriptCall(
        { script: moduleScript(change), user: 'root', group: 'root', timeout: moduleTimeout },
        handing,
      ),
    needs: 'script.run',
  },
  'reboot.reboot': { method: 'reboot.reboot', ...withNothing },
} as const satisfies Record<string, ActionKind>;

export type ActionKindName = keyof typeof actionKinds;

/** Undefined where there is no such kind. */
export function actionKind(name: string): ActionKind | undefined {
  return Object.hasOwn(actionKinds, name) ? actionKinds[name as ActionKindName] : undefined;
}
