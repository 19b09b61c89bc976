import type { SilentInstance, ToldTable } from '../store/state/told.ts';
import type { Notifications } from './notifications.ts';

interface Deps {
  notifications: Pick<Notifications, 'notify' | 'isWanted'>;
  told: Pick<ToldTable, 'of' | 'note' | 'silent' | 'forgetRemoved'>;
  /** When something was heard of an instance (RFC 3339), be it written or not; undefined where it is gone. */
  heardAt(id: number): Promise<string | undefined>;
  /** As the API names it. */
  ocidOf(id: number): string;
  /** After how long an instance is silent, in milliseconds. */
  silentAfter(): number;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Where it is noted since when this server has been there for instances, and when it was last. */
const up = 'server.up';
/** It was away if it noted nothing for so long, in milliseconds. */
const away = 3_600_000;
/** So long after it was away instances may be silent because they did not try yet. */
const settling = 86_400_000;
/** One event tells of so many. */
const inOneEvent = 100;

/** Tells of instances that have not been heard of for long: once for each silence, and those of one look together. */
export function createSilences({ notifications, told, now, ...deps }: Deps) {
  /** For how long instances could have said something, in milliseconds. */
  async function upFor(): Promise<number> {
    const [at, last] = [now(), await told.of(up, '')];
    const gap = last === undefined ? Number.POSITIVE_INFINITY : at - Date.parse(last.at);
    const since = gap >= 0 && gap < away ? Date.parse(last!.state) : at;
    await told.note(up, { subject: '', state: timeOf(since), at: timeOf(at) });
    return at - since;
  }

  async function stillSilent(found: SilentInstance[]): Promise<SilentInstance[]> {
    const silent: SilentInstance[] = [];
    for (const one of found) {
      if ((await deps.heardAt(one.id)) === one.heardAt) silent.push(one);
    }
    return silent;
  }

  return {
    /** Looks for silent instances; to be called several times an hour while the server is there for them. */
    async look(): Promise<void> {
      const silentAfter = deps.silentAfter();
      if ((await upFor()) < Math.min(settling, silentAfter)) return;
      await told.forgetRemoved('instance.silent');
      if (!(await notifications.isWanted('instance.silent'))) return;
      const before = timeOf(now() - silentAfter);
      for (let after = 0; ; ) {
        const found = await told.silent('instance.silent', { before, after, most: inOneEvent });
        const silent = await stillSilent(found);
        if (silent.length > 0) await tell(silent);
        if (found.length < inOneEvent) return;
        after = found.at(-1)!.id;
      }
    },
  };

  async function tell(silent: readonly SilentInstance[]): Promise<void> {
    const instances = silent.map(({ id, name, address, heardAt }) => ({
      ...{ id, ocid: deps.ocidOf(id), name, address, last_seen: heardAt },
    }));
    await notifications.notify(
      'instance.silent',
      { count: instances.length, instances },
      silent.map(({ id, heardAt }) => ({ subject: String(id), state: heardAt })),
    );
  }
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
