import { AppError, explain } from '../../base/errors.ts';
import type { Objects } from '../../store/objects/objects.ts';
import type { DataPaths } from '../../store/paths.ts';
import type { Content } from '../content/content.ts';
import { createContents } from '../content/contents.ts';
import type { Reading } from '../content/listed.ts';
import { detailsOf, type PackageDetails } from './details.ts';
import { type Erratum, errataOf, namedBy } from './errata.ts';
import { type Listed, type ListPage, type PageWanted, pageOf } from './lines.ts';
import { createModuleLists, type ListedStream } from './modules.ts';
import { createOrders, type Part } from './orders.ts';

/** A source's revision: its label, and the object. */
export interface RevisionName {
  label: string;
  manifest: string;
}

export interface SearchWanted extends PageWanted {
  /** What a package is called: its id, or its name, with or without version and architecture; undefined for any. */
  called?: string | undefined;
  /** Only what advisories ship that refer to this: undefined for any. */
  cve?: string | undefined;
}

export interface SearchPage extends Omit<ListPage, 'items'> {
  items: Found[];
  unread: Unread[];
}

/** A source of which objects are missing or damaged. */
export interface Unread {
  label: string;
  reason: string;
}

/** A package that some sources have. */
export interface Found extends Listed {
  /** Which of those that were searched, by their numbers. */
  sources: number[];
  /** The advisories of these sources that ship it. */
  errata: Erratum[];
}

/** What one revision has. */
interface Held {
  content: Content;
  packages: Part[];
  advisories: Part[];
}

interface Deps {
  objects: Objects;
  paths: Pick<DataPaths, 'catalogue'>;
}

/** So many contents of views are remembered. */
const keptContents = 256;

/** Lists and finds packages and module streams in revisions. For any thread: it has a connection to the catalogue of its own. */
export function createListing({ objects, paths }: Deps) {
  const contents = createContents({ objects, paths, kept: keptContents });
  const orders = createOrders(objects);
  const streamsOf = createModuleLists();

  /** Reads what revisions hold. What cannot be read of those after the first `needed` is as if it were empty, and is told. */
  async function reading<T>(
    revisions: readonly RevisionName[],
    needed: number,
    read: (reading: Reading, held: Held[], unread: Unread[]) => Promise<T>,
  ): Promise<T> {
    const unread: Unread[] = [];
    const all: Content[] = [];
    for (const [i, { label, manifest }] of revisions.entries()) {
      const content = contents.of(label, manifest);
      all.push(i < needed ? await content : await content.catch(empty(label)));
    }
    return contents.reading(all, async (r) => {
      const held: Held[] = [];
      for (const [i, content] of all.entries()) {
        const one = heldBy(r, content);
        held.push(i < needed ? await one : await one.catch(none(revisions[i]!.label)));
      }
      return read(r, held, unread);
    });

    function tell(label: string, error: unknown): void {
      // What is being changed is there in a moment.
      if (!(error instanceof AppError) || error.kind === 'conflict') throw error;
      unread.push({ label, reason: explain(error) });
    }

    function empty(label: string) {
      return (error: unknown): Content => {
        tell(label, error);
        return { origins: [], remarks: [] };
      };
    }

    function none(label: string) {
      return (error: unknown): Held => {
        tell(label, error);
        return { content: { origins: [], remarks: [] }, packages: [], advisories: [] };
      };
    }
  }

  async function heldBy(r: Reading, content: Content): Promise<Held> {
    const packages = await orders.parts(r, content, 'package');
    return { content, packages, advisories: await orders.parts(r, content, 'advisory') };
  }

  return {
    /** One page of a revision's packages. */
    page: (of: RevisionName, wanted: PageWanted): Promise<ListPage> =>
      again(() =>
        reading([of], 1, async (r, [held]) =>
          pageOf(r.facts, await slicesOf(r, held!.packages), wanted),
        ),
      ),

    /** One page of what revisions hold together. */
    search: (revisions: readonly RevisionName[], wanted: SearchWanted): Promise<SearchPage> =>
      again(() =>
        reading(revisions, 0, async (r, held, unread) => {
          const advisories = held.flatMap((one) => one.advisories);
          const only = namedBy(r.facts, advisories, wanted);
          const parts = only?.size === 0 ? [] : held.flatMap((one) => one.packages);
          const slices = (await slicesOf(r, parts)).map(({ order, has }) => ({
            order,
            has: only ? (row: number) => only.has(row) && has(row) : has,
          }));
          const { items, next } = pageOf(r.facts, slices, wanted);
          const found = items.map((item): Found => {
            const sources = having(held, item.rows);
            const own = sources.flatMap((i) => held[i]!.advisories);
            return { ...item, sources, errata: errataOf(r.facts, own, item.line) };
          });
          return { items: found, next, unread };
        }),
      ),

    /** A package of the first revision by its id, and which of all have it; undefined where the first has none. */
    details: (
      revisions: readonly RevisionName[],
      id: string,
    ): Promise<(PackageDetails & { sources: number[] }) | undefined> =>
      again(() =>
        reading(revisions, 1, async (r, held) => {
          const found = await detailsOf(r, held[0]!.packages, id);
          return found && { ...found, sources: having(held, found.rows) };
        }),
      ),

    /** The streams of modules of a revision. */
    streams: (of: RevisionName): Promise<ListedStream[]> =>
      again(() =>
        reading([of], 1, async (r, [held]) => streamsOf(r, held!.content, held!.packages)),
      ),

    close: () => contents.close(),
  };

  /** Each document once, whoever has something of it. */
  async function slicesOf(r: Reading, parts: readonly Part[]) {
    const byTree = new Map<string, Part[]>();
    for (const part of parts) byTree.set(part.tree, [...(byTree.get(part.tree) ?? []), part]);
    const slices = [];
    for (const [tree, own] of byTree) {
      const has = own.length === 1 ? own[0]!.has : (row: number) => own.some((p) => p.has(row));
      slices.push({ order: await orders.order(r, tree), has });
    }
    return slices;
  }
}

/** Which of them have any of these rows. */
const having = (held: readonly Held[], rows: readonly number[]): number[] =>
  [...held.keys()].filter((i) => held[i]!.packages.some((part) => rows.some(part.has)));

/** Once more, where another catalogue took the place of the one that contents were found in. */
async function again<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'conflict') throw error;
    return read();
  }
}
