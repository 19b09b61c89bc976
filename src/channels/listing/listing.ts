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
}

/** A package that some sources have. */
export interface Found extends Listed {
  /** Which of those that were searched, by their numbers. */
  sources: number[];
  /** The advisories of these sources that ship it. */
  errata: Erratum[];
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

  async function reading<T>(
    revisions: readonly RevisionName[],
    read: (reading: Reading, all: Content[]) => Promise<T>,
  ): Promise<T> {
    const all: Content[] = [];
    for (const { label, manifest } of revisions) all.push(await contents.of(label, manifest));
    return contents.reading(all, (r) => read(r, all));
  }

  return {
    /** One page of a revision's packages. */
    page: (of: RevisionName, wanted: PageWanted): Promise<ListPage> =>
      reading([of], async (r, [content]) => {
        const parts = await orders.parts(r, content!, 'package');
        return pageOf(r.facts, await slicesOf(r, parts), wanted);
      }),

    /** One page of what revisions hold together. */
    search: (revisions: readonly RevisionName[], wanted: SearchWanted): Promise<SearchPage> =>
      reading(revisions, async (r, all) => {
        const packages: Part[][] = [];
        const advisories: Part[][] = [];
        for (const content of all) {
          packages.push(await orders.parts(r, content, 'package'));
          advisories.push(await orders.parts(r, content, 'advisory'));
        }
        const only = namedBy(r.facts, advisories.flat(), wanted);
        const slices = only?.size === 0 ? [] : await slicesOf(r, packages.flat());
        const { items, next } = pageOf(
          r.facts,
          only ? slices.map((s) => ({ ...s, has: (row) => only.has(row) && s.has(row) })) : slices,
          wanted,
        );
        const found = items.map((item): Found => {
          const sources = [...packages.keys()].filter((i) => holds(packages[i]!, item.rows));
          const errata = errataOf(
            r.facts,
            sources.flatMap((i) => advisories[i]!),
            item.key,
          );
          return { ...item, sources, errata };
        });
        return { items: found, next };
      }),

    /** A package of the first revision by its id, and which of all have it; undefined where the first has none. */
    details: (
      revisions: readonly RevisionName[],
      id: string,
    ): Promise<(PackageDetails & { sources: number[] }) | undefined> =>
      reading(revisions, async (r, all) => {
        const packages: Part[][] = [];
        for (const content of all) packages.push(await orders.parts(r, content, 'package'));
        const found = await detailsOf(r, packages[0]!, id);
        if (!found) return undefined;
        const sources = [...packages.keys()].filter((i) => holds(packages[i]!, found.rows));
        return { ...found, sources };
      }),

    /** The streams of modules of a revision. */
    streams: (of: RevisionName): Promise<ListedStream[]> =>
      reading([of], async (r, [content]) =>
        streamsOf(r, content!, await orders.parts(r, content!, 'package')),
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

const holds = (parts: readonly Part[], rows: readonly number[]): boolean =>
  parts.some((part) => rows.some(part.has));
