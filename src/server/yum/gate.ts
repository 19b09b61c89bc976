import type { Context, Next } from 'koa';
import { type Access, credentialHeaders } from '../access.ts';

/**
 * Lets only instances that show who they are past where channels are for those that have them attached, whatever they ask
 * for, before anything is looked up. What it answers is for them alone, in caches, too.
 */
export function gate(access: Access | undefined) {
  return async (ctx: Context, next: Next): Promise<void> => {
    if (!access?.isRegistered() || !guarded.test(ctx.path)) {
      await next();
      return;
    }
    ctx.vary(credentialHeaders as string[]);
    // The page at `/` has something for everybody.
    if (!/^\/+$/.test(ctx.path)) await access.required(ctx);
    await next();
    keepPrivate(ctx);
  };
}

/** All that says which channels there are. The server's own keys are not of any. */
const guarded = /^\/+(?:channels(?:\/|$)|keys(?:\/(?!headwater\.asc$)|$)|$)/;

/** Lets no cache that several share keep an answer. */
export function keepPrivate(ctx: Context): void {
  const said = String(ctx.response.get('Cache-Control') ?? '');
  const rest = said.replace(/\bpublic\b,?\s*/, '');
  if (!/\b(private|no-store)\b/.test(said)) {
    ctx.set('Cache-Control', rest ? `private, ${rest}` : 'private, no-cache');
  }
}
