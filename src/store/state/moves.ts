import type { Selectable } from 'kysely';
import type { DerivedParent } from '../objects/derived.ts';
import type { MoveRow, StateDb } from './state.ts';

/** A stage went from one revision of what it follows to another. */
export interface Move {
  id: number;
  stage: string;
  kind: 'promote' | 'rollback' | 'configured';
  /** RFC 3339. */
  at: string;
  /** A user of the system, or `configuration`. */
  by: string;
  /** What it offered before; null for its first move. */
  from: DerivedParent | null;
  to: DerivedParent;
  /** What the configuration said at that time. */
  configured: string | null;
  /** Of a rollback: the move that it took back. */
  undoes: number | null;
  /** Of the stage, that came of it; null until that is published. */
  revision: number | null;
}

/** Moves of stages. One is written down before it is made, so that none is without its record. */
export function createMoveTable(db: StateDb) {
  return {
    /** A move that is about to be made; gives its id. */
    async begin(move: Omit<Move, 'id' | 'at' | 'revision'>): Promise<number> {
      const { stage, kind, by, from, to, configured, undoes } = move;
      const row = await db
        .insertInto('move')
        .values({
          label: stage,
          kind,
          at: new Date().toISOString(),
          by,
          from_source: from?.label ?? null,
          from_revision: from?.revision ?? null,
          from_manifest: from?.manifest ?? null,
          to_source: to.label,
          to_revision: to.revision,
          to_manifest: to.manifest,
          configured,
          undoes,
          revision: null,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      return row.id;
    },

    /** It was made: the stage published that revision. */
    async finish(id: number, revision: number): Promise<void> {
      await db.updateTable('move').set({ revision }).where('id', '=', id).execute();
    },

    /** It was not made after all. */
    async abandon(id: number): Promise<void> {
      await db.deleteFrom('move').where('id', '=', id).execute();
    },

    /** The moves of a stage that were made, the newest first. */
    async list(stage: string): Promise<Move[]> {
      const rows = await db
        .selectFrom('move')
        .where('label', '=', stage)
        .where('revision', 'is not', null)
        .orderBy('id', 'desc')
        .selectAll()
        .execute();
      return rows.map(moveOf);
    },

    /** Moves of which it is not known whether they were made: a process ended in the middle. */
    async pending(): Promise<Move[]> {
      const rows = await db
        .selectFrom('move')
        .where('revision', 'is', null)
        .orderBy('id')
        .selectAll()
        .execute();
      return rows.map(moveOf);
    },
  };
}

export type MoveTable = ReturnType<typeof createMoveTable>;

function moveOf(row: Selectable<MoveRow>): Move {
  const { id, at, by, configured, undoes, revision } = row;
  return {
    id,
    stage: row.label,
    kind: row.kind as Move['kind'],
    at,
    by,
    from:
      row.from_source === null
        ? null
        : { label: row.from_source, revision: row.from_revision, manifest: row.from_manifest! },
    to: { label: row.to_source, revision: row.to_revision, manifest: row.to_manifest },
    configured,
    undoes,
    revision,
  };
}
