import { createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { type ApiKeys, fingerprintOf } from './api-keys.ts';
import { profileText } from './profile.ts';

/** The first administrator, and how to ask as them. */
export interface Administrator {
  user: string;
  /** Whether they, or their key, were made just now. */
  made: boolean;
  /** For OCI's SDKs, with the private key's file; null where the key is not in the data folder, or good no more. */
  profile: string | null;
  /** Where that profile is kept. */
  profileFile: string;
}

interface Deps {
  tenancy: { ocid: string };
  users: {
    has(name: string): boolean;
    ocidOf(name: string): string;
    hasPassword(name: string): boolean;
    add(
      name: string,
      password: null,
      about: { by: string; description?: string },
    ): Promise<unknown>;
  };
  apiKeys: Pick<ApiKeys, 'add' | 'list' | 'find'>;
  /** Of the group whose members may do everything. */
  group: { members(): readonly string[]; add(user: string, by: string): Promise<unknown> };
  files: {
    keyFile: string;
    profileFile: string;
    key(): Promise<string | undefined>;
    setKey(pem: string): Promise<void>;
    setProfile(text: string): Promise<void>;
  };
}

const by = 'headwater';
const bits = 2048;

/**
 * Makes sure that somebody may do everything and can show it. A user with a new key is made where no administrator has a
 * key or a password; an administrator who is there is never given another one by the way.
 */
export function createFirstAdministrator(deps: Deps) {
  const { users, apiKeys, group, files } = deps;
  const canAsk = (name: string) => users.hasPassword(name) || apiKeys.list(name).length > 0;

  async function ensure(): Promise<Administrator> {
    const { profileFile } = files;
    const members = group.members();
    const kept = await fingerprintOfFile();
    const owner = members.find((name) => kept !== undefined && apiKeys.find(name, kept));
    if (owner !== undefined) {
      const profile = profileOf(owner, kept!);
      await files.setProfile(profile);
      return { user: owner, made: false, profile, profileFile };
    }
    const able = members.find(canAsk);
    if (able !== undefined) return { user: able, made: false, profile: null, profileFile };
    const user = members[0] ?? freeName();
    const pair = await promisify(generateKeyPair)('rsa', { modulusLength: bits });
    await files.setKey(String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })));
    if (!users.has(user))
      await users.add(user, null, { by, description: 'the first administrator' });
    const publicKey = String(pair.publicKey.export({ type: 'spki', format: 'pem' }));
    const fingerprint = await apiKeys.add(user, publicKey, by);
    if (!members.includes(user)) await group.add(user, by);
    const profile = profileOf(user, fingerprint);
    await files.setProfile(profile);
    return { user, made: true, profile, profileFile };
  }

  async function fingerprintOfFile(): Promise<string | undefined> {
    const pem = await files.key();
    try {
      return pem === undefined ? undefined : fingerprintOf(createPublicKey(pem));
    } catch {
      // What somebody wrote there is no key.
      return undefined;
    }
  }

  /** A user of before who happens to be called so is no administrator for that. */
  function freeName(): string {
    for (let n = 1; ; n++) {
      const name = n === 1 ? 'admin' : `admin-${n}`;
      if (!users.has(name)) return name;
    }
  }

  const profileOf = (user: string, fingerprint: string) =>
    profileText({
      ...{ user: users.ocidOf(user), tenancy: deps.tenancy.ocid, fingerprint },
      keyFile: files.keyFile,
    });

  let under: Promise<Administrator> | undefined;
  return {
    ensure(): Promise<Administrator> {
      under ??= ensure().finally(() => {
        under = undefined;
      });
      return under;
    },
  };
}
