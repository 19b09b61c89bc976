import { AsyncResource } from 'node:async_hooks';
import Koa from 'koa';
import { AppError, diskError, type ErrorKind, explain, oneLine } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { inRequest } from '../identity/request-context.ts';
import type { createAsker } from './asker.ts';
import { mayRead } from './metrics/access.ts';
import type { OsmsDoor } from './osms/door.ts';
import { osmsRoutes } from './osms/routes.ts';
import { type PubDoor, pubRoutes } from './pub.ts';
import { requestIdOf } from './request-id.ts';
import { type SessionDoor, sessionRoutes } from './session.ts';
import type { SpacewalkDoor } from './spacewalk/door.ts';
import { spacewalkRoutes } from './spacewalk/routes.ts';
import { addCaRoute } from './tls/ca-route.ts';
import { createChannelFiles } from './yum/channel-files.ts';
import { foundByName, type PackagePath } from './yum/found-by-name.ts';
import { gate } from './yum/gate.ts';
import { type YumDoor, yumRoutes } from './yum/routes.ts';

export interface HttpDeps extends YumDoor, PubDoor {
  /** What the door of the plugin's clients needs besides. */
  spacewalk: Omit<SpacewalkDoor, 'log' | 'files' | 'clientAddress'>;
  /** Browsers' logins. */
  session: Omit<SessionDoor, 'log' | 'asker'>;
  /** The OS Management API. */
  osms: Omit<OsmsDoor, 'log' | 'asker'>;
  log: Log;
  asker: ReturnType<typeof createAsker>;
  /** What `/metrics` answers, by source too or not, and which addresses and networks may read it. */
  packagePath: PackagePath;
  metrics: {
    text(bySource: boolean): Promise<string>;
    contentType: string;
    allow(): readonly string[];
    /** Whether the configuration names who may read it. */
    isNamed(): boolean;
  };
  /** The authority of this server's certificate, as PEM, if clients are to be given it. */
  trustedCertificate(): string | undefined;
  /** Undefined once the server can serve; else what it waits for. */
  notReady(): string | undefined;
}

/** Error kinds as a yum client must see them. */
const statuses: Partial<Record<ErrorKind, number>> = {
  not_found: 404,
  usage: 400,
  unauthenticated: 401,
  forbidden: 403,
  conflict: 409,
  unreachable: 502,
  refused: 502,
  invalid: 502,
  checksum: 502,
  untrusted: 502,
  limit: 502,
  no_space: 503,
  disk: 503,
  cancelled: 503,
  locked: 503,
};

/** The public HTTP server as a Koa application. */
export function createHttp(deps: HttpDeps): Koa {
  const app = new Koa();
  app.use((ctx, next) => {
    const address = deps.asker(ctx.req).address;
    ctx.state.address = address;
    return inRequest({ requestId: requestIdOf(ctx.req), address }, next);
  });
  app.use(async (ctx, next) => {
    const started = performance.now();
    ctx.set('X-Content-Type-Options', 'nosniff');
    const client: string = ctx.state.address;
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined)
        throw new AppError('not_found', 'there is nothing here');
    } catch (error) {
      answerError(diskError(error, 'answering'));
    }
    if (ctx.status >= 400) ctx.set('Cache-Control', 'no-store');
    const about = () => ({
      method: ctx.method,
      path: ctx.path,
      status: ctx.status,
      client,
      agent: ctx.get('User-Agent') || undefined,
      ms: Math.round(performance.now() - started),
    });
    const ended = AsyncResource.bind(() =>
      deps.log.info(about(), ctx.res.writableFinished ? 'request' : 'request broken off'),
    );
    ctx.res.once('close', ended);

    function answerError(error: unknown): void {
      const known = error instanceof AppError ? error : undefined;
      const gone = known?.kind === 'refused' && known.detail?.status === 404;
      const status = gone ? 404 : ((known && statuses[known.kind]) ?? 500);
      if (status === 500) deps.log.error({ err: error, path: ctx.path }, 'request failed');
      else if (status !== 404)
        deps.log.warn({ path: ctx.path, reason: explain(error) }, 'request refused');
      ctx.status = status;
      if (status === 503) ctx.set('Retry-After', '60');
      ctx.type = 'text/plain';
      const said = gone ? 'upstream has no such file' : known?.message;
      ctx.body = `${said && status !== 500 ? oneLine(said) : 'internal error'}\n`;
    }
  });

  app.use(gate(deps.access));
  const files = createChannelFiles(deps);
  const byName = foundByName(files, deps.packagePath);
  const router = yumRoutes(deps, { files, byName });
  addCaRoute(router, deps.trustedCertificate);
  router.get(['/healthz', '/readyz'], (ctx) => {
    const waiting = ctx.path === '/readyz' ? deps.notReady() : undefined;
    ctx.set('Cache-Control', 'no-store');
    ctx.status = waiting ? 503 : 200;
    ctx.type = 'text/plain';
    ctx.body = `${waiting ?? 'ok'}\n`;
  });

  router.get('/metrics', async (ctx) => {
    if (!mayRead(deps.asker(ctx.req), deps.metrics.allow()))
      throw new AppError('not_found', 'there is nothing here');
    ctx.set('Cache-Control', 'no-store');
    ctx.set('Content-Type', deps.metrics.contentType);
    // Which channels there are is not for everybody where they are for instances.
    const bySource = deps.access?.isRegistered() !== true || deps.metrics.isNamed();
    ctx.body = await deps.metrics.text(bySource);
  });

  router.use(pubRoutes(deps).routes());
  router.use(sessionRoutes({ ...deps.session, asker: deps.asker, log: deps.log }).routes());
  const clientAddress = (ctx: Koa.Context) => deps.asker(ctx.req).address;
  const door = { ...deps.spacewalk, log: deps.log, files: byName, clientAddress };
  const instances = spacewalkRoutes(door);
  router.use(instances.routes());
  router.use(osmsRoutes({ ...deps.osms, log: deps.log, asker: deps.asker }).routes());
  app.use(router.routes()).use(router.allowedMethods());
  // A client that hangs up, or bytes that turn out wrong in the middle of an answer: its connection is gone already.
  app.on('error', (error, ctx) =>
    deps.log.warn({ path: ctx?.path, reason: explain(error) }, 'answer broken off'),
  );

  return app;
}
