import { LRUCache } from 'lru-cache';
import { explain } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { AuditEntry, AuditQuery, AuditTable } from '../store/state/audit.ts';
import type { GroupCommit } from '../store/state/group-commit.ts';
import { currentRequest } from './request-context.ts';

export type Audit = ReturnType<typeof createAudit>;

interface Deps {
  table: AuditTable;
  commit: GroupCommit;
  log: Log;
  /** How long entries are kept, in milliseconds. */
  keepMs(): number;
}

/** What is noted of who did what; the address and the id of the request are added, the rest of an entry is null. */
export interface Noted {
  /** user:NAME, instance:ID, key:NAME, or anyone. */
  actor: string;
  event: string;
  instance?: number | undefined;
  subject?: string | undefined;
  address?: string | undefined;
  detail?: string | undefined;
  /** How a request was answered. */
  result?: string | undefined;
  requestId?: string | undefined;
}

const mostWaiting = 10_000;
const mostAtATime = 100;
const prunedAtATime = 1000;
const longest = 1000;
/** A refusal that repeats itself is noted once in so many milliseconds. */
const sameAgain = 60_000;
/** So many different ones are noted in that time, from one address and in all: guesses are not to fill the disk. */
const mostRefusals = { fromOne: 100, inAll: 1000 };

/** The audit trail. Notes are written soon, many at a time. */
export function createAudit({ table, commit, log, keepMs }: Deps) {
  let waiting: AuditEntry[] = [];
  let lost = 0;
  let writing: Promise<void> | undefined;
  const refusals = new LRUCache<string, true>({ max: 1000, ttl: sameAgain });
  /** How many were noted in this minute, by address; in all under the empty one. */
  const counts = new LRUCache<string, number>({ max: 1000, ttl: sameAgain, noUpdateTTL: true });

  /** Counts a refusal; whether there were too many. The first that is too much is noted as that. */
  function isTooMuch(entry: AuditEntry): boolean {
    const bounds = [
      [entry.address ?? 'nowhere', mostRefusals.fromOne],
      ['', mostRefusals.inAll],
    ] as const;
    for (const [address, most] of bounds) {
      const before = counts.get(address) ?? 0;
      counts.set(address, before + 1);
      if (before < most) continue;
      if (before === most) {
        const detail = `more than ${most} in a minute: the rest of them is not noted`;
        const about = { ...entry, actor: 'anyone', instance: null, subject: null, detail };
        add({ ...about, event: 'refused.more', address: address === '' ? null : entry.address });
      }
      return true;
    }
    return false;
  }

  function add(entry: AuditEntry): void {
    if (waiting.length >= mostWaiting) lost++;
    else waiting.push(entry);
    writing ??= work();
  }

  async function work(): Promise<void> {
    // Those that come in this turn of the event loop go along.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const entries = waiting.slice(0, mostAtATime);
      waiting = waiting.slice(mostAtATime);
      await commit
        .write((tx) => table.append(tx, entries))
        .catch((error) => log.error({ reason: explain(error), entries }, 'audit not written'));
    }
    if (lost > 0) log.error({ entries: lost }, 'more happened than the audit can be written');
    lost = 0;
    writing = undefined;
  }

  return {
    /** Never throws; what floods it is counted in the log instead. */
    note({ actor, event, ...about }: Noted): void {
      const request = currentRequest();
      const { instance = null, subject, detail, result } = about;
      const { address = request?.address, requestId = request?.requestId } = about;
      const entry = {
        ...{ at: new Date().toISOString(), actor: short(actor)!, event, instance },
        ...{ subject: short(subject), address: short(address), detail: short(detail) },
        ...{ result: short(result), request_id: short(requestId) },
      };
      if (/(?:^|\.)refused$/.test(event)) {
        const same = JSON.stringify({ ...entry, at: '', request_id: '' });
        if (refusals.has(same)) return;
        refusals.set(same, true);
        if (isTooMuch(entry)) return;
      }
      add(entry);
    },

    /** The latest first. */
    async query(query: AuditQuery): Promise<AuditEntry[]> {
      await writing;
      return table.query(query);
    },

    /** Removes what is older than entries are kept. */
    async prune(): Promise<void> {
      const before = new Date(Date.now() - keepMs()).toISOString();
      while ((await commit.write((tx) => table.prune(tx, before, prunedAtATime))) > 0);
    },

    /** Returns when all is written. */
    async settled(): Promise<void> {
      await writing;
    },
  };
}

const short = (text: string | undefined): string | null => text?.slice(0, longest) ?? null;
