import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Context } from 'koa';
import { AppError } from '../base/errors.ts';
import { channelName } from '../channels/channels.ts';
import { refusalOf } from '../fleet/refusals.ts';
import type { LoginToken } from '../fleet/tokens.ts';
import type { Asker } from './asker.ts';

/** What of an instance its access depends on. */
export interface Caller {
  id: number;
  osRelease: string;
  arch: string;
  groups: readonly string[];
}

/** What this door asks of the fleet. */
export interface AccessDeps<I extends Caller> {
  /** Whether channels are for those alone that have them attached. */
  isRegistered(): boolean;
  asker(request: Context['req']): Asker;
  tokens: { verify(token: Partial<LoginToken>): Promise<I> };
  instances: {
    byPassword(id: number, password: string): Promise<I | undefined>;
    byCertificate(sha256: Buffer): Promise<I | undefined>;
    /** Notes a check-in. */
    seen(instance: I, about: { address: string }): void;
  };
  channels: {
    list(instance: I): Promise<{ label: string; name: string; parent: string | undefined }[]>;
    /** The channel that an instance reads under a label, or at one of its revisions; undefined where it may not. */
    served(instance: I, label: string, spec?: string): Promise<string | undefined>;
  };
  slowDown: {
    failed(address: string, identity: string): Promise<void>;
    succeeded(address: string, identity: string): void;
  };
  audit: {
    note(entry: {
      actor: string;
      event: string;
      instance?: number;
      subject?: string;
      address?: string;
      detail?: string;
    }): void;
  };
}

export type Access = ReturnType<typeof createAccess<Caller>>;

/** How an instance showed who it is. */
type Way = 'certificate' | 'token' | 'password';

/** An instance that has shown who it is. With a password it has it from here, and keeps it itself. */
export interface Authenticated<I extends Caller = Caller> {
  instance: I;
  way: Way;
  /** The password that it sent, if that is how. */
  password?: string;
}

/** A channel as an instance sees it. */
export interface OfferedChannel {
  label: string;
  name: string;
  parent: string | undefined;
  /** What it reads under that label: a label, or a label with `@` and a revision, snapshot or time. */
  channel: string;
}

