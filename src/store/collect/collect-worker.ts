import { existsSync } from 'node:fs';
import { AppError, explain } from '../../base/errors.ts';
import { createObjects } from '../objects/objects.ts';
import { dataPaths } from '../paths.ts';
import { serveCalls } from '../worker-calls.ts';
import { createDigestMap } from './digest-map.ts';
import { createFates, type FateRules } from './fates.ts';
import { createMarks, type Marks, type Root } from './marks.ts';
import { createTally, type Line } from './tally.ts';
import {
  type FoundObject,
  looseAliases,
  objectsOf,
  removeOld,
  sniff,
  spreads,
  temporaryFiles,
} from './walk.ts';

/** What the thread does that looks for garbage, and removes it. `begin` forgets what it knew. */
export type CollectJob =
  | { op: 'begin'; dropsOriginals: string[] }
  | { op: 'keep' | 'doom'; roots: Root[] }
  | { op: 'measure'; rules: FateRules }
  | { op: 'known' }
  | { op: 'find'; folder: string }
  | { op: 'remove'; files: FoundObject[] }
  | { op: 'tidy' };

/** A revision that stays and cannot be read, so that what it leads to is not known. */
export interface Unreadable {
  root: Root;
  reason: string;
}

/** What the catalogue is to keep. */
export interface KnownToStay {
  numbers: ReturnType<Marks['numbers']>;
  trees: ReturnType<Marks['trees']>;
}

export type CollectResult = Unreadable[] | KnownToStay | FoundObject[] | Line[] | undefined;

serveCalls<{ root: string }, CollectJob, CollectResult>(({ root }) => {
  const paths = dataPaths(root);
  const objects = createObjects(paths);
  let marks = createMarks(objects, () => false);
  let fates: ReturnType<typeof createFates> | undefined;

  async function keep(roots: readonly Root[]): Promise<Unreadable[]> {
    const unreadable: Unreadable[] = [];
    for (const one of roots) {
      try {
        await marks.keep(one);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        unreadable.push({ root: one, reason: explain(error) });
      }
    }
    return unreadable;
  }

  /** What goes, as far as files say. */
  function measure(rules: FateRules): Line[] {
    fates = createFates(marks, rules, sniff);
    const tally = createTally();
    for (const folder of spreads) for (const file of objectsOf(paths, folder)) fates.see(file);
    fates.decide();
    const going = (name: string) => !existsSync(paths.object(name));
    const gone = createDigestMap();
    for (const folder of spreads) {
      for (const file of objectsOf(paths, folder)) {
        const fate = fates.of(file);
        if (!fate) continue;
        tally.add(fate.source, fate.kind, file.size);
        // Few objects have aliases; where they do, nearly all have.
        if (fate.kind === 'rpms') gone.set(file.name, 1);
      }
    }
    for (const alias of looseAliases(paths, (name) => !going(name) && gone.get(name) === 0)) {
      if (alias.time < rules.before) tally.add(leftOver, 'aliases', alias.size);
    }
    for (const file of temporaryFiles(paths)) {
      if (file.time < rules.before) tally.add(leftOver, 'other', file.size);
    }
    return tally.lines();
  }

  function remove(files: readonly FoundObject[]): Line[] {
    const tally = createTally();
    for (const file of files) {
      // Somebody may have begun to need it since it was found.
      const fate = fates!.of(file);
      if (fate && removeOld(file, fates!.before)) tally.add(fate.source, fate.kind, file.size);
    }
    return tally.lines();
  }

  function tidy(): Line[] {
    const tally = createTally();
    for (const alias of looseAliases(paths, (name) => existsSync(paths.object(name)))) {
      if (removeOld(alias, fates!.before)) tally.add(leftOver, 'aliases', alias.size);
    }
    for (const file of temporaryFiles(paths)) {
      if (removeOld(file, fates!.before)) tally.add(leftOver, 'other', file.size);
    }
    return tally.lines();
  }

  return async (job) => {
    switch (job.op) {
      case 'begin': {
        const dropping = new Set(job.dropsOriginals);
        marks = createMarks(objects, (label) => dropping.has(label));
        fates = undefined;
        return undefined;
      }
      case 'keep':
        return keep(job.roots);
      case 'doom':
        for (const one of job.roots) await marks.doom(one);
        return undefined;
      case 'measure':
        return measure(job.rules);
      case 'known':
        return { numbers: marks.numbers(), trees: marks.trees() };
      case 'find':
        return [...objectsOf(paths, job.folder)].filter((file) => fates!.of(file));
      case 'remove':
        return remove(job.files);
      case 'tidy':
        return tidy();
    }
  };
});

/** Of no source: what broken-off syncs left. */
const leftOver = '(left over)';
