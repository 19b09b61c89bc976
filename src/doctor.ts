import { access, constants, readdir } from 'node:fs/promises';
import { AppError, explain } from './base/errors.ts';
import { shownBytes } from './base/units.ts';
import { requireObjects } from './channels/stages-objects.ts';
import { findMirrors, withMirrors } from './mirror/mirrors.ts';
import type { Check } from './server/control/operations.ts';
import type { SourceSet } from './source-set.ts';
import type { Catalogue } from './store/catalogue/catalogue.ts';
import { catalogueMigrations } from './store/catalogue/migrations.ts';
import { usable } from './store/catalogue/unusable.ts';
import { readRevision } from './store/objects/derived.ts';
import { missingObjects } from './store/objects/manifest.ts';
import type { Objects } from './store/objects/objects.ts';
import type { DataPaths } from './store/paths.ts';
import { type Migration, openForReading, schemaVersion } from './store/sqlite.ts';
import type { RevisionTable } from './store/state/revisions.ts';
import { stateMigrations } from './store/state/state.ts';

interface Patient {
  paths: DataPaths;
  objects: Objects;
  catalogue: Catalogue;
  revisions: RevisionTable;
  sources: SourceSet;
  minFree: number;
}

/** Looks the data folder, the databases, the objects of what is served, and each upstream over. Changes nothing. */
export async function examine(patient: Patient): Promise<Check[]> {
  const { paths, sources, revisions } = patient;
  const checks: Promise<Check>[] = [
    check('data folder', () => folder(patient)),
    check('free space', () => space(patient)),
    check('database state', () => database(paths.state, stateMigrations)),
    check('database catalogue', () => usable(() => database(paths.catalogue, catalogueMigrations))),
  ];
  for (const label of await revisions.labels()) {
    checks.push(check(`served ${label}`, () => served(patient, label)));
  }
  for (const source of sources.mirrored()) {
    checks.push(
      check(`upstream ${source.label}`, async () => {
        const mirrors = await findMirrors(source, {});
        const url = await withMirrors(mirrors, undefined, async (upstream) => {
          const signal = AbortSignal.timeout(10_000);
          const answer = await upstream.get('repodata/repomd.xml', { signal });
          if (answer.status === 'ok') for await (const _ of answer.body) break;
          return upstream.shown;
        });
        return `${url} answers`;
      }),
    );
  }
  return Promise.all(checks);
}

/** A remark that is no failure. */
class Warning extends Error {}

async function check(name: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { name, status: 'ok', detail: await look() };
  } catch (error) {
    if (error instanceof Warning) return { name, status: 'warning', detail: error.message };
    return { name, status: 'failed', detail: explain(error) };
  }
}

async function folder({ paths }: Patient): Promise<string> {
  await access(paths.root, constants.R_OK | constants.W_OK | constants.X_OK);
  const writing = await readdir(paths.tmp).catch(() => []);
  return `${paths.root} can be written, ${writing.length} files are being written`;
}

async function space({ objects, minFree }: Patient): Promise<string> {
  const free = await objects.freeBytes();
  const text = `${shownBytes(free)} free, nothing new is fetched below ${shownBytes(minFree)}`;
  if (free < minFree)
    throw new AppError('no_space', text, { hint: 'free some space, or lower min_free' });
  if (free < minFree * 2) throw new Warning(text);
  return text;
}

async function database(path: string, migrations: readonly Migration[]): Promise<string> {
  const db = openForReading(path);
  try {
    const isIndex = migrations === catalogueMigrations;
    const hint = isIndex
      ? '`headwater catalogue rebuild` makes it again'
      : 'restore it from a backup';
    const found = String(db.pragma('quick_check', { simple: true }));
    if (found !== 'ok') {
      const said = found.split('\n').slice(0, 3).join('; ');
      throw new AppError('invalid', `${path} is damaged: ${said}`, { hint });
    }
    const version = schemaVersion(db);
    if (version !== migrations.length) {
      throw new AppError(
        'invalid',
        `${path} has schema ${version} where ${migrations.length} is expected`,
        { hint },
      );
    }
    return `schema ${version}, intact`;
  } finally {
    db.close();
  }
}

async function served({ objects, revisions, catalogue }: Patient, label: string): Promise<string> {
  const current = await revisions.current(label);
  if (!current) return 'nothing yet';
  const found = await readRevision(objects, current.manifest);
  if (found.kind === 'derived') {
    const { number: revision, manifest } = current;
    await requireObjects(objects, { label, revision, manifest });
    return `revision ${revision}: all that it is made of is there`;
  }
  const { manifest } = found;
  const [missing] = await missingObjects(objects, manifest);
  if (missing) {
    throw new AppError('not_found', `object ${missing} of revision ${current.number} is missing`, {
      hint: `\`headwater sync ${label}\` fetches it again`,
    });
  }
  // One ahead belongs to a sync that has not moved the ref yet, or never will: the next one takes its rows back.
  if (catalogue.indexed(label) < current.number) {
    throw new AppError('invalid', `revision ${current.number} is not in the catalogue`, {
      hint: 'it is indexed at the next start, or by `headwater catalogue rebuild`',
    });
  }
  return `revision ${current.number}: all of its ${manifest.files.length} files are there, and indexed`;
}
