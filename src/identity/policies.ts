import { AppError, explain } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { StateTransaction } from '../store/state/group-commit.ts';
import type { NewPolicy, PolicyTable, StoredPolicy } from '../store/state/policies.ts';
import type { Audit } from './audit.ts';
import { lastNameOf } from './compartment-path.ts';
import { compartmentsNamed, type Grant, grantOf, type Places } from './grants.ts';
import { folded, requireName } from './names.ts';
import type { Ocids } from './ocid.ts';
import { parsePolicy, type Statement } from './policy-statement.ts';

export interface Policy extends StoredPolicy {
  ocid: string;
}

export type Policies = Awaited<ReturnType<typeof createPolicies>>;

interface Deps {
  table: PolicyTable;
  audit: Audit;
  log: Log;
  ocids: Ocids;
  /** Throws AppError 'not_found' where there is no such compartment. */
  requireCompartment(path: string): void;
  places: Places;
}

/** A grant, and where it is written. */
export interface WrittenGrant extends Grant {
  policy: string;
  statement: string;
}

interface NamedGroup {
  name: string;
  ocid: string;
}

const mostStatements = 50;

/** Who may do what: statements. All of it is in memory, and this process is its only writer. */
export async function createPolicies(deps: Deps) {
  const { table, audit, log, ocids, places } = deps;
  const byName = new Map<string, Policy & { parsed: Statement[] }>();
  /** Found anew when anything that statements name has changed. */
  let grants: WrittenGrant[] | undefined;

  async function load(): Promise<void> {
    const rows = await table.all();
    byName.clear();
    for (const row of rows) {
      const parsed = row.statements.map((statement) => parsePolicy(statement));
      byName.set(folded(row.name), { ...row, ocid: ocids.of('policy', row.id), parsed });
    }
    grants = undefined;
  }
  await load();

  /** Throws AppError 'not_found'. */
  function require(name: string): Policy & { parsed: Statement[] } {
    const policy = byName.get(folded(name));
    if (policy) return policy;
    throw new AppError('not_found', `there is no policy ${name}`, {
      hint: 'see `headwater policy list`',
    });
  }

  /** Throws AppError 'usage' for a statement that does not parse, or names what is not there. */
  function check(statements: readonly string[], compartment: string): void {
    if (statements.length === 0 || statements.length > mostStatements) {
      throw new AppError('usage', `a policy has 1 to ${mostStatements} statements`);
    }
    for (const [i, statement] of statements.entries()) {
      try {
        grantOf(parsePolicy(statement), compartment, places);
      } catch (error) {
        if (!(error instanceof AppError) || statements.length === 1) throw error;
        const { kind, message, detail } = error;
        throw new AppError(kind, `statement ${i + 1}, ${message}`, {
          ...{ cause: error, detail: { ...detail, statement: i + 1 } },
        });
      }
    }
  }

  function* found(): Generator<WrittenGrant> {
    for (const { name, compartment, statements, parsed } of byName.values()) {
      for (const [i, read] of parsed.entries()) {
        const statement = statements[i]!;
        try {
          yield { ...grantOf(read, compartment, places), policy: name, statement };
        } catch (error) {
          log.warn(
            { policy: name, statement, reason: explain(error) },
            'a statement grants nothing',
          );
        }
      }
    }
  }

  const shown = ({ parsed: _, ...policy }: Policy & { parsed: Statement[] }): Policy => policy;
  const naming = (names: (statement: Statement, policy: Policy) => boolean): string[] =>
    [...byName.values()].filter((p) => p.parsed.some((s) => names(s, p))).map((p) => p.name);

  return {
    /** By name. */
    all: (): Policy[] => [...byName.values()].map(shown),
    require: (name: string): Policy => shown(require(name)),

    async create(policy: NewPolicy, by: string): Promise<Policy> {
      requireName(policy.name, 'policy');
      deps.requireCompartment(policy.compartment);
      check(policy.statements, policy.compartment);
      if (!(await table.add(policy))) {
        throw new AppError('conflict', `there is a policy ${policy.name} already`);
      }
      await load();
      note('policy.created', policy.name, { by, detail: policy.statements.join('; ') });
      return shown(require(policy.name));
    },

    /** Gives a policy other statements. */
    async setStatements(name: string, statements: readonly string[], by: string): Promise<Policy> {
      const policy = require(name);
      check(statements, policy.compartment);
      await table.setStatements(policy.id, statements);
      await load();
      note('policy.changed', policy.name, { by, detail: statements.join('; ') });
      return shown(require(name));
    },

    async remove(name: string, by: string): Promise<void> {
      const policy = require(name);
      await table.remove(policy.id);
      await load();
      note('policy.removed', policy.name, { by });
    },

    /** What is granted now. */
    grants: (): readonly WrittenGrant[] => {
      grants ??= [...found()];
      return grants;
    },

    /** Something that statements name has changed. */
    changed(): void {
      grants = undefined;
    },
    /** The same, where the table was written to besides. */
    reload: load,

    /** The names of those that name a group of users or a dynamic group. */
    namingGroup: (kind: 'group' | 'dynamic-group', { name, ocid }: NamedGroup): string[] =>
      naming(({ subject }) => {
        if (subject.kind !== kind) return false;
        return subject.names.some(({ text, isId }) =>
          isId ? text === ocid : folded(text) === folded(name),
        );
      }),

    /** The names of those that name a compartment. */
    namingCompartment: (path: string): string[] =>
      naming(({ scope }, { compartment }) =>
        compartmentsNamed(scope, compartment, places).some((named) => named.path === path),
      ),

    /** Writes statements that name a compartment as they are once it has another path. */
    async rewrite(tx: StateTransaction, from: string, to: string): Promise<void> {
      for (const { id, compartment, statements, parsed } of byName.values()) {
        const rewritten = statements.map((statement, i) => {
          const named = compartmentsNamed(parsed[i]!.scope, compartment, places);
          const at = named.find(({ path, by }) => path === from && !by.isId)?.by;
          if (!at) return statement;
          return statement.slice(0, at.start) + written(lastNameOf(to)) + statement.slice(at.end);
        });
        if (rewritten.some((statement, i) => statement !== statements[i])) {
          await table.setStatements(id, rewritten, tx);
        }
      }
    },
  };

  function note(
    event: string,
    name: string,
    { by, detail }: { by: string; detail?: string },
  ): void {
    audit.note({ actor: `user:${by}`, event, subject: name, detail });
  }
}

/** A compartment's name, as statements may write it: what is a keyword there stands in quotes. */
const written = (name: string): string => (/^id$/i.test(name) ? `'${name}'` : name);
