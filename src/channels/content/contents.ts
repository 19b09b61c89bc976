import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../base/errors.ts';
import { hasFilters } from '../../base/filters.ts';
import { createFactsReader, type LentFacts } from '../../store/catalogue/facts.ts';
import { type Derived, readRevision } from '../../store/objects/derived.ts';
import type { Objects } from '../../store/objects/objects.ts';
import type { DataPaths } from '../../store/paths.ts';
import { dropEmptyRecords, dropEmptyStreams } from './consistency.ts';
import type { Content } from './content.ts';
import { createGroupReader } from './groups.ts';
import { keepLatest } from './latest.ts';
import {
  type ContentCounts,
  countContent,
  type ListedPackage,
  listPackages,
  type Reading,
} from './listed.ts';
import { dropOrphans, modularBuilds } from './modular.ts';
import { onlyThese } from './only.ts';
import { originsOf } from './origins.ts';
import { readPool } from './pool.ts';
import { createRemarks } from './remarks.ts';
import { select } from './selection.ts';

interface Deps {
  objects: Objects;
  paths: Pick<DataPaths, 'catalogue'>;
  /** Of so many derived revisions what they consist of is remembered: some kilobytes each. */
  kept?: number;
}

const keptMirrored = 10_000;

/** Finds out what revisions consist of. For any thread; it has a connection to the catalogue of its own. */
export function createContents({ objects, paths, kept = 64 }: Deps) {
  const reader = createFactsReader(paths.catalogue);
  const groups = createGroupReader();
  const known = new LRUCache<string, Promise<Content>>({ max: kept });
  /** Objects of mirrored revisions, which need not be looked at again. */
  const mirrored = new LRUCache<string, true>({ max: keptMirrored });
  /** Which catalogue the rows of a content are of, where it names any. */
  const boundTo = new WeakMap<Content, string>();

  /**
   * The content of a source's revision, by the object of that. Throws AppErrors: 'invalid' also where the filters of a view
   * leave nothing.
   */
  async function of(label: string, revision: string): Promise<Content> {
    return unfold(await plainOf(label, revision));
  }

  /** The content of what is no object: what a view would be made of. Throws as `of`. */
  async function ofDerived(derived: Derived): Promise<Content> {
    return unfold(await plainDerived(hash('sha256', JSON.stringify(derived)), derived));
  }

  async function unfold(plain: Content | Unfolded): Promise<Content> {
    if (!('derived' in plain)) return plain;
    const lent = reader.lend();
    try {
      return await find(plain, lent);
    } finally {
      lent.close();
    }
  }

  /** The content of what has one parent and no filter is what that parent's is. */
  async function plainOf(label: string, revision: string): Promise<Content | Unfolded> {
    const found = mirrored.has(revision)
      ? ({ kind: 'mirrored' } as const)
      : await readRevision(objects, revision);
    if (found.kind === 'mirrored') {
      mirrored.set(revision, true);
      const all = { packages: 'all', advisories: 'all', modules: 'all', groups: 'all' } as const;
      return { origins: [{ label, manifest: revision, ...all }], remarks: [] };
    }
    return plainDerived(revision, found.derived);
  }

  async function plainDerived(revision: string, derived: Derived): Promise<Content | Unfolded> {
    const [first, second] = derived.parents;
    if (first && !second && !first.only && !hasFilters(derived.filters)) {
      return plainOf(first.label, first.manifest);
    }
    return { revision, derived };
  }

  function find({ revision, derived }: Unfolded, lent: LentFacts): Promise<Content> {
    const key = `${lent.identity} ${revision}`;
    const before = known.get(key);
    if (before) return before;
    const content = derive(derived, lent);
    known.set(key, content);
    content.then(
      (c) => boundTo.set(c, lent.identity),
      () => known.delete(key),
    );
    return content;
  }

  async function derive({ parents, filters }: Derived, lent: LentFacts): Promise<Content> {
    const remarks = createRemarks();
    const contents: Content[] = [];
    for (const { label, manifest, only } of parents) {
      const plain = await plainOf(label, manifest);
      const content = 'derived' in plain ? await find(plain, lent) : plain;
      for (const remark of content.remarks) remarks.add(`${label}: ${remark}`);
      contents.push(
        only ? await onlyThese({ objects, facts: lent.facts, groups }, content, only) : content,
      );
    }
    const pool = await readPool({ objects, facts: lent.facts, groups }, contents, remarks.add);
    const selected = select(pool, filters, remarks.add);
    const modular = modularBuilds(pool);
    dropOrphans(pool, selected, modular);
    if (hasFilters(filters) || parents.some((p) => p.only)) {
      dropEmptyStreams(pool, selected, filters);
      if (filters.latestOnly) {
        keepLatest(pool, selected, modular);
        dropEmptyStreams(pool, selected, filters);
      }
      dropEmptyRecords(pool, selected, filters);
      if (hasFilters(filters) && pool.packages.rows.length > 0 && !selected.packages.includes(1)) {
        throw new AppError('invalid', 'the filters leave none of the packages', {
          hint: remarks.list()[0] ?? 'what is excluded wins over what is included',
        });
      }
    }
    return { origins: originsOf(pool, selected, remarks.add), remarks: remarks.list() };
  }

  /** Lends what the rows of contents mean. Throws AppError 'conflict' where the catalogue was made again since. */
  async function reading<T>(
    contents: readonly Content[],
    read: (reading: Reading) => Promise<T>,
  ): Promise<T> {
    const lent = reader.lend();
    try {
      if (contents.some((c) => (boundTo.get(c) ?? lent.identity) !== lent.identity)) {
        throw new AppError('conflict', 'the catalogue was made again meanwhile', {
          hint: 'try again',
        });
      }
      return await read({ objects, facts: lent.facts, groups });
    } finally {
      lent.close();
    }
  }

  return {
    of,
    ofDerived,
    reading,

    /** Calls `visit` with every package that a content has. */
    listPackages: (content: Content, visit: (pkg: ListedPackage) => void): Promise<void> =>
      reading([content], (r) => listPackages(r, content, visit)),

    /** How many packages, advisories, module streams and groups a content has, with records that could not be read. */
    count: (content: Content): Promise<ContentCounts> =>
      reading([content], (r) => countContent(r, content)),

    close: () => reader.close(),
  };
}

/** A derived revision with filters, or several parents. */
interface Unfolded {
  revision: string;
  derived: Derived;
}
