import { hostname } from 'node:os';
import type { PrivateKey } from 'openpgp';
import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { DataPaths } from '../../store/paths.ts';
import { createSigningKeyFiles } from '../../store/signing-key-files.ts';
import { type GivenKey, readGiven } from './given.ts';
import { openpgp } from './openpgp.ts';
import { publicBlock } from './public-block.ts';

export type SigningKeys = ReturnType<typeof createSigningKeys>;

/** One of the server's keys. */
export interface KeyState {
  /** In lower-case hexadecimal digits. */
  fingerprint: string;
  /** RFC 3339. */
  created: string;
  /** `active` keys are published and sign; of `retired` ones only the public part is left. */
  state: 'active' | 'retired';
  /** `made` by this server, or `given` by the configuration. */
  origin: 'made' | 'given';
}

interface Active {
  fingerprint: string;
  created: Date;
  origin: KeyState['origin'];
  /** Armoured, without passphrase. */
  privateKey: string;
  publicKey: string;
}

/** A clock that is slow by less than this takes a new key, in milliseconds. */
const slowClocks = 3_600_000;
const bits = 3072;

/**
 * The keys that this server signs with: files of the data folder, and those that the configuration gives. The one that
 * was published first comes first. What changes them is done one after the other.
 */
export function createSigningKeys(
  paths: DataPaths,
  options: {
    given: GivenKey[];
    log: Log;
    /** Whether anything was published that a key signed. */
    wasSigned?: () => Promise<boolean>;
    /** Publishes anew what is signed. */
    onKeysChanged?: () => Promise<void>;
  },
) {
  const files = createSigningKeyFiles(paths);
  let { given } = options;
  let loaded: Promise<Active[]> | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  function alone<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  }

  function active(): Promise<Active[]> {
    const reading = loaded ?? load();
    loaded = reading;
    reading.catch(() => {
      if (loaded === reading) loaded = undefined;
    });
    return reading;
  }

  async function load(): Promise<Active[]> {
    const keys = await Promise.all(given.map(async (g) => described(await readGiven(g), 'given')));
    for (const [fingerprint, armored] of await files.active()) {
      if (keys.some((k) => k.fingerprint === fingerprint)) continue;
      keys.push(await described(await readMade(fingerprint, armored), 'made'));
    }
    const known = (await files.published()) ?? [];
    const place = (k: Active) => (known.indexOf(k.fingerprint) + 1 || known.length + 1) - 1;
    return keys.toSorted(
      (a, b) => place(a) - place(b) || a.created.getTime() - b.created.getTime(),
    );
  }

  async function make(): Promise<string> {
    const { enums, generateKey } = await openpgp();
    const name = `Headwater on ${hostname().replaceAll(/[^A-Za-z0-9.-]/g, '') || 'a server'}`;
    const { privateKey } = await generateKey({
      type: 'rsa',
      rsaBits: bits,
      userIDs: [{ name }],
      subkeys: [],
      date: new Date(Date.now() - slowClocks),
      format: 'object',
      config: {
        preferredHashAlgorithm: enums.hash.sha256,
        nonDeterministicSignaturesViaNotation: false,
        aeadProtect: false,
        v6Keys: false,
      },
    });
    const fingerprint = privateKey.getFingerprint();
    await files.add(fingerprint, privateKey.armor());
    loaded = undefined;
    options.log.info({ fingerprint }, 'made a key to sign with');
    return fingerprint;
  }

  /** Makes a key where there is none. */
  async function makeFirst(): Promise<void> {
    const lost = await options.wasSigned?.();
    const fingerprint = await make();
    if (!lost) return;
    options.log.warn(
      { fingerprint },
      'the key that signed what was published is gone, and a new one takes its place: clients that know the old one refuse what is signed from now on, unless it is put back from a backup',
    );
  }

  /** Publishes anew if what is published was signed by other keys. */
  async function settle(): Promise<void> {
    const before = await files.published();
    if (before && (await active()).length === 0) await makeFirst();
    const now = (await active()).map((k) => k.fingerprint);
    if (now.join() === (before ?? []).join()) return;
    if (before) await options.onKeysChanged?.();
    await files.setPublished(now);
  }

  /** The active keys; one is made if there is none. */
  async function needed(): Promise<Active[]> {
    const there = await active();
    if (there.length > 0) return there;
    await alone(async () => {
      if ((await active()).length > 0) return;
      await makeFirst();
      await settle();
    });
    return active();
  }

  return {
    /** Armoured and without passphrase: for the signer alone. One is made if there is none. Throws AppErrors. */
    privateKeys: async (): Promise<string[]> => (await needed()).map((k) => k.privateKey),

    /** The public keys of all active ones, a block of armour for each; empty if there are none. */
    publicKeys: async (): Promise<string> => (await active()).map((k) => k.publicKey).join(''),

    /** Of all active ones. */
    fingerprints: async (): Promise<string[]> => (await active()).map((k) => k.fingerprint),

    /** Makes sure that there is a key; says whether it was made. */
    async ensure(): Promise<{ made: boolean; fingerprints: string[] }> {
      const before = await active();
      const after = await needed();
      return { made: before.length === 0, fingerprints: after.map((k) => k.fingerprint) };
    },

    async list(): Promise<KeyState[]> {
      const { readKey } = await openpgp();
      const list: KeyState[] = (await active()).map(({ fingerprint, created, origin }) => ({
        fingerprint,
        created: created.toISOString(),
        state: 'active',
        origin,
      }));
      for (const [fingerprint, armoredKey] of await files.retired()) {
        const created = (await readKey({ armoredKey })).getCreationTime().toISOString();
        list.push({ fingerprint, created, state: 'retired', origin: 'made' });
      }
      return list;
    },

    /** Adds a new key beside the others, and publishes anew; gives its fingerprint. Throws AppError 'conflict'. */
    rotate: (): Promise<string> =>
      alone(async () => {
        if (given.length > 0)
          throw new AppError('conflict', 'this server signs with a key that is given to it', {
            hint: 'name the new one in `signing`, beside the old one, and take that out later',
          });
        const fingerprint = await make();
        await settle();
        return fingerprint;
      }),

    /** Destroys a key, and publishes anew without it; gives its fingerprint. Throws AppErrors 'not_found', 'conflict'. */
    retire: (name: string): Promise<string> =>
      alone(async () => {
        const keys = await active();
        const fingerprint = name.replaceAll(/[\s:]/g, '').toLowerCase();
        const key = keys.find((k) => k.fingerprint === fingerprint);
        if (!key)
          throw new AppError('not_found', `no active key has the fingerprint ${name}`, {
            hint: '`headwater key list` names them',
          });
        if (keys.length === 1)
          throw new AppError('conflict', `${fingerprint} is the only key`, {
            hint: 'make another first: `headwater key rotate`',
          });
        if (key.origin === 'given')
          throw new AppError('conflict', `${fingerprint} is given by the configuration`, {
            hint: 'take it out of `signing`',
          });
        await files.retire(fingerprint, key.publicKey);
        loaded = undefined;
        options.log.info({ fingerprint }, 'retired a key');
        await settle();
        return fingerprint;
      }),

    /** Throws AppError 'config' if one of these keys cannot be used. */
    check: async (next: GivenKey[]): Promise<void> => void (await Promise.all(next.map(readGiven))),

    /** Takes other given keys over, which are checked; `settle` publishes with them. */
    use(next: GivenKey[]): void {
      given = next;
      loaded = undefined;
    },

    /** Publishes anew what is current if other keys signed it: for the start, and after `use`. */
    settle: () => alone(settle),

    /** Waits until what is under way is done, whichever way it ends. */
    idle: async (): Promise<void> => void (await turn),
  };
}

async function described(key: PrivateKey, origin: Active['origin']): Promise<Active> {
  return {
    fingerprint: key.getFingerprint(),
    created: key.getCreationTime(),
    origin,
    privateKey: key.armor(),
    publicKey: await publicBlock(key),
  };
}

async function readMade(fingerprint: string, armoredKey: string): Promise<PrivateKey> {
  const { readPrivateKey } = await openpgp();
  const key = await readPrivateKey({ armoredKey }).catch(() => undefined);
  if (key?.getFingerprint() === fingerprint) return key;
  throw new AppError('invalid', `the signing key ${fingerprint} is damaged in the data folder`, {
    hint: 'put the file back from a backup; without one, remove it: clients must then get a new key',
  });
}
