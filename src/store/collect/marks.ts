import type { Checksum } from '../../base/digest.ts';
import { AppError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { readDeltas } from '../../repodata/deltas.ts';
import { readRevision } from '../objects/derived.ts';
import type { CutDocument, Manifest, ManifestFile } from '../objects/manifest.ts';
import type { Objects } from '../objects/objects.ts';
import { droppableFiles } from '../objects/originals.ts';
import { readTree } from '../objects/tree.ts';
import { readWholeDocument } from '../objects/whole-document.ts';
import { createDigestMap } from './digest-map.ts';
import { createTreePackages } from './tree-packages.ts';

/** What kinds of things take space. `packs` are trees as well, `revisions` manifests and what views are made of. */
export const kinds = [
  'documents',
  'packs',
  'rpms',
  'revisions',
  'aliases',
  'cache',
  'other',
] as const;
export type Kind = (typeof kinds)[number];

/** A revision whose object leads to others. */
export interface Root {
  label: string;
  /** Null where what it was at a time is no numbered revision. */
  number: number | null;
  manifest: string;
  /** Whether clients may be reading it as it is published. */
  served: boolean;
  originals: boolean;
  onPurpose: boolean;
}

/** What is said of an object that stays, in bits. The bits above are its source's number. */
const needed = 1;
const rpm = 2;
const held = 4;
const labelBits = 4;
/** The number of what several sources have. */
const shared = 0xfff;

export type Marks = ReturnType<typeof createMarks>;

/**
 * Finds out what revisions lead to. First all that stay are kept, then those that go are followed, so that it can be said whose
 * the rest was. `dropsOriginals` tells whether a source's old revisions do without upstream's big documents.
 */
export function createMarks(objects: Objects, dropsOriginals: (label: string) => boolean) {
  const labels: string[] = [];
  const labelNumbers = new Map<string, number>();
  const kept = createDigestMap();
  /** Of what goes: the kind's place in the list above the source's number. */
  const doomed = createDigestMap();
  /** Revisions and trees that were followed: by whom; twice where originals were left out first. */
  const followed = { keep: createDigestMap(), doom: createDigestMap() };
  const numbers = new Map<string, Set<number>>();
  const trees = { primary: new Set<string>(), updateinfo: new Set<string>() };
  const packages = createTreePackages(objects);
  let phase: 'keep' | 'doom' = 'keep';

  function numberOf(label: string): number {
    const known = labelNumbers.get(label);
    if (known !== undefined) return known;
    // More sources than that are told apart no more.
    const number = Math.min(labels.push(label) - 1, shared);
    labelNumbers.set(label, number);
    return number;
  }

  function mark(name: string, kind: Kind, label: string, flags = needed): void {
    const own = numberOf(label);
    const before = kept.get(name);
    if (phase === 'keep') {
      const other = before !== 0 && before >> labelBits !== own;
      kept.set(
        name,
        ((other ? shared : own) << labelBits) | (before & ((1 << labelBits) - 1)) | flags,
      );
    } else if (before === 0) {
      doom(name, kind, own);
    }
  }

  function doom(name: string, kind: Kind, own: number): void {
    const known = doomed.get(name);
    const whose = known && (known & 0x1fff) - 1 !== own ? shared : own;
    doomed.set(name, (kinds.indexOf(kind) << 13) | (whose + 1));
  }

  /** Whether something is to be followed, by the bits of how far it is. */
  function isNew(name: string, label: string, bits = 1): boolean {
    const seen = followed[phase].get(name);
    // Whose it was is told right where another source leads there, too.
    const whose = phase === 'doom' ? numberOf(label) << 2 : 0;
    if (phase === 'doom' && followed.keep.get(name)) return false;
    if (seen && (seen & bits) === bits && (seen & ~3) === whose) return false;
    followed[phase].set(name, (seen & 3) | bits | whose);
    return true;
  }

  async function follow(root: Root): Promise<void> {
    const { label, number, manifest } = root;
    mark(manifest, 'revisions', label);
    if (phase === 'keep' && number !== null) {
      numbers.set(label, (numbers.get(label) ?? new Set()).add(number));
    }
    if (!isNew(manifest, label, root.originals ? 3 : 1)) return;
    const found = await readRevision(objects, manifest);
    if (found.kind === 'mirrored') return followManifest(root, found.manifest);
    for (const parent of found.derived.parents) {
      const { label: of, revision, manifest: at } = parent;
      const originals = root.served || !dropsOriginals(of);
      await follow({ ...root, label: of, number: revision, manifest: at, originals });
    }
  }

  async function followManifest(root: Root, manifest: Manifest): Promise<void> {
    const { label } = root;
    const leftOut = new Set(root.originals ? [] : droppableFiles(manifest));
    for (const file of [...manifest.files, ...(manifest.keys ?? [])]) {
      if (leftOut.has(file as ManifestFile)) doom(file.sha256, 'documents', numberOf(label));
      else mark(file.sha256, 'documents', label);
    }
    for (const [document, tree] of Object.entries(manifest.trees) as [CutDocument, string][]) {
      await followTree(root, document, tree);
    }
    for (const file of manifest.files) {
      if (file.type === 'prestodelta' || file.type === 'deltainfo') await followDeltas(root, file);
    }
  }

  async function followTree(root: Root, document: CutDocument, tree: string): Promise<void> {
    mark(tree, 'packs', root.label);
    if (!isNew(tree, root.label)) return;
    const { runs } = await readTree(objects, tree);
    for (const pack of new Set(runs.map(([name]) => name))) mark(pack, 'packs', root.label);
    if (phase === 'keep' && (document === 'primary' || document === 'updateinfo')) {
      trees[document].add(tree);
    }
    if (document !== 'primary') return;
    for await (const checksum of packages.of(runs, phase === 'doom' ? root.label : ''))
      await markRpm(root, checksum);
  }

  /** Delta rpms that were asked for are held as packages are. */
  async function followDeltas(root: Root, file: ManifestFile): Promise<void> {
    if (!isNew(file.sha256, root.label)) return;
    try {
      const xml = await readWholeDocument(objects, file, limits.wholeDocument);
      for (const { checksum } of readDeltas(xml)) await markRpm(root, checksum);
    } catch (error) {
      // One that cannot be read lists nothing; none is served then.
      if (!(error instanceof AppError)) throw error;
    }
  }

  async function markRpm({ label, onPurpose }: Root, checksum: Checksum): Promise<void> {
    const name = checksum.type === 'sha256' ? checksum.value : await objects.nameOf(checksum);
    if (name) mark(name, 'rpms', label, onPurpose ? rpm | held : rpm);
  }

  const whose = (number: number): string => (number >= shared ? '(shared)' : labels[number]!);

  return {
    /** Keeps what a revision leads to. Those whose packages are held on purpose come first. Throws AppErrors where that cannot be told. */
    async keep(root: Root): Promise<void> {
      phase = 'keep';
      await follow(root);
    },
    /** Follows a revision that goes, as far as it can be read. */
    async doom(root: Root): Promise<void> {
      phase = 'doom';
      try {
        await follow(root);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
    },
    isKept: (name: string): boolean => kept.get(name) !== 0,
    /** Whether it is nothing but a package, and held only because somebody asked for it. */
    isOnDemand: (name: string): boolean => (kept.get(name) & ((1 << labelBits) - 1)) === rpm,
    /** Whose an object that goes was, and what; undefined where no revision that is known leads to it. */
    about(name: string): { source: string; kind: Kind } | undefined {
      const flags = kept.get(name);
      if (flags) return { source: whose(flags >> labelBits), kind: 'rpms' };
      const value = doomed.get(name);
      if (value === 0) return undefined;
      return { source: whose((value & 0x1fff) - 1), kind: kinds[value >> 13]! };
    },
    /** The numbers of each label's revisions that stay, also of those that only others are derived from. */
    numbers: () => [...numbers].map(([label, set]) => ({ label, numbers: [...set] })),
    trees: () => ({ primary: [...trees.primary], updateinfo: [...trees.updateinfo] }),
  };
}
