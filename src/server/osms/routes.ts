import Router from '@koa/router';
import type { OsmsDoor } from './door.ts';
import { createEngine } from './engine.ts';
import { apiRoot } from './names.ts';
import { openApiOf } from './openapi.ts';
import { operationsOf } from './table.ts';

/** The OS Management API, below /20190801. */
export function osmsRoutes(door: OsmsDoor, operations = operationsOf(door)): Router {
  const router = new Router();
  const answer = createEngine(door, operations);
  let document: string | undefined;
  // It says nothing of this installation but what it can do.
  router.get(`${apiRoot}/openapi.json`, (ctx) => {
    document ??= JSON.stringify(openApiOf(operations));
    ctx.set('Cache-Control', 'no-cache');
    ctx.type = 'application/json';
    ctx.body = document;
  });
  router.all(new RegExp(`^${apiRoot}(?:/|$)`), answer);
  return router;
}
