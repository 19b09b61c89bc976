import pLimit from 'p-limit';
import { AppError, explain, oneLine } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Ocids } from '../identity/ocid.ts';
import type {
  StoredWorkRequest,
  WorkRequestNote,
  WorkRequestQuery,
  WorkRequestTable,
} from '../store/state/work-requests.ts';

export type WorkRequests = ReturnType<typeof createWorkRequests>;

interface Deps {
  table: WorkRequestTable;
  ocids: Ocids;
  /** The OCID of a source, a group or an instance, and what it is called. */
  identify(
    kind: WorkRequestResource['kind'],
    subject: string,
  ): Promise<{ ocid: string; name: string }>;
  log: Log;
  /** How long those that ended are kept, in milliseconds. */
  keepMs(): number;
}

/** What a work request acts on, and what becomes of it when that succeeds: CREATED, UPDATED, DELETED … */
export interface WorkRequestResource {
  kind: 'source' | 'group' | 'instance';
  /** A label, a name, or an instance's number. */
  subject: string;
  action: string;
}

export interface NewWorkRequest {
  /** As the API names it: UPDATE, INSTALL, SYNC … */
  operationType: string;
  /** The path of the compartment that it belongs to. */
  compartment: string;
  description: string;
  resources: readonly WorkRequestResource[];
  /** The instance that it acts on. */
  instance?: number | undefined;
  /** Who asked for it. */
  by: string;
}

/** How who carries a work request out says how far it is. */
export interface Progress {
  log(message: string): void;
  /** Of a hundred. */
  percent(done: number): void;
}

/** As it was when the work request was made. */
export interface NamedResource extends WorkRequestResource {
  ocid: string;
  name: string;
}

export interface WorkRequest extends Omit<StoredWorkRequest, 'resources' | 'status'> {
  status: StoredWorkRequest['status'];
  ocid: string;
  resources: NamedResource[];
}

/** One that has not ended. */
interface Running {
  percent: number;
  /** How it ended is being written, or was. */
  ended?: Promise<void>;
  done: Promise<void>;
}

/** So many are carried out at a time; others are ACCEPTED until there is room. */
const atATime = 16;
/** Of one, so many log entries are kept. */
const mostEntries = 1000;
const longestMessage = 1000;
const prunedAtATime = 500;

/**
 * What takes time is carried out here while who asked for it looks on. Everything is in the state database; how far those
 * are that are being carried out is in memory.
 */
