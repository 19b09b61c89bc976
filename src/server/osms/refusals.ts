import type { Context } from 'koa';
import { AppError, diskError, explain } from '../../base/errors.ts';
import type { OsmsDoor } from './door.ts';
import { aboutTarget, type Progressed } from './engine.ts';
import { answerOf } from './errors.ts';
import { hasBody } from './request-body.ts';

/** Answers errors as OCI does, and says so in the log and in the audit. */
export function createRefusals({ log, identity }: Pick<OsmsDoor, 'log' | 'identity'>) {
  return (ctx: Context, caught: unknown, known: Progressed): void => {
    const error = diskError(caught, 'answering');
    const { status, code, message } = answerOf(error);
    const about = { operation: known.operation?.id, actor: known.caller?.actor, code };
    if (status === 500) log.error({ err: error, ...about }, 'operation failed');
    else if (status !== 404) log.warn({ ...about, reason: explain(error) }, 'operation refused');
    ctx.status = status;
    const { retryAfter, why, reason, claimed } = (error instanceof AppError && error.detail) || {};
    if (typeof retryAfter === 'number') ctx.set('Retry-After', String(Math.ceil(retryAfter)));
    else if (status === 503) ctx.set('Retry-After', '60');
    if (status === 401) ctx.set('WWW-Authenticate', 'Signature version="1", Bearer');
    // What is left of a request is not waited for.
    if (!ctx.req.complete && hasBody(ctx.req)) ctx.set('Connection', 'close');
    ctx.type = 'application/json';
    ctx.body = JSON.stringify({ code, message });
    note();

    /** Every refusal, and every change that did not come about. */
    function note(): void {
      const { caller, operation, target } = known;
      const isRefused = status === 401 || status === 429 || (status === 404 && why !== undefined);
      const changes = operation !== undefined && operation.method !== 'GET';
      if (!isRefused && !changes) return;
      const asked = operation?.id ?? `${ctx.method} ${ctx.path.slice(0, 100)}`;
      identity.audit.note({
        actor: caller?.actor ?? 'anyone',
        event: isRefused || !operation ? 'api.refused' : `api.${operation.id}`,
        result: `${status} ${code}`,
        detail: isRefused ? `${asked}: ${why ?? reason ?? message}` : message,
        ...(typeof claimed === 'string' ? { subject: claimed } : aboutTarget(target)),
      });
    }
  };
}
