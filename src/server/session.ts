import Router from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import { AppError, explain } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Audit } from '../identity/audit.ts';
import type { Caller } from '../identity/caller.ts';
import type { Asker } from './asker.ts';
import { requireOwnOrigin } from './origin.ts';
import { answerOf } from './osms/errors.ts';
import { createRequestBodies, hasBody } from './osms/request-body.ts';
import { unauthenticated } from './osms/unauthenticated.ts';
import { sessionCookie, sessionSecretOf } from './session-cookie.ts';

export interface SessionDoor {
  log: Log;
  audit: Pick<Audit, 'note'>;
  asker(request: Context['req']): Asker;
  sessions: {
    /** Throws AppError 'unauthenticated'. */
    open(
      user: string,
      password: string,
      address: string,
    ): Promise<{ secret: string; expiresAt: string }>;
    read(secret: string): (Caller & { expiresAt: string }) | undefined;
    close(secret: string): Promise<void>;
  };
  /** How often one address may ask. */
  rateLimit: { address(address: string): { ok: boolean; retryAfter: number } };
}

const loginSchema = z.strictObject({ user: z.string().max(200), password: z.string().max(2000) });
const body = { most: () => 16 * 1024, patience: () => 10_000 };

/**
 * `/session`, for pages of this server: POST logs in, GET says who is, DELETE logs out. A session is a cookie that scripts
 * cannot read and other origins cannot use.
 */
export function sessionRoutes({ asker, sessions, rateLimit, audit, log }: SessionDoor): Router {
  const router = new Router();
  const readBody = createRequestBodies(body);

  router.use('/session', async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store');
    try {
      await next();
    } catch (error) {
      const { status, code, message } = answerOf(error);
      if (status >= 500) throw error;
      log.warn({ code, reason: explain(error) }, 'session refused');
      // Wrong passwords are noted where they are checked.
      const reason = error instanceof AppError ? error.detail?.reason : undefined;
      if (status === 429 || reason === 'origin') {
        const detail = `${ctx.method}: ${reason ?? 'too many requests'}`;
        audit.note({
          actor: 'anyone',
          event: 'session.refused',
          result: `${status} ${code}`,
          detail,
        });
      }
      // What is left of the request is not waited for.
      if (hasBody(ctx.req) && !ctx.req.complete) ctx.set('Connection', 'close');
      ctx.status = status;
      ctx.body = { code, message };
    }
  });

  /** The asker. Throws AppErrors where that is a page of elsewhere, or asks too often. */
  function enter(ctx: Context): Asker {
    const who = asker(ctx.req);
    const { ok, retryAfter } = rateLimit.address(who.address);
    if (!ok) {
      ctx.set('Retry-After', String(retryAfter));
      throw new AppError('limit', 'these are too many requests');
    }
    requireOwnOrigin({ method: ctx.method, headers: ctx.req.headers, asker: who });
    return who;
  }

  router.post('/session', async (ctx) => {
    const who = enter(ctx);
    // A form of elsewhere could not send that without being asked first.
    if (!ctx.is('application/json')) throw new AppError('usage', 'that is no JSON');
    const login = loginSchema.safeParse(parsed(await readBody(ctx.req)));
    if (!login.success)
      throw new AppError('usage', 'user and password are wanted, and nothing else');
    const { user, password } = login.data;
    const before = sessionSecretOf(ctx.req.headers);
    const session = await sessions.open(user, password, who.address);
    if (before !== undefined) await sessions.close(before);
    ctx.set('Set-Cookie', sessionCookie(session, who.secure));
    ctx.body = { user, expiresAt: session.expiresAt };
  });

  router.get('/session', (ctx) => {
    enter(ctx);
    const secret = sessionSecretOf(ctx.req.headers);
    const caller = secret === undefined ? undefined : sessions.read(secret);
    if (!caller) throw unauthenticated('session', 'nobody is logged in');
    ctx.body = { user: caller.name, expiresAt: caller.expiresAt };
  });

  router.delete('/session', async (ctx) => {
    const who = enter(ctx);
    const secret = sessionSecretOf(ctx.req.headers);
    if (secret !== undefined) await sessions.close(secret);
    ctx.set('Set-Cookie', sessionCookie(undefined, who.secure));
    ctx.status = 204;
  });

  return router;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