/** Which instance asks, and what it may read. No rule is its own: tokens, instances and channel lists have them. */
export function createAccess<I extends Caller>(deps: AccessDeps<I>) {
  const known = new WeakMap<Context['req'], Promise<Authenticated<I> | undefined>>();

  async function identify(ctx: Context): Promise<Authenticated<I> | undefined> {
    const byCertificate = await certified(ctx);
    if (byCertificate) return byCertificate;
    const token = tokenOf(ctx);
    const basic = basicOf(ctx);
    if (basic) {
      const instance = await deps.instances.byPassword(basic.id, basic.password);
      if (instance) return success(ctx, { instance, way: 'password', password: basic.password });
    }
    let reason = basic ? 'password' : 'nothing that is known';
    if (token) {
      try {
        return success(ctx, { instance: await deps.tokens.verify(token), way: 'token' });
      } catch (error) {
        reason = refusalOf(error) ?? reason;
        if (!reason.startsWith('token_')) throw error;
        // Every one expires: alone it is no attempt at anything.
        if (reason === 'token_expired' && !basic) return undefined;
      }
    }
    if (token || basic || ctx.get('Authorization')) {
      await failure(ctx, String(basic?.id ?? token?.serverId ?? '').trim(), reason);
    }
    return undefined;
  }

  async function certified(ctx: Context): Promise<Authenticated<I> | undefined> {
    const socket = ctx.req.socket as Partial<TLSSocket>;
    // One that no authority of ours vouches for says nothing.
    if (!socket.encrypted || !socket.authorized) return undefined;
    const raw = socket.getPeerX509Certificate?.()?.raw;
    if (!raw) return undefined;
    const instance = await deps.instances.byCertificate(createHash('sha256').update(raw).digest());
    return instance && { instance, way: 'certificate' };
  }

  function success(ctx: Context, found: Authenticated<I>): Authenticated<I> {
    deps.slowDown.succeeded(deps.asker(ctx.req).address, identityOf(String(found.instance.id)));
    return found;
  }

  async function failure(ctx: Context, claimed: string, detail: string): Promise<void> {
    const { address } = deps.asker(ctx.req);
    const subject = claimed.slice(0, 20) || 'unknown';
    deps.audit.note({ actor: 'anyone', event: 'access.refused', subject, address, detail });
    await deps.slowDown.failed(address, identityOf(subject));
  }

  /** Who asks, once for each request; undefined for anybody. A failure has been audited, and has taken its time. */
  function authenticated(ctx: Context): Promise<Authenticated<I> | undefined> {
    let found = known.get(ctx.req);
    if (!found) {
      found = identify(ctx);
      known.set(ctx.req, found);
    }
    return found;
  }

  /** Who asks. Throws AppError 'unauthenticated', and asks for a password, where that is nobody known. */
  async function required(ctx: Context): Promise<Authenticated<I>> {
    const found = await authenticated(ctx);
    if (found) return found;
    ctx.set('WWW-Authenticate', challenge);
    throw new AppError('unauthenticated', 'this is for registered instances');
  }

  return {
    isRegistered: deps.isRegistered,

    /** The instance that asks; undefined for anybody. */
    async caller(ctx: Context): Promise<I | undefined> {
      return (await authenticated(ctx))?.instance;
    },

    authenticated,
    required,

    /** Whether somebody says who they are, be it true or not. */
    claims: (ctx: Context): boolean => !!tokenOf(ctx) || ctx.get('Authorization') !== '',

    /** The channels of an instance, each with the one that it reads under that label. */
    async offered(instance: I): Promise<OfferedChannel[]> {
      const offered: OfferedChannel[] = [];
      for (const { label, name, parent } of await deps.channels.list(instance)) {
        const channel = await deps.channels.served(instance, label);
        if (channel !== undefined) offered.push({ label, name, parent, channel });
      }
      return offered;
    },

    /**
     * The channel that an instance reads under a name, which is a label or a label with `@` and a revision, snapshot or time;
     * undefined where it may not, be it there or not.
     */
    async served(ctx: Context, instance: I, name: string): Promise<string | undefined> {
      const { label, spec } = channelName(name);
      const channel = await deps.channels.served(instance, label, spec);
      const { address } = deps.asker(ctx.req);
      if (channel === undefined) {
        const actor = `instance:${instance.id}`;
        const about = { instance: instance.id, subject: name.slice(0, 200), address };
        deps.audit.note({ actor, event: 'channel.refused', ...about });
      } else if (ctx.path.endsWith('/repodata/repomd.xml')) {
        // Machines without the plugin check in by this alone.
        deps.instances.seen(instance, { address });
      }
      return channel;
    },
  };
}

const identityOf = (id: string) => `instance:${id}`;
const challenge = 'Basic realm="Headwater", charset="UTF-8"';

/** The login token in a request's headers, or what there is of one. */
export function tokenOf(ctx: Context): Partial<LoginToken> | undefined {
  const token: Partial<LoginToken> = {};
  for (const [part, name] of Object.entries(tokenHeaders) as [keyof LoginToken, string][]) {
    const value = ctx.get(name);
    if (value) token[part] = value;
  }
  return Object.keys(token).length > 0 ? token : undefined;
}

const tokenHeaders: Record<keyof LoginToken, string> = {
  serverId: 'X-RHN-Server-Id',
  userId: 'X-RHN-Auth-User-Id',
  auth: 'X-RHN-Auth',
  serverTime: 'X-RHN-Auth-Server-Time',
  expireOffset: 'X-RHN-Auth-Expire-Offset',
};

/** Names of headers that answers under `registered` depend on. */
export const credentialHeaders: readonly string[] = ['Authorization', tokenHeaders.auth];

/** An instance's id and password (RFC 7617). */
function basicOf(ctx: Context): { id: number; password: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]{1,2000})$/i.exec(ctx.get('Authorization')) ?? [];
  if (!encoded) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const [, id, password] = /^(?:ID-)?0*([1-9]\d{0,14}):(.+)$/s.exec(text) ?? [];
  return id && password ? { id: Number(id), password } : undefined;
}
