import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { SourceDefinition } from '../../../src/base/source.ts';
import type { Config } from '../../../src/cli/config.ts';
import { readSpace } from '../../../src/cli/space-section.ts';
import type { GcEvent, GcResult } from '../../../src/server/control/operations.ts';
import { startApp, type TestApp } from '../../support/app.ts';

/** An application whose past is over as soon as it is past, and whose files are old as soon as they are written. */
export async function startForgetful(
  sources: SourceDefinition[],
  { space = {}, ...overrides }: Partial<Omit<Config, 'space'>> & { space?: Spaces } = {},
): Promise<TestApp & { gc(dryRun?: boolean): Promise<GcResult>; plans: GcEvent['plan'][] }> {
  const test = await startApp(
    sources.map((s) => ({ keep_revisions: '1ms', ...s })),
    { graceMs: 1, ...overrides, space: readSpace({ margin: '1ms', ...space }) },
  );
  const plans: GcEvent['plan'][] = [];
  return {
    ...test,
    plans,
    async gc(dryRun = false) {
      await sleep(20);
      return test.app.operations.gc({ dryRun }, ({ plan }) => plans.push(plan));
    },
  };
}

type Spaces = Parameters<typeof readSpace>[0];

/** Bytes and number of the files that may be collected: objects, aliases, temporary ones. */
export async function onDisk(data: string): Promise<{ bytes: number; count: number }> {
  const total = { bytes: 0, count: 0 };
  for (const folder of ['objects', 'aliases', 'tmp']) {
    const names = await readdir(join(data, folder), { recursive: true }).catch(() => []);
    for (const name of names) {
      const info = await stat(join(data, folder, name));
      if (!info.isFile()) continue;
      total.bytes += info.size;
      total.count++;
    }
  }
  return total;
}

/** Everything below a data folder that a dry run must not change: files with what they hold, and rows. */
export async function everything(data: string): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const folder of ['objects', 'aliases', 'tmp']) {
    const names = await readdir(join(data, folder), { recursive: true }).catch(() => []);
    for (const name of names) {
      const path = join(data, folder, name);
      if ((await stat(path)).isFile()) all.set(path, (await readFile(path)).toString('base64'));
    }
  }
  for (const base of ['state', 'catalogue'] as const) {
    const db = new Database(join(data, `${base}.sqlite`), { readonly: true });
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    for (const table of tables) {
      all.set(`${base}.${table}`, JSON.stringify(db.prepare(`SELECT * FROM "${table}"`).all()));
    }
    db.close();
  }
  return all;
}

/** A number that a query of one of the databases gives. */
export function counted(data: string, base: 'state' | 'catalogue', query: string): number {
  const db = new Database(join(data, `${base}.sqlite`), { readonly: true });
  try {
    return db.prepare(query).pluck().get() as number;
  } finally {
    db.close();
  }
}

/** What a source's rows of a table are, as numbers of its revisions. */
export function revisionsOf(data: string, label: string): number[] {
  const db = new Database(join(data, 'state.sqlite'), { readonly: true });
  try {
    const query = db.prepare('SELECT number FROM revision WHERE label = ? ORDER BY number');
    return query.pluck().all(label) as number[];
  } finally {
    db.close();
  }
}

/** The object of a revision. */
export function manifestOf(data: string, label: string, number: number): string {
  const db = new Database(join(data, 'state.sqlite'), { readonly: true });
  try {
    const query = db.prepare('SELECT manifest FROM revision WHERE label = ? AND number = ?');
    return query.pluck().get(label, number) as string;
  } finally {
    db.close();
  }
}

/** Changes the state as other parts of the program would. */
export function changeState(data: string, sql: string): void {
  const db = new Database(join(data, 'state.sqlite'));
  db.exec(sql);
  db.close();
}
