import { LRUCache } from 'lru-cache';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Audit } from '../identity/audit.ts';
import { hashOf, isSecret, newSecret } from '../identity/secrets.ts';
import type { GroupCommit } from '../store/state/group-commit.ts';
import type {
  Instance,
  InstancePage,
  InstanceTable,
  StoredInstance,
} from '../store/state/instances.ts';
import { type HardwareEntry, hardwareText } from './hardware.ts';
import { refused } from './refusals.ts';
import { type CheckIn, createSeen, mergeSeen } from './seen.ts';

export type { Instance } from '../store/state/instances.ts';
export type { HardwareEntry } from './hardware.ts';

export type Instances = ReturnType<typeof createInstances>;

interface Deps {
  table: InstanceTable;
  commit: GroupCommit;
  audit: Audit;
  log: Log;
}

/** Which instances are wanted: all of what is given must hold. */
export interface InstanceFilter {
  group?: string | undefined;
  tag?: string | undefined;
  /** Part of the name. */
  name?: string | undefined;
  /** Those of which nothing was heard since this time (RFC 3339). */
  silentSince?: string | undefined;
  /** Those in this compartment or below it; empty for all. */
  compartment?: string | undefined;
}

type Hook = (id: number) => void | Promise<void>;

/** So many records stay in memory. */
const mostRecords = 20_000;
/** So many are read at a time where all are looked through. */
const atATime = 500;

/**
 * The managed instances. Records are kept in memory once they were asked for; as nobody else writes them, each is
 * replaced there when it changes.
 */
