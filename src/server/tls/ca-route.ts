import type Router from '@koa/router';
import { noSuch } from '../yum/channel-files.ts';

/** Where Spacewalk clients and their scripts look for it. */
export const caPath = '/pub/RHN-ORG-TRUSTED-SSL-CERT';

/** Hands out the certificate of the authority that clients are to trust, as PEM. */
export function addCaRoute(router: Router, trustedCertificate: () => string | undefined): void {
  router.get(caPath, (ctx) => {
    const pem = trustedCertificate();
    if (pem === undefined) throw noSuch('file');
    ctx.set('Cache-Control', 'no-cache');
    ctx.type = 'text/plain';
    ctx.body = pem;
  });
}
