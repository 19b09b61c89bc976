import type { Config } from './config.ts';
import { print, shownTime, table } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';
import { whenOf } from './values.ts';

export interface TokenFlags {
  user: string;
  name: string;
  expires: string;
  scope?: string[];
  json: boolean;
}

/** Makes a bearer token. Standard output has nothing but the token, for scripts. */
export async function createToken(config: Config, flags: TokenFlags): Promise<void> {
  const { user, name, scope: scopes = [], json } = flags;
  const expiresAt = whenOf(flags.expires, 'ahead', '--expires');
  const about = { user, name, scopes, expiresAt };
  const { token } = await withOperations(config, (o) =>
    o.createBearerToken({ ...about, by: userName() }),
  );
  print(json, { ...about, token }, () => token);
  if (json) return;
  process.stderr.write(
    `The token ${name} is shown only now. Scripts send it as  Authorization: Bearer TOKEN\n`,
  );
}

export async function listTokens(
  config: Config,
  { user, json }: { user?: string; json: boolean },
): Promise<void> {
  const tokens = await withOperations(config, (o) => o.listBearerTokens(user ?? null));
  print(json, tokens, () => {
    if (tokens.length === 0) return 'there are no tokens';
    const now = new Date().toISOString();
    const rows = tokens.map((t) => [
      ...[t.user, t.name, t.expiresAt > now ? 'active' : 'expired'],
      ...[shownTime(t.createdAt), shownTime(t.expiresAt), t.scopes.join(', ') || 'all'],
    ]);
    return table([['USER', 'NAME', 'STATE', 'CREATED', 'EXPIRES', 'SCOPES'], ...rows]);
  });
}

export async function revokeToken(
  config: Config,
  name: string,
  { user, json }: { user: string; json: boolean },
): Promise<void> {
  await withOperations(config, (o) => o.revokeBearerToken(user, name, { by: userName() }));
  print(json, { revoked: name, user }, () => `the token ${name} of ${user} is good no more`);
}

export async function rotateTokenKey(config: Config, json: boolean): Promise<void> {
  const { lifetime } = await withOperations(config, (o) => o.rotateTokenKey());
  const minutes = Math.round(lifetime / 60_000);
  print(
    json,
    { lifetime },
    () =>
      `A new key signs tokens from now on. Those that are out stay good for ${minutes} minutes at most.`,
  );
}
