import { hash } from 'node:crypto';
import type { Context } from 'koa';
import type { Caller } from '../../identity/caller.ts';
import { currentRequest } from '../../identity/request-context.ts';
import type { OsmsDoor } from './door.ts';
import { apiError, notAuthorizedOrNotFound } from './errors.ts';
import { bodyOf, checked, queryOf } from './input.ts';
import { apiRoot } from './names.ts';
import type { Answer, Call, Operation, Target } from './operation.ts';
import { createRefusals } from './refusals.ts';
import type { Answered } from './retry-tokens.ts';
import { createMatcher } from './routing.ts';
import { mayAsk, targetOf } from './targets.ts';

/** What is known of a request so far: what a refusal can tell of it. */
export interface Progressed {
  caller?: Caller;
  operation?: Operation;
  target?: Target;
  /** What was answered, where it was done. */
  said?: Answer;
}

/**
 * Carries out the operations of a table for whoever asks over HTTP: who is it, what is it about, may they, is it well said;
 * in this order, so that nobody learns of what they may not see.
 */
export function createEngine(door: OsmsDoor, operations: readonly Operation[]) {
  const match = createMatcher(operations);
  const refuse = createRefusals(door);

  /** Whom the request comes from, once its body is here and fits what they signed. */
  async function callerOf(ctx: Context, body: () => Promise<Buffer>): Promise<Caller> {
    const { method, url = '', headers, rawHeaders } = ctx.req;
    const asker = door.asker(ctx.req);
    requireRate(door.rateLimit.address(asker.address));
    const caller = await door.authenticate({
      ...{ method: method ?? '', url, headers, rawHeaders, body, asker },
    });
    const request = currentRequest();
    if (request) request.actor = caller.actor;
    requireRate(door.rateLimit.caller(caller.actor));
    return caller;
  }

  async function carryOut(ctx: Context, known: Progressed): Promise<Answered> {
    const body = once(() => door.readBody(ctx.req));
    const caller = await callerOf(ctx, body);
    known.caller = caller;
    const found = match(ctx.method, ctx.path.slice(apiRoot.length));
    if (!found) throw notAuthorizedOrNotFound('no such path');
    const { operation, params } = found;
    if (!operation) {
      ctx.set('Allow', found.methods.join(', '));
      throw apiError('MethodNotAllowed', `this path has no ${ctx.method}`);
    }
    known.operation = operation;
    const query = queryOf(ctx.req.url ?? '');
    const bytes = operation.method === 'GET' ? Buffer.alloc(0) : await body();
    const sent = operation.body && bodyOf(bytes, ctx.get('Content-Type'));
    const target = await targetOf(door, { operation, params, query, body: sent });
    known.target = target;
    if (!mayAsk(door, { operation, caller, target })) throw notAuthorizedOrNotFound();
    const call: Call = {
      ...{ params, caller, target },
      query: operation.query && checked(operation.query, query),
      body: operation.body && checked(operation.body, sent),
      requestId: currentRequest()?.requestId ?? '',
      may: (wish) => door.identity.may(caller, { operation: operation.id, ...wish }),
      require(wish) {
        if (!this.may(wish)) throw notAuthorizedOrNotFound();
      },
      requireMatch: (etag) => requireMatch(ctx.get('If-Match'), etag),
    };
    const run = async () => {
      const said = await operation.handle(call);
      known.said = said;
      return answered(operation, said);
    };
    const token = operation.method === 'GET' ? '' : ctx.get('Opc-Retry-Token');
    if (token === '') return run();
    const asked = Buffer.concat([Buffer.from(`${ctx.req.url}\n`), bytes]);
    return door.retryTokens.once(
      { caller: caller.actor, operation: operation.id, token },
      { request: hash('sha256', asked, 'buffer'), run },
    );
  }

  return async (ctx: Context): Promise<void> => {
    const known: Progressed = {};
    ctx.set('Cache-Control', 'no-store');
    ctx.set('opc-request-id', currentRequest()?.requestId ?? '');
    try {
      const { status, headers, body, again } = await carryOut(ctx, known);
      ctx.status = status;
      ctx.set(headers);
      // Koa makes an answer without any body a 204.
      ctx.body = body ?? (status === 204 ? null : '');
      if (body !== undefined) ctx.type = 'application/json';
      if (!again) noteChange(ctx, known);
    } catch (error) {
      refuse(ctx, error, known);
    }
  };

  function noteChange(ctx: Context, { caller, operation, target, said }: Progressed): void {
    if (operation?.method === 'GET' || !caller || !operation) return;
    door.identity.audit.note({
      ...{ actor: caller.actor, event: `api.${operation.id}`, result: String(ctx.status) },
      detail: said?.made ? aboutTarget(target).subject : said?.detail,
      ...aboutTarget(said?.made ?? target),
    });
  }
}

/** What the audit says of what a request is about. */
export function aboutTarget(target: Answer['made']): { subject?: string; instance?: number } {
  if (!target || target.kind === 'any') return {};
  if (target.kind === 'instance') return { instance: Number(target.subject) };
  return { subject: `${target.kind.replace(/Of.*/, '')}:${target.subject}` };
}

function answered({ answer }: Operation, said: Answer): Answered {
  const headers: Record<string, string> = {};
  if (said.etag !== undefined) headers.etag = said.etag;
  if (said.nextPage !== undefined) headers['opc-next-page'] = said.nextPage;
  if (said.total !== undefined) headers['opc-total-items'] = String(said.total);
  if (said.workRequest !== undefined) headers['opc-work-request-id'] = said.workRequest;
  if (said.location !== undefined) headers.location = said.location;
  if (said.retryAfter !== undefined) headers['retry-after'] = String(said.retryAfter);
  const { body } = said;
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return { status: answer.status, headers, body: bytes };
}

/** Throws AppError 'conflict' where a request is for another state of a resource. */
function requireMatch(wanted: string, etag: string): void {
  if (wanted === '' || wanted.trim() === '*') return;
  const bare = (tag: string) => tag.trim().replace(/^W\//, '').replaceAll('"', '');
  if (wanted.split(',').some((tag) => bare(tag) === bare(etag))) return;
  throw apiError('NoEtagMatch', 'the resource is not as it was when its etag was read', {
    hint: 'get it again',
  });
}

function requireRate({ ok, retryAfter }: { ok: boolean; retryAfter: number }): void {
  if (!ok) throw apiError('TooManyRequests', 'too many requests', { retryAfter });
}

/** What a function gives the first time, whenever it is called. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
