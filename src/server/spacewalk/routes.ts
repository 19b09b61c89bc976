import Router from '@koa/router';
import type { Context } from 'koa';
import { AppError, diskError, explain } from '../../base/errors.ts';
import { refusalOf } from '../../fleet/refusals.ts';
import { type Call, createCall, type Methods } from './call.ts';
import { serverCapabilities } from './capabilities.ts';
import type { SpacewalkDoor } from './door.ts';
import { download, downloadPath } from './downloads.ts';
import { faultOf, faulty, isInternal } from './faults.ts';
import { apiMethods } from './methods/api.ts';
import { courtesyMethods } from './methods/courtesies.ts';
import { errataMethods } from './methods/errata.ts';
import { profileMethods } from './methods/profile.ts';
import { queueMethods } from './methods/queue.ts';
import { registrationMethods } from './methods/registration.ts';
import { up2dateMethods } from './methods/up2date.ts';
import { createBodyReader } from './request-body.ts';
import { type CallParams, readCall } from './xmlrpc-decode.ts';
import { encodeFault, encodeResult } from './xmlrpc-encode.ts';

const clientMethods: Methods = {
  ...courtesyMethods,
  ...registrationMethods,
  ...profileMethods,
  ...up2dateMethods,
  ...queueMethods,
  ...errataMethods,
};

/** `/XMLRPC`, `/XMLRPC/GET-REQ/…` and `/rpc/api`: the protocol of the clients of Spacewalk and of what came after it. */
export function spacewalkRoutes(door: SpacewalkDoor): Router {
  const router = new Router();
  const withBody = createBodyReader();
  const api = apiMethods();
  router.post(/^\/XMLRPC\/?$/, (ctx) => answer(ctx, clientMethods));
  router.post('/rpc/api', (ctx) => answer(ctx, api));
  router.get(downloadPath, (ctx) => download(door, ctx));

  /** Answers a call: 200, also with a fault; 400 where there is no call to answer. Request bodies are never logged. */
  async function answer(ctx: Context, methods: Methods): Promise<void> {
    ctx.set('X-RHN-Server-Capability', serverCapabilities);
    ctx.set('Cache-Control', 'no-store');
    ctx.set('Content-Type', 'text/xml');
    ctx.status = 200;
    // With a length: clients cannot read a long answer in chunks over TLS.
    ctx.body = Buffer.from(await resultOf(ctx, methods));
  }

  async function resultOf(ctx: Context, methods: Methods): Promise<string> {
    let method = '';
    let call: Call | undefined;
    try {
      return await withBody(ctx.req, async (text) => {
        if (text.trim() === '') throw unreadable('the request has no body');
        const read = readCall(text);
        ({ method } = read);
        const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
        if (!handler) throw faulty(-1, 'there is no such method');
        call = createCall(door, ctx, read.params);
        return encodeResult(await handler(call, door).catch(cutOff(read.params)));
      });
    } catch (error) {
      return refuse(ctx, diskError(error, 'answering'), { method, call });
    }
  }

  async function refuse(
    ctx: Context,
    error: unknown,
    { method, call }: { method: string; call: Call | undefined },
  ): Promise<string> {
    const { code, text } = faultOf(error);
    const address = door.clientAddress(ctx);
    const logged = { method: method.slice(0, 100), client: address, code };
    if (isInternal(error)) door.log.error({ err: error, ...logged }, 'call failed');
    else door.log.warn({ ...logged, reason: explain(error) }, 'call refused');
    if (error instanceof AppError && error.detail?.status === 400) ctx.status = 400;
    // What is left of the request is not waited for.
    if (error instanceof AppError && error.kind === 'limit') ctx.set('Connection', 'close');
    const reason = refusalOf(error);
    if (call && reason && guesses.has(reason)) {
      const identity = call.identity();
      const about = { subject: identity, address, detail: `${method}: ${reason}` };
      door.audit.note({ actor: 'anyone', event: 'refused', ...about });
      await door.slowDown.failed(address, identity);
    }
    return encodeFault(code, text);
  }

  return router;
}

/** What ends where it was cut is not malformed, but more than may be sent without showing who sends it. */
const cutOff = (params: CallParams) => (error: unknown) => {
  const isEnd = error instanceof AppError && error.kind === 'invalid' && params.isCut();
  throw isEnd ? new AppError('limit', 'the request is larger than this server accepts') : error;
};

const unreadable = (message: string) =>
  new AppError('invalid', message, { detail: { status: 400 } });

/** Refusals of who tries what they do not know: each waits longer than the one before. */
const guesses: ReadonlySet<string> = new Set(['systemid', 'login', 'key_unknown', 'key_used_up']);
