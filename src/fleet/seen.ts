import { explain } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { ownText } from '../base/own-text.ts';
import type { GroupCommit } from '../store/state/group-commit.ts';
import type { Instance, InstanceTable, SeenRow } from '../store/state/instances.ts';
import { capabilitiesOf } from './capabilities.ts';

/** What an instance shows of itself when it checks in. */
export interface CheckIn {
  address: string;
  /** As its header says. */
  capabilities?: string | undefined;
  agentVersion?: string | undefined;
  kernel?: string | undefined;
  bootedAt?: Date | undefined;
  /** Whether it shows that the machine holds its systemid, which ends a registration. Default: it does. */
  confirms?: boolean;
}

interface Deps {
  table: InstanceTable;
  commit: GroupCommit;
  log: Log;
}

/** Milliseconds until check-ins are written. */
const soon = 1000;
const longest = 256;
/** Boot times that differ by no more are the same: clocks and networks are not exact. Milliseconds. */
const sameBoot = 5000;

/** Check-ins that wait to be written, many at a time. */
export function createSeen({ table, commit, log }: Deps) {
  let pending = new Map<number, SeenRow>();
  let writing = new Map<number, SeenRow>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  async function write(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (pending.size === 0) return;
    [writing, pending] = [pending, new Map()];
    const rows = [...writing.values()];
    try {
      await commit.write((tx) => table.seen(tx, rows));
    } catch (error) {
      log.error({ reason: explain(error) }, 'check-ins not written');
      // Tried again, unless something newer is known.
      for (const [id, row] of writing) pending.set(id, { ...row, ...pending.get(id) });
      plan();
    } finally {
      writing = new Map();
    }
  }

  function plan(): void {
    timer ??= setTimeout(() => void flush(), soon).unref();
  }

  /** Returns when what was noted so far is written, if it can be. */
  async function flush(): Promise<void> {
    while (running) await running;
    running = write().finally(() => {
      running = undefined;
    });
    await running;
  }

  return {
    /** Notes a check-in; gives what is new. */
    note(instance: Instance, about: CheckIn): SeenRow {
      const { kernel, agentVersion, bootedAt } = about;
      const capabilities =
        about.capabilities === undefined ? undefined : capabilitiesOf(about.capabilities);
      const before = pending.get(instance.id);
      const row: SeenRow = {
        ...before,
        id: instance.id,
        seenAt: new Date().toISOString(),
        address: about.address.slice(0, longest),
        confirmed: before?.confirmed || (about.confirms ?? true),
        ...(kernel !== undefined &&
          kernel !== instance.kernel && { kernel: ownText(kernel.slice(0, longest)) }),
        ...(agentVersion !== undefined && { agentVersion: agentVersion.slice(0, longest) }),
        ...(capabilities !== undefined &&
          capabilities !== instance.capabilities && { capabilities }),
        ...(bootedAt && isAnotherBoot(instance, bootedAt) && { bootedAt: bootedAt.toISOString() }),
      };
      pending.set(instance.id, row);
      plan();
      return row;
    },

    /** What is not written yet of an instance, the oldest first. */
    waiting: (id: number): SeenRow[] =>
      [writing.get(id), pending.get(id)].filter((row) => row !== undefined),

    drop(id: number): void {
      pending.delete(id);
    },

    flush,

    async close(): Promise<void> {
      await flush();
      clearTimeout(timer);
    },
  };
}

/** An instance as it is after a check-in. */
export function mergeSeen(instance: Instance, row: SeenRow): Instance {
  const { confirmed, ...told } = row;
  return { ...instance, ...told, registering: instance.registering && !confirmed };
}

function isAnotherBoot({ bootedAt }: Instance, at: Date): boolean {
  if (Number.isNaN(at.getTime())) return false;
  return bootedAt === null || Math.abs(at.getTime() - Date.parse(bootedAt)) > sameBoot;
}
