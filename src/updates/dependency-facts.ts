import { BitSet } from '../base/bit-set.ts';
import { AppError } from '../base/errors.ts';
import { ownText } from '../base/own-text.ts';
import type { Content } from '../channels/content/content.ts';
import { createDependencyReader, type Dependency } from '../repodata/dependencies.ts';
import { forRowFragments } from '../store/catalogue/row-fragments.ts';
import { readManifest } from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { Sqlite } from '../store/sqlite.ts';
import { nothing } from './unreadable.ts';

/** What packages say of others, by their rows in the catalogue. */
export interface DependencyFacts {
  /** Of those that obsolete anything. */
  obsoletes: ReadonlyMap<number, readonly Dependency[]>;
  /** What they provide that may be the name of another package. */
  provides: ReadonlyMap<number, readonly string[]>;
}

/** Reads what packages obsolete and provide, each once. */
export function createDependencyFacts(objects: Objects) {
  let obsoletes = new Map<number, readonly Dependency[]>();
  let provides = new Map<number, readonly string[]>();
  /** The rows of which it is known what they obsolete, and also what they provide. */
  let scanned = new BitSet();
  let scannedWhole = new BitSet();

  return {
    known: (): DependencyFacts => ({ obsoletes, provides }),

    /** Reads what is not known of packages; what they provide only where that matters. What cannot be read says nothing. */
    async read(
      db: Sqlite,
      { origins, provides: whole }: { origins: Content['origins']; provides: boolean },
    ): Promise<void> {
      const read = createDependencyReader();
      for (const { manifest, packages } of origins) {
        const tree = (await readManifest(objects, manifest).catch(nothing))?.trees.primary;
        if (!tree) continue;
        const fresh = { tree, rows: packages, except: whole ? scannedWhole : scanned };
        const more: number[] = [];
        await forRowFragments({ db, objects }, fresh, ({ row, bytes }) => {
          if (row === undefined) return;
          more.push(row);
          if (!bytes.includes('obsoletes') && !(whole && mayProvide(bytes))) return;
          const found = readable(() => read(bytes));
          if (!found) return;
          if (found.obsoletes.length > 0) obsoletes.set(row, found.obsoletes);
          const names = whole ? namesIn(found) : [];
          if (names.length > 0) provides.set(row, names);
        }).catch(nothing);
        for (const row of more) {
          scanned.add(row);
          if (whole) scannedWhole.add(row);
        }
      }
    },

    /** A row is another package from now on. */
    forget(row: number): void {
      scanned.delete(row);
      scannedWhole.delete(row);
      obsoletes.delete(row);
      provides.delete(row);
    },

    forgetAll(): void {
      obsoletes = new Map();
      provides = new Map();
      scanned = new BitSet();
      scannedWhole = new BitSet();
    },
  };
}

/** Whether a package provides more than itself, as most do not. */
function mayProvide(bytes: Buffer): boolean {
  const xml = bytes.toString('latin1');
  const from = xml.indexOf('<rpm:provides>');
  const own = /<name>([^<]+)<\/name>/.exec(xml)?.[1];
  if (from < 0 || own === undefined) return bytes.includes('provides');
  const section = xml.slice(from, xml.indexOf('</rpm:provides>', from));
  for (const [, name] of section.matchAll(packageName)) if (name !== own) return true;
  return false;
}

const packageName = / name="([^"(/]+)"/g;

/** Files, libraries and the like have other names than packages. */
function namesIn({ name: own, provides }: { name: string; provides: Dependency[] }): string[] {
  const names = provides.map(({ name }) => name).filter((name) => !/[(/]/.test(name));
  return [...new Set(names)].filter((name) => name !== own).map(ownText);
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
