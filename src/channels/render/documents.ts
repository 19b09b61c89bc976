import { BitSet } from '../../base/bit-set.ts';
import { relocate } from '../../repodata/relocate.ts';
import { declare, joinRoots } from '../../repodata/root-tag.ts';
import type { CutDocument } from '../../store/objects/manifest.ts';
import { loadAdvisories } from './advisories.ts';
import { type LoadedOrigin, loadDocument, type OriginDeps } from './origins.ts';
import { cutPieces, type Dialect, type Piece } from './pieces.ts';
import type { Sequence } from './sequence.ts';

/** A document that is made of fragments: what stands before them, its pieces, and its end. */
export interface DocumentPlan {
  open: string;
  close: string;
  pieces(): Iterable<Piece>;
  /** Whether something of upstream's document is missing in it. */
  isCut: boolean;
}

interface Part {
  sequence: Sequence;
  keep: Uint8Array | undefined;
  kept: number;
  dialect: Dialect;
}

/** Plans a document; undefined where none of the origins has it. Throws AppErrors. */
export async function planDocument(
  deps: OriginDeps,
  origins: readonly LoadedOrigin[],
  document: CutDocument,
): Promise<DocumentPlan | undefined> {
  const parts: Part[] = [];
  let isCut = false;
  const packages = document === 'updateinfo' ? union(origins) : undefined;
  for (const loaded of origins) {
    if (document === 'primary') {
      const { primary: sequence, keep, kept } = loaded;
      parts.push({ sequence, keep, kept, dialect: byDigest });
    } else if (document === 'updateinfo') {
      const found = await loadAdvisories(deps, loaded, packages!);
      if (!found) continue;
      parts.push({ ...found, dialect: { ...asItIs, ...found.dialect } });
      isCut ||= found.isCut;
    } else {
      const found = await loadDocument(deps, loaded, document);
      if (found) parts.push({ ...found, dialect: asItIs });
    }
  }
  if (origins.length === 0) return emptyDocument(document);
  if (parts.length === 0) return undefined;
  const count = parts.reduce((sum, p) => sum + p.kept, 0);
  const root = joinRoots(
    parts.map((p) => p.sequence.open),
    count,
  );
  return {
    open: `${root.open}\n`,
    close: `${parts[0]!.sequence.close}\n`,
    *pieces() {
      for (const [i, { sequence, keep, dialect }] of parts.entries()) {
        yield* cutPieces(sequence, keep, declaring(dialect, root.own[i]!));
      }
    },
    isCut: isCut || parts.some((p) => p.keep !== undefined),
  };
}

/** What has no packages at all is a repository all the same. Updateinfo need not be there. */
function emptyDocument(document: CutDocument): DocumentPlan | undefined {
  const root = emptyRoots[document];
  if (!root) return undefined;
  const open = `<?xml version="1.0" encoding="UTF-8"?>\n<${root} packages="0">\n`;
  const close = `</${root.split(' ')[0]}>\n`;
  return { open, close, *pieces() {}, isCut: true };
}

const namespace = 'http://linux.duke.edu/metadata';
const emptyRoots: Partial<Record<CutDocument, string>> = {
  primary: `metadata xmlns="${namespace}/common" xmlns:rpm="${namespace}/rpm"`,
  filelists: `filelists xmlns="${namespace}/filelists"`,
  other: `otherdata xmlns="${namespace}/other"`,
};

/** The rows of all packages that remain. */
export function union(origins: readonly LoadedOrigin[]): BitSet {
  if (origins.length === 1) return origins[0]!.rows;
  const all = new BitSet();
  for (const { rows } of origins) for (const row of rows) all.add(row);
  return all;
}

const asItIs: Dialect = { mark: '', level: 1 };

const byDigest: Dialect = {
  mark: 'primary with digest hrefs',
  level: 3,
  transform: (bytes, simple) => relocate(bytes, simple),
};

/** What is done to fragments whose prefixes mean something else in the document that they get into. */
function declaring(dialect: Dialect, own: string): Dialect {
  if (own === '') return dialect;
  const { transform } = dialect;
  return {
    ...dialect,
    mark: `${dialect.mark}${own}`,
    transform: (bytes, simple, variant) =>
      declare(transform ? Buffer.concat(transform(bytes, simple, variant)) : bytes, own),
  };
}
