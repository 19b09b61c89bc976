import { AppError } from '../base/errors.ts';
import type { CompartmentTable, StoredCompartment } from '../store/state/compartments.ts';
import type { GroupCommit, StateTransaction } from '../store/state/group-commit.ts';
import type { Audit } from './audit.ts';
import { lastNameOf, parentOf } from './compartment-path.ts';
import type { Ocids } from './ocid.ts';

export interface Compartment extends StoredCompartment {
  ocid: string;
  /** The last of its path; of the root, the tenancy's. */
  name: string;
  /** The path of the one that it is in; null for the root. */
  parent: string | null;
}

export type Compartments = Awaited<ReturnType<typeof createCompartments>>;

interface Deps {
  table: CompartmentTable;
  commit: GroupCommit;
  audit: Audit;
  ocids: Ocids;
  /** The tenancy's name. */
  root: string;
  /** How many sources and groups are in a compartment itself. */
  countIn(path: string): number;
  /** The names of the policies of which a statement names a compartment. */
  namedBy(path: string): string[];
  /** Writes what the statements of policies are once a compartment has another path. */
  rewrite(tx: StateTransaction, from: string, to: string): Promise<void>;
  /** Calls when any of them is another. */
  onChange(): void | Promise<void>;
}

type RenamedHook = (from: string, to: string) => void | Promise<void>;

const longestPath = 400;

/** The tree of compartments: all of it is in memory, and this process is its only writer. */
export async function createCompartments(deps: Deps) {
  const { table, commit, audit, ocids } = deps;
  const byPath = new Map<string, Compartment>();
  const paths = new Map<string, string>();
  const onRenamed: RenamedHook[] = [];

  async function load(): Promise<void> {
    const rows = await table.all();
    byPath.clear();
    paths.clear();
    for (const row of rows) {
      const isRoot = row.path === '';
      // The root is the tenancy itself.
      const ocid = ocids.of(isRoot ? 'tenancy' : 'compartment', row.id);
      const name = isRoot ? deps.root : lastNameOf(row.path);
      byPath.set(row.path, { ...row, ocid, name, parent: isRoot ? null : parentOf(row.path) });
      paths.set(ocid, row.path);
    }
  }
  await load();

  async function changed(): Promise<void> {
    await load();
    await deps.onChange();
  }

  /** Throws AppError 'not_found'. */
  function require(path: string): Compartment {
    const found = byPath.get(path);
    if (found) return found;
    throw new AppError('not_found', `there is no compartment ${path}`, {
      hint: 'see `headwater compartment list`',
    });
  }

  function requireNamed(path: string): Compartment {
    if (path !== '') return require(path);
    throw new AppError('usage', 'that is the root compartment, which is the tenancy itself');
  }

  async function refuseUsed(tx: StateTransaction, path: string): Promise<void> {
    const { instances, keys, policies, jobs } = await table.uses(tx, path);
    const below = [...byPath.values()].filter((c) => c.parent === path).length;
    const counted = [
      [below, 'compartment', 'compartments'],
      [instances, 'instance', 'instances'],
      [deps.countIn(path), 'source or group', 'sources and groups'],
      [keys, 'registration key', 'registration keys'],
      [policies, 'policy', 'policies'],
      [jobs, 'job', 'jobs'],
    ] as const;
    const there = counted.filter(([count]) => count > 0);
    if (there.length > 0) {
      const shown = there.map(([count, one, more]) => `${count} ${count === 1 ? one : more}`);
      throw new AppError('conflict', `the compartment ${path} has ${shown.join(', ')}`, {
        hint: 'only an empty one can be removed',
      });
    }
    const [policy] = deps.namedBy(path);
    if (policy === undefined) return;
    throw new AppError('conflict', `the policy ${policy} names the compartment ${path}`, {
      hint: 'one of that name that comes later would be what it grants',
    });
  }

  return {
    /** By path: the root first. */
    all: (): Compartment[] => [...byPath.values()],
    has: (path: string): boolean => byPath.has(path),
    find: (path: string): Compartment | undefined => byPath.get(path),
    require,

    /** The path of the one that an OCID names: the tenancy's own is the root's. */
    pathOf: (ocid: string): string | undefined => paths.get(ocid),

    /** Throws AppError 'not_found'. */
    ocidOf: (path: string): string => require(path).ocid,

    /** Makes the last of a path; the one that it is in must be there. */
    async create(path: string, description: string, by: string): Promise<Compartment> {
      const name = lastNameOf(path);
      const parent = parentOf(path);
      requireName(name);
      if (path !== (parent === '' ? name : `${parent}:${name}`) || path.length > longestPath) {
        throw new AppError('usage', `${path} cannot be the path of a compartment`, {
          hint: `names with a colon between them, up to ${longestPath} characters`,
        });
      }
      require(parent);
      if (!(await table.add(path, description))) throw thereIs(path);
      await changed();
      audit.note({ actor: `user:${by}`, event: 'compartment.created', subject: path });
      return require(path);
    },

    async describe(path: string, description: string, by: string): Promise<Compartment> {
      require(path);
      await table.describe(path, description);
      await changed();
      audit.note({ actor: `user:${by}`, event: 'compartment.described', subject: path });
      return require(path);
    },

    /** Gives it another name where it is; those below it keep theirs. Statements of policies follow. */
    async rename(path: string, name: string, by: string): Promise<Compartment> {
      requireNamed(path);
      requireName(name);
      const parent = parentOf(path);
      const to = parent === '' ? name : `${parent}:${name}`;
      if (to === path) return require(path);
      if (byPath.has(to)) throw thereIs(to);
      await commit.write(async (tx) => {
        await deps.rewrite(tx, path, to);
        await table.rename(tx, path, to);
      });
      await changed();
      for (const hook of onRenamed) await hook(path, to);
      audit.note({
        ...{ actor: `user:${by}`, event: 'compartment.renamed', subject: path },
        detail: `to ${to}`,
      });
      return require(to);
    },

    /** Throws AppError 'conflict' where anything is in it. */
    async remove(path: string, by: string): Promise<void> {
      requireNamed(path);
      await commit.write(async (tx) => {
        await refuseUsed(tx, path);
        await table.remove(tx, path, parentOf(path));
      });
      await changed();
      audit.note({ actor: `user:${by}`, event: 'compartment.removed', subject: path });
    },

    /** Calls `hook` when one, and with it those below it, has another path. */
    onRenamed: (hook: RenamedHook): void => void onRenamed.push(hook),
  };
}

function requireName(name: string): void {
  if (/^[A-Za-z0-9_.-]{1,100}$/.test(name)) return;
  throw new AppError('usage', `"${name}" cannot be a compartment's name`, {
    hint: 'up to 100 letters, digits and _ . -',
  });
}

const thereIs = (path: string) =>
  new AppError('conflict', `there is a compartment ${path} already`);
