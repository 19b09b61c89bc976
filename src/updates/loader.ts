import { statSync } from 'node:fs';
import { BitSet } from '../base/bit-set.ts';
import type { Content } from '../channels/content/content.ts';
import { createContents } from '../channels/content/contents.ts';
import { type Reading, rowsOf } from '../channels/content/listed.ts';
import { type ModulesOf, modulesOf } from '../store/catalogue/module-streams.ts';
import { fieldsOf } from '../store/catalogue/package-key.ts';
import { usable } from '../store/catalogue/unusable.ts';
import type { Derived } from '../store/objects/derived.ts';
import { readManifest } from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { DataPaths } from '../store/paths.ts';
import { openForReading, type Sqlite } from '../store/sqlite.ts';
import type { AdvisoryNumbers, ReadAdvisory } from './advisories.ts';
import { createDependencyFacts } from './dependency-facts.ts';
import { createStreams } from './streams.ts';
import { nothing } from './unreadable.ts';
import { createWorld, type Package, type World, type WorldPart } from './world.ts';

/** What an instance sees of a source it has attached: a revision, by its object or as what it would be made of. */
export interface Seen {
  label: string;
  of: { label: string; manifest: string } | { label: string; derived: Derived };
}

interface Deps {
  objects: Objects;
  paths: Pick<DataPaths, 'catalogue'>;
  advisories(): AdvisoryNumbers;
}

export type Loader = ReturnType<typeof createLoader>;

/** Of so many derived revisions what they consist of is remembered. */
const keptContents = 256;

/** Reads what channels have. What rows of the catalogue say is kept, as the next revision has most of them as well. */
export function createLoader({ objects, paths, advisories }: Deps) {
  const contents = createContents({ objects, paths, kept: keptContents });
  let packages: (Package | undefined)[] = [];
  const dependencies = createDependencyFacts(objects);

  async function contentOf({ of }: Seen): Promise<Content> {
    try {
      return await ('derived' in of
        ? contents.ofDerived(of.derived)
        : contents.of(of.label, of.manifest));
    } catch (error) {
      nothing(error);
      return { origins: [], remarks: [] };
    }
  }

  async function read(reading: Reading, seen: readonly Seen[], all: readonly Content[]) {
    const parts: WorldPart[] = [];
    const rows = new BitSet();
    const whole = new BitSet();
    const cut: { rows: BitSet; packages: BitSet }[] = [];
    for (const [i, content] of all.entries()) {
      const own = new BitSet();
      for (const origin of content.origins) {
        const readable = async (kind: 'packages' | 'advisories') =>
          rowsOf(reading, origin, kind).catch(nothing);
        for (const row of (await readable('packages')) ?? []) own.add(row);
        const advisoryRows = (await readable('advisories')) ?? new BitSet();
        // Of packages that are filtered, advisories say only what remains.
        if (origin.packages !== 'all') cut.push({ rows: advisoryRows, packages: own });
        else for (const row of advisoryRows) whole.add(row);
      }
      for (const row of own) rows.add(row);
      parts.push({ label: seen[i]!.label, rows: own });
    }
    const db = openForReading(paths.catalogue);
    try {
      const found = [...packagesOf(reading, rows)];
      const streams = createStreams(await allModules(db, all));
      const origins = all.flatMap((content) => content.origins);
      await dependencies.read(db, { origins, provides: !streams.isEmpty });
      return createWorld({
        ...{ parts, packages: found, streams, ...dependencies.known() },
        advisories: advisoriesOf(reading, { whole, cut }),
      });
    } finally {
      db.close();
    }
  }

  function* advisoriesOf(
    { facts }: Reading,
    { whole, cut }: { whole: BitSet; cut: readonly { rows: BitSet; packages: BitSet }[] },
  ): Generator<ReadAdvisory> {
    const { read } = advisories();
    for (const one of facts.advisories.of(whole)) yield read(one);
    for (const { rows, packages: remaining } of cut) {
      const names = facts.packages.names(remaining);
      const keys = new Set([...remaining].map(names.key));
      for (const one of facts.advisories.of([...rows].filter((row) => !whole.has(row)))) {
        const all = read(one);
        yield { ...all, shipped: all.shipped.filter(({ key }) => keys.has(key)) };
      }
    }
  }

  function* packagesOf({ facts }: Reading, rows: BitSet): Generator<Package> {
    const names = facts.packages.names(rows);
    for (const row of rows) {
      const key = names.key(row);
      let pkg = packages[row];
      if (pkg?.key !== key) {
        const { name, arch } = fieldsOf(key);
        pkg = { row, name, arch, key, evr: names.evr(row) };
        packages[row] = pkg;
        dependencies.forget(row);
      }
      if (pkg.arch !== 'src' && pkg.arch !== 'nosrc') yield pkg;
    }
  }

  async function allModules(db: Sqlite, all: readonly Content[]): Promise<ModulesOf> {
    const found: ModulesOf = { builds: [], defaults: [] };
    const seen = new Set<string>();
    for (const { manifest, modules } of all.flatMap((content) => content.origins)) {
      if (modules === 'all') {
        if (seen.has(manifest)) continue;
        seen.add(manifest);
      }
      const read = await readManifest(objects, manifest)
        .then((of) => modulesOf({ db, objects }, of, modules))
        .catch(nothing);
      found.builds.push(...(read?.builds ?? []));
      found.defaults.push(...(read?.defaults ?? []));
    }
    return found;
  }

  let file = '';

  return {
    contents,
    content: contentOf,

    /** Whether another catalogue took the place of the one before: rows mean something else then. */
    isReplaced(): boolean {
      const { dev, ino } = usable(() => statSync(paths.catalogue));
      const now = `${dev}:${ino}`;
      if (now === file) return false;
      const before = file;
      file = now;
      packages = [];
      dependencies.forgetAll();
      return before !== '';
    },

    /** Everything that these have together. Throws AppErrors: 'conflict' where the catalogue was replaced meanwhile. */
    async world(seen: readonly Seen[]): Promise<World> {
      const all: Content[] = [];
      for (const one of seen) all.push(await contentOf(one));
      return contents.reading(all, (reading) => read(reading, seen, all));
    },
  };
}
