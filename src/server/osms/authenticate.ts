import type { KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../../identity/caller.ts';
import type { Asker } from '../asker.ts';
import { requireOwnOrigin } from '../origin.ts';
import { sessionSecretOf } from '../session-cookie.ts';
import { readSignature } from './signature.ts';
import { unauthenticated } from './unauthenticated.ts';

/** What this door asks of identity. */
export interface AuthenticateDeps {
  ocids: { of(type: 'tenancy', id: number): string };
  /** The name of a user by OCID. */
  users: { byOcid(ocid: string): string | undefined };
  apiKeys: { find(user: string, fingerprint: string): KeyObject | undefined };
  tokens: { read(secret: string): Caller | undefined };
  sessions: { read(secret: string): Caller | undefined };
}

export interface AuthenticRequest {
  method: string;
  /** As on the wire, with its query. */
  url: string;
  headers: IncomingHttpHeaders;
  rawHeaders: readonly string[];
  /** Reads the body. Called only of who signed the headers. */
  body(): Promise<Buffer>;
  asker: Asker;
}

/**
 * Says who sends a request of the API: a signature, a bearer token, or a browser's session. Throws AppError
 * 'unauthenticated', with the reason in `detail.reason` and whom they claim to be in `detail.claimed`, and what reading the body throws.
 */
export function createAuthenticate(deps: AuthenticateDeps) {
  const tenancy = deps.ocids.of('tenancy', 1);

  async function bySignature(request: AuthenticRequest): Promise<Caller> {
    const signature = readSignature({ ...request, host: request.asker.host });
    const { keyId } = signature;
    const [ofTenancy, user = '', fingerprint = '', more] = keyId.split('/');
    const known = ofTenancy === tenancy && more === undefined;
    const name = known ? deps.users.byOcid(user) : undefined;
    const key = name === undefined ? undefined : deps.apiKeys.find(name, fingerprint);
    // Which of them is wrong is not for everybody to know.
    if (name === undefined || !key || !signature.isBy(key)) {
      throw unauthenticated('key', 'the key is unknown, or the signature is not by it', keyId);
    }
    if (signature.coversBody && !signature.isOf(await request.body())) {
      throw unauthenticated('body', 'the body is not the one that was signed', `user:${name}`);
    }
    return { kind: 'user', name, actor: `user:${name}`, by: 'signature', scopes: undefined };
  }

  function bySession(request: AuthenticRequest): Caller {
    const secret = sessionSecretOf(request.headers);
    if (secret === undefined) {
      throw unauthenticated('nothing', 'this needs a signature, a bearer token, or a session');
    }
    requireOwnOrigin(request);
    const caller = deps.sessions.read(secret);
    if (caller) return caller;
    throw unauthenticated('session', 'the session is over, or never was one');
  }

  return async function authenticate(request: AuthenticRequest): Promise<Caller> {
    const said = request.headers.authorization;
    if (said === undefined) return bySession(request);
    if (request.rawHeaders.filter(isAuthorization).length > 1) {
      throw unauthenticated('coverage', 'the header authorization came twice');
    }
    const [, scheme = '', rest = ''] = /^(\S+) +(.*)$/.exec(said) ?? [];
    if (scheme === 'Signature') return bySignature(request);
    if (!/^bearer$/i.test(scheme)) {
      throw unauthenticated('nothing', 'this needs a signature or a bearer token');
    }
    const caller = deps.tokens.read(rest.trim());
    if (caller) return caller;
    throw unauthenticated('token', 'the token is unknown or over');
  };
}

const isAuthorization = (text: string, i: number): boolean =>
  i % 2 === 0 && text.toLowerCase() === 'authorization';
