import {
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { AppError } from '../base/errors.ts';
import type { SessionKey, SessionKeyTable } from '../store/state/session-keys.ts';
import { refused } from './refusals.ts';

/** What a login gives, and what stands in the headers of each download; text that survives as a header's value. */
export interface LoginToken {
  /** The instance's id. */
  serverId: string;
  /** Whose it is; never empty, as some clients cannot send an empty header. */
  userId: string;
  /** Base64 of the MAC. */
  auth: string;
  /** When it was made: seconds since 1970, with a decimal point. */
  serverTime: string;
  /** For how many seconds it is good. */
  expireOffset: string;
}

interface TokensDeps<I> {
  keys: SessionKeyTable;
  instances: {
    get(id: number): Promise<I | undefined>;
    /** SHA-256 of what its systemid holds. */
    credentialHash(id: number): Promise<Buffer | undefined>;
  };
  /** How long a token is good for, in milliseconds. */
  lifetime(): number;
  now?: () => number;
}

export type Tokens<I extends Owned> = ReturnType<typeof createTokens<I>>;

interface Owned {
  id: number;
  owner: string;
}

/** By how much the clock may have been wrong, in milliseconds, before or after a token was made. */
const skew = 300_000;

/**
 * Login tokens, which are verified without any record of them. They are bound to the instance's credential: where the
 * instance is gone, or got another credential, they are good no more.
 */
export function createTokens<I extends Owned>(deps: TokensDeps<I>) {
  const { instances, lifetime, now = Date.now } = deps;
  let known: Promise<readonly Signer[]> | undefined;

  function keys(): Promise<readonly Signer[]> {
    known ??= deps.keys.all().then((all) => (all.length > 0 ? all.map(signerOf) : renewed()));
    known.catch(() => {
      known = undefined;
    });
    return known;
  }

  async function renewed(): Promise<readonly Signer[]> {
    await deps.keys.add({ key: randomBytes(32), createdAt: new Date(now()).toISOString() });
    return (await deps.keys.all()).map(signerOf);
  }

  /** The keys that tokens may be signed with at a time; the newest first. */
  async function goodKeys(at: number): Promise<readonly Signer[]> {
    const all = await keys();
    return at <= all[0]!.createdAt + lifetime() + skew ? all : all.slice(0, 1);
  }

  /** Tokens whose MAC was right, with what made it so. */
  const verified = new LRUCache<string, { credential: Buffer; signer: Signer }>({ max: 20_000 });

  return {
    async issue(instance: I): Promise<LoginToken> {
      const credential = await instances.credentialHash(instance.id);
      if (!credential) throw invalid();
      const about = {
        serverId: String(instance.id),
        userId: encodeURIComponent(instance.owner.toWellFormed()) || '-',
        serverTime: (now() / 1000).toFixed(2),
        expireOffset: (lifetime() / 1000).toFixed(1),
      };
      const [newest] = await keys();
      return { ...about, auth: macOf(newest!.key, about, credential) };
    },

    /** The instance that a token is of. Throws refusals 'token_missing', 'token_invalid', 'token_expired'. */
    async verify(token: Partial<LoginToken>): Promise<I> {
      const { auth, ...about } = trimmed(token);
      // No number is as long as that, and none is looked for that is written otherwise.
      if (!/^[1-9]\d{0,14}$/.test(about.serverId) || !form.test(auth)) throw invalid();
      const id = Number(about.serverId);
      const [credential, instance] = [await instances.credentialHash(id), await instances.get(id)];
      if (!credential || !instance) throw invalid();
      const at = now();
      const good = await goodKeys(at);
      // A client sends the same one with every request of an hour.
      const text = [auth, ...Object.values(about)].join('\n');
      const before = verified.get(text);
      const isKnown = before?.credential.equals(credential) && good.includes(before.signer);
      if (!isKnown) {
        // As text: in base64, several stand for the same bytes.
        const given = Buffer.from(auth);
        const isOf = ({ key }: Signer) =>
          timingSafeEqual(Buffer.from(macOf(key, about, credential)), given);
        const signer = good.find(isOf);
        if (!signer) throw invalid();
        verified.set(text, { credential, signer });
      }
      const age = at - Number(about.serverTime) * 1000;
      if (age < -skew || age > Number(about.expireOffset) * 1000 + skew) throw expired();
      return instance;
    },

    /**
     * Signs with a new key from now on. Tokens of the one before stay good for as long as they would have been; those of
     * earlier ones are not.
     */
    async rotate(): Promise<void> {
      // The first key of all comes first, so that what it signed is good for its time.
      await keys();
      const next = await renewed();
      known = Promise.resolve(next);
    },
  };
}

/** A key in the form that it is quickest in; when it was made, in milliseconds since 1970. */
interface Signer {
  key: KeyObject;
  createdAt: number;
}

const signerOf = ({ key, createdAt }: SessionKey): Signer => ({
  key: createSecretKey(key),
  createdAt: Date.parse(createdAt),
});

/** 32 bytes in base64. */
const form = /^[A-Za-z0-9+/]{43}=$/;

/** HMAC-SHA256 over the values, each with its length before it, and the SHA-256 of the instance's credential. */
function macOf(key: KeyObject, about: Omit<LoginToken, 'auth'>, credential: Buffer): string {
  const { serverId, userId, serverTime, expireOffset } = about;
  const text = [serverId, userId, serverTime, expireOffset].map((v) => `${v.length}:${v}`).join();
  return createHmac('sha256', key).update(text).update(credential).digest('base64');
}

/** Longest that a value may be which is looked at. */
const longest = 4000;

function trimmed(token: Partial<LoginToken>): LoginToken {
  const value = (name: keyof LoginToken) => {
    const text = token[name]?.trim();
    if (!text) throw refused('token_missing', 'not all headers of a login token are there');
    if (text.length > longest) throw invalid();
    return text;
  };
  return {
    serverId: value('serverId'),
    userId: value('userId'),
    auth: value('auth'),
    serverTime: value('serverTime'),
    expireOffset: value('expireOffset'),
  };
}

const invalid = (): AppError => refused('token_invalid', 'the login token is not good');
const expired = (): AppError => refused('token_expired', 'the login token has expired');