export function createWorkRequests({ table, ocids, identify, log, keepMs }: Deps) {
  const inTurn = pLimit(atATime);
  const running = new Map<number, Running>();
  let closing = false;

  async function end(
    id: number,
    { status, message }: { status: 'SUCCEEDED' | 'FAILED'; message: string | null },
  ): Promise<void> {
    const percent = status === 'SUCCEEDED' ? 100 : (running.get(id)?.percent ?? 0);
    await table.change(id, { status, message, percent, finished_at: now() });
  }

  /** Ends one that is being carried out, unless it has ended. */
  function endOnce(state: Running, write: () => Promise<void>): Promise<void> {
    state.ended ??= write();
    return state.ended;
  }

  async function fail(id: number, { code, message }: { code: string; message: string }) {
    await table.note(id, { at: now(), code, message });
    await end(id, { status: 'FAILED', message });
  }

  async function carryOut(
    id: number,
    run: (progress: Progress) => Promise<unknown>,
  ): Promise<void> {
    if (closing) return;
    const state = running.get(id)!;
    let entries = 0;
    let written: Promise<unknown> = table.change(id, { status: 'IN_PROGRESS', started_at: now() });
    const progress: Progress = {
      log(message) {
        if (closing || ++entries > mostEntries) return;
        const note = { at: now(), code: null, message: short(message) };
        written = written.then(() => table.note(id, note));
        // Whoever waits for it below is told.
        written.catch(() => {});
      },
      percent(done) {
        state.percent = Math.max(state.percent, Math.min(99, Math.floor(done)));
      },
    };
    try {
      await written;
      const said = await run(progress);
      await written;
      const message = typeof said === 'string' ? short(said) : null;
      await endOnce(state, () => end(id, { status: 'SUCCEEDED', message }));
    } catch (error) {
      // It was marked as failed, or its database is closed already.
      if (closing) return;
      const known = error instanceof AppError;
      if (!known) log.error({ err: error, workRequest: id }, 'work request failed');
      const code = known ? String(error.detail?.code ?? error.kind) : 'internal';
      const message = short(known ? explain(error) : 'internal error');
      await endOnce(state, () => fail(id, { code, message }));
    }
  }

  const shown = (row: StoredWorkRequest): WorkRequest => ({
    ...row,
    percent: running.get(row.id)?.percent ?? row.percent,
    ocid: ocids.of('osmsworkrequest', row.id),
    resources: JSON.parse(row.resources) as NamedResource[],
  });

  return {
    /**
     * Has something done, and returns at once. A text that `run` gives is what is said of its success; an AppError that it throws is
     * what is said of its failure.
     */
    async start(
      { operationType, instance, by, ...about }: NewWorkRequest,
      run: (progress: Progress) => Promise<unknown>,
    ): Promise<{ id: number; ocid: string }> {
      if (closing) throw new AppError('cancelled', 'the server is being stopped');
      const resources: NamedResource[] = [];
      for (const resource of about.resources) {
        const { kind, subject } = resource;
        resources.push({ ...resource, ...(await identify(kind, subject)) });
      }
      const id = await table.add({
        operation_type: operationType,
        status: 'ACCEPTED',
        compartment: about.compartment,
        description: short(about.description),
        instance: instance ?? null,
        resources: JSON.stringify(resources),
        message: null,
        parent: null,
        created_by: by,
        accepted_at: now(),
        started_at: null,
        finished_at: null,
      });
      const state: Running = { percent: 0, done: Promise.resolve() };
      running.set(id, state);
      state.done = inTurn(() => carryOut(id, run))
        .catch((error) => log.error({ workRequest: id, reason: explain(error) }, 'not noted'))
        .finally(() => running.delete(id));
      return { id, ocid: ocids.of('osmsworkrequest', id) };
    },

    async get(id: number): Promise<WorkRequest | undefined> {
      const row = await table.find(id);
      return row && shown(row);
    },

    async childrenOf(id: number): Promise<string[]> {
      return (await table.childrenOf(id)).map((child) => ocids.of('osmsworkrequest', child));
    },

    async list(query: WorkRequestQuery): Promise<WorkRequest[]> {
      return (await table.list(query)).map(shown);
    },

    /** How many there are that act on an instance. */
    countFor: table.countFor,

    logs: (id: number): Promise<WorkRequestNote[]> => table.notes(id, 'log'),
    errors: (id: number): Promise<WorkRequestNote[]> => table.notes(id, 'errors'),

    /** Returns when all that was asked for has been done. */
    async settled(): Promise<void> {
      while (running.size > 0) await Promise.all([...running.values()].map(({ done }) => done));
    },

    /** Marks as failed what ran when a process ended before. To be called before any is started. */
    async interrupted(): Promise<void> {
      for (const id of await table.open()) await fail(id, stopped);
    },

    /** Takes no more; those that have not ended are marked as failed, whatever becomes of them. */
    async close(): Promise<void> {
      closing = true;
      for (const [id, state] of running) await endOnce(state, () => fail(id, stopped));
    },

    /** Removes those that ended longer ago than they are kept. */
    async prune(): Promise<void> {
      const before = new Date(Date.now() - keepMs()).toISOString();
      while ((await table.prune(before, prunedAtATime)) > 0);
    },
  };
}

const stopped = {
  code: 'cancelled',
  message: 'the server was stopped before this was done',
};

const now = () => new Date().toISOString();
const short = (text: string) => oneLine(text).slice(0, longestMessage);
