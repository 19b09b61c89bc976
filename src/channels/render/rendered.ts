import type { BitSet } from '../../base/bit-set.ts';
import type { StoredFile } from '../../store/cache/renders.ts';

/** A revision to be made into documents for clients. What is the same in all of it gives the same `repomd.xml`. */
export interface RenderJob {
  /** The channel's label, and the object of its revision. */
  label: string;
  revision: string;
  /** The revision's time, in whole seconds since 1970: every timestamp in repomd.xml, and its revision. */
  at: number;
  compression: 'gzip' | 'zstd';
  /** Whether SQLite databases are among the documents. */
  sqlite: boolean;
  /** Content tags of repomd.xml, such as the parents' revisions. */
  tags: string[];
}

/** What clients find below a channel's root, besides its packages. */
export interface Rendered {
  /** repomd.xml and repomd.xml.asc among them. */
  files: RenderedFile[];
  /** Rows of the catalogue's `package` whose packages it has, in the catalogue of that identity. */
  packages: BitSet;
  catalogue: string;
  remarks: string[];
}

/** A file below the channel's root; `type` is `repomd` and `signature` for those two. */
export type RenderedFile = StoredFile;
