import { readFile } from 'node:fs/promises';
import Router from '@koa/router';
import type { Context } from 'koa';
import { AppError } from '../base/errors.ts';

export interface PubDoor {
  /** How clients reach this server, for the one who asks. */
  publicUrl(ctx: Context): string;
  /** The authority of this server's certificate, as PEM, if clients are to be given it. */
  trustedCertificate(): string | undefined;
}

/** What goes into single quotes of a shell as it stands. */
const safeUrl = /^https?:\/\/[A-Za-z0-9.:[\]_~%/-]+$/;
const safePem = /^[A-Za-z0-9+/=\s-]*$/;

/**
 * `/pub/bootstrap.sh` and `/pub/osms`: programs for machines that are to be registered, with this server's URL filled in.
 * Whoever trusts how they came trusts the certificate that the first has in it, too.
 */
export function pubRoutes(door: PubDoor): Router {
  const router = new Router();
  for (const [path, file] of [
    ['/pub/bootstrap.sh', 'bootstrap.sh'],
    ['/pub/osms', 'osms'],
  ] as const) {
    const template = readFile(new URL(`../../client/${file}`, import.meta.url), 'utf8');
    // Told to whoever asks for it.
    template.catch(() => {});
    router.get(path, async (ctx) => {
      const server = door.publicUrl(ctx).replace(/\/+$/, '');
      const ca = door.trustedCertificate()?.trim() ?? '';
      if (!safeUrl.test(server) || !safePem.test(ca))
        throw new AppError('usage', 'this server’s URL cannot be written into a script');
      ctx.set('Cache-Control', 'no-cache');
      ctx.vary('Host');
      ctx.type = 'text/x-shellscript';
      ctx.body = (await template).replace("'@SERVER@'", `'${server}'`).replace("'@CA@'", `'${ca}'`);
    });
  }
  return router;
}
