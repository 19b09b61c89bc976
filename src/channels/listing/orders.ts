import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { BitSet } from '../../base/bit-set.ts';
import type { Facts } from '../../store/catalogue/facts.ts';
import { readManifest } from '../../store/objects/manifest.ts';
import type { Objects } from '../../store/objects/objects.ts';
import type { Content, Origin } from '../content/content.ts';
import type { Reading } from '../content/listed.ts';
import { createNameOrder, type NameOrder } from './name-order.ts';

/** Orders of so many packages are kept: about 50 bytes each. */
const keptPackages = 2_000_000;
/** Sets of rows: some kilobytes each. */
const keptSets = 1000;
const keptManifests = 10_000;

type Table = 'package' | 'advisory';

/** The rows of a document. */
interface TreeSet {
  /** Of what it was read, and a digest of that: rows may get other numbers. */
  facts: Facts;
  digest: string;
  sorted: Uint32Array;
  set: BitSet;
}

/** One document of which a content has something. */
export interface Part {
  tree: string;
  origin: Origin;
  /** Whether the content has the row. */
  has(row: number): boolean;
}

/** Keeps what is known of documents: which rows they have, and their order. */
export function createOrders(objects: Objects) {
  const trees = new LRUCache<string, Record<Table, string | undefined>>({ max: keptManifests });
  const sets = new LRUCache<string, TreeSet>({ max: keptSets });
  const orders = new LRUCache<string, { of: string; order: NameOrder }>({
    maxSize: keptPackages,
    maxEntrySize: Number.MAX_SAFE_INTEGER,
    sizeCalculation: ({ order }) => order.rows.length + 1,
  });

  async function treeOf({ manifest }: Origin, table: Table): Promise<string | undefined> {
    let found = trees.get(manifest);
    if (!found) {
      const { primary, updateinfo } = (await readManifest(objects, manifest)).trees;
      found = { package: primary, advisory: updateinfo };
      trees.set(manifest, found);
    }
    return found[table];
  }

  /** What is kept is of the catalogue as it was; a document's rows seldom get other numbers. */
  async function setOf(facts: Facts, table: Table, tree: string): Promise<TreeSet> {
    const key = `${table} ${tree}`;
    const before = sets.get(key);
    if (before?.facts === facts) return before;
    const { rows } = await facts.trees(objects, table, tree);
    const digest = hash('sha256', new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
    if (before?.digest === digest) {
      before.facts = facts;
      return before;
    }
    const set = new BitSet(rows);
    const sorted = Uint32Array.from(set);
    const found = { facts, digest, sorted, set };
    sets.set(key, found);
    return found;
  }

  /** The documents that a content is of; `table` says whether its packages are asked about or its advisories. */
  async function parts({ facts }: Reading, content: Content, table: Table): Promise<Part[]> {
    const found: Part[] = [];
    for (const origin of content.origins) {
      const tree = await treeOf(origin, table);
      if (tree === undefined) continue;
      const rows = table === 'package' ? origin.packages : origin.advisories;
      const set = rows === 'all' ? (await setOf(facts, table, tree)).set : rows;
      found.push({ tree, origin, has: (row) => set.has(row) });
    }
    return found;
  }

  /** The packages of a document in order. */
  async function order({ facts }: Reading, tree: string): Promise<NameOrder> {
    const { digest, sorted } = await setOf(facts, 'package', tree);
    const before = orders.get(tree);
    if (before?.of === digest) return before.order;
    const made = createNameOrder(facts, sorted);
    orders.set(tree, { of: digest, order: made });
    return made;
  }

  return { parts, order };
}