export function createInstances({ table, commit, audit, log }: Deps) {
  const records = new LRUCache<number, StoredInstance>({ max: mostRecords });
  const loading = new Map<number, Promise<StoredInstance | undefined>>();
  /** Ids by certificate, in hexadecimal. */
  const certificates = new LRUCache<string, number>({ max: mostRecords });
  const onRemoved: Hook[] = [];
  const onReplaced: Hook[] = [];
  const onChanged: ((id: number) => void)[] = [];
  const seen = createSeen({ table, commit, log });
  const upToDate = (instance: Instance): Instance =>
    seen.waiting(instance.id).reduce((i, row) => mergeSeen(i, row), instance);

  function find(id: number): Promise<StoredInstance | undefined> {
    const known = records.get(id);
    if (known) return Promise.resolve(known);
    if (!Number.isSafeInteger(id) || id <= 0) return Promise.resolve(undefined);
    const running = loading.get(id);
    if (running) return running;
    const load: Promise<StoredInstance | undefined> = table.find(id).then((record) => {
      // It changed meanwhile: what was read may be what it was before.
      if (loading.get(id) !== load) return find(id);
      loading.delete(id);
      if (!record) return undefined;
      const current = { ...record, instance: upToDate(record.instance) };
      records.set(id, current);
      return current;
    });
    loading.set(id, load);
    load.catch(() => loading.get(id) === load && loading.delete(id));
    return load;
  }

  /** Forgets what memory says of an instance that was written to. */
  function forget(id: number): void {
    loading.delete(id);
    records.delete(id);
    for (const hook of onChanged) hook(id);
  }

  async function change(
    id: number,
    row: Parameters<InstanceTable['update']>[2],
  ): Promise<StoredInstance> {
    const there = await commit.write((tx) => table.update(tx, id, row));
    forget(id);
    const record = there ? await find(id) : undefined;
    if (!record) throw noInstance(id);
    return record;
  }

  return {
    async get(id: number): Promise<Instance | undefined> {
      return (await find(id))?.instance;
    },

    /** Throws AppError 'not_found'. */
    async require(id: number): Promise<Instance> {
      const record = await find(id);
      if (!record) throw noInstance(id);
      return record.instance;
    },

    /** Throws refused('systemid'). */
    async bySystemid(id: number, credential: string): Promise<Instance> {
      const record = await find(id);
      if (!record || !isSecret(credential, record.credential)) {
        throw refused('systemid', 'the systemid is not that of an instance here');
      }
      return record.instance;
    },

    /** For HTTP Basic. */
    async byPassword(id: number, password: string): Promise<Instance | undefined> {
      const record = await find(id);
      return record && isSecret(password, record.password) ? record.instance : undefined;
    },

    /** For TLS client certificates: the SHA-256 of the DER form. */
    async byCertificate(sha256: Buffer): Promise<Instance | undefined> {
      const hex = sha256.toString('hex');
      const id = certificates.get(hex) ?? (await table.withCertificate(sha256));
      const record = id === undefined ? undefined : await find(id);
      if (!record?.certificate?.equals(sha256)) {
        certificates.delete(hex);
        return undefined;
      }
      certificates.set(hex, record.instance.id);
      return record.instance;
    },

    /** The SHA-256 of the credential in its systemid. */
    async credentialHash(id: number): Promise<Buffer | undefined> {
      return (await find(id))?.credential;
    },

    /** Notes a check-in: in memory at once, on the disk within two seconds. */
    seen(instance: Instance, about: CheckIn): void {
      const record = records.peek(instance.id);
      const row = seen.note(record?.instance ?? instance, about);
      if (record) {
        records.set(instance.id, { ...record, instance: mergeSeen(record.instance, row) });
      }
    },

    async setRelease(id: number, osRelease: string): Promise<Instance> {
      return (await change(id, { os_release: osRelease })).instance;
    },

    /** Keeps what a machine says of its hardware; of too much, the first entries. */
    async setHardware(id: number, entries: readonly HardwareEntry[]): Promise<void> {
      const text = hardwareText(entries);
      if (!(await find(id))) throw refused('systemid', 'there is no such instance any more');
      await commit.write((tx) => table.setHardware(tx, id, text));
    },

    async hardware(id: number): Promise<HardwareEntry[]> {
      return JSON.parse((await table.hardware(id)) ?? '[]') as HardwareEntry[];
    },

    /** Gives a new password for HTTP Basic, which is told only now; the one before is good no more. */
    async issuePassword(id: number, by: string): Promise<string> {
      const password = newSecret();
      await change(id, { password: hashOf(password) });
      audit.note({ actor: `user:${by}`, event: 'instance.credential', instance: id });
      return password;
    },

    /** It is known by this TLS client certificate from now on, and no more by the one before. */
    async setCertificate(id: number, sha256: Buffer, by: string): Promise<void> {
      await change(id, { certificate: sha256 });
      audit.note({ actor: `user:${by}`, event: 'instance.certificate', instance: id });
    },

    /** Those that match, by id. */
    async list(filter: InstanceFilter = {}): Promise<Instance[]> {
      await seen.flush();
      const found: Instance[] = [];
      for (let last = 0, page: Instance[]; ; last = page.at(-1)!.id) {
        page = await table.after(last, atATime);
        for (const instance of page) if (fits(instance, filter)) found.push(instance);
        if (page.length < atATime) return found;
        // Others get their turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    },

    /** Those of one compartment, a page of them. */
    page: async (of: InstancePage): Promise<Instance[]> => (await table.page(of)).map(upToDate),

    /** Removes all that belongs to an instance: its credential and tokens are good no more. Throws AppError 'not_found'. */
    async remove(
      id: number,
      by: { actor: string; event?: string; address?: string },
    ): Promise<void> {
      const instance = await this.require(id);
      await commit.write((tx) => table.remove(tx, id));
      forget(id);
      seen.drop(id);
      const { actor, event = 'instance.removed', address } = by;
      audit.note({ actor, event, instance: id, address, detail: instance.name });
      for (const hook of onRemoved) await hook(id);
    },

    /** Of what was registered after it and says the same SMBIOS UUID. */
    twinsOf: table.twinsOf,

    /** Calls `hook` when an instance was removed. */
    onRemoved: (hook: Hook): void => void onRemoved.push(hook),

    /** Calls `hook` when another machine took the place of an instance: its packages and hardware are forgotten. */
    onReplaced: (hook: Hook): void => void onReplaced.push(hook),

    /** Calls `hook` when something was written of an instance, as its release or its groups, or it is gone. */
    onChanged: (hook: (id: number) => void): void => void onChanged.push(hook),

    /** Reads again what was written elsewhere in the fleet. */
    async refresh(id: number): Promise<Instance | undefined> {
      forget(id);
      return (await find(id))?.instance;
    },

    /** Forgets what memory says of all: what is written in the database was changed for many. */
    forgetAll(): void {
      loading.clear();
      records.clear();
    },

    /** An instance's machine is another one from now on. */
    async replaced(id: number): Promise<Instance | undefined> {
      forget(id);
      seen.drop(id);
      for (const hook of onReplaced) await hook(id);
      return (await find(id))?.instance;
    },

    /** Writes the check-ins that wait to be written. */
    flush: seen.flush,
    close: seen.close,
  };
}

function fits(instance: Instance, filter: InstanceFilter): boolean {
  const { group, tag, name, silentSince, compartment = '' } = filter;
  const place = instance.compartment ?? '';
  if (compartment !== '' && place !== compartment && !place.startsWith(`${compartment}:`)) {
    return false;
  }
  if (group !== undefined && !instance.groups.includes(group)) return false;
  if (tag !== undefined && !instance.tags.includes(tag)) return false;
  if (name !== undefined && !instance.name.includes(name)) return false;
  return silentSince === undefined || (instance.seenAt ?? instance.registeredAt) < silentSince;
}

export const noInstance = (id: number) =>
  new AppError('not_found', `there is no instance ${id}`, {
    hint: 'see `headwater instance list`',
  });
