import type { BitSet } from '../../base/bit-set.ts';

/** What a derived revision consists of: which parts of which mirrored revisions. */
export interface Content {
  /** The mirrored revisions that it draws from, each once; of what two hold, the first one's was taken. */
  origins: Origin[];
  /** Entries of filters that fit nothing, and what else people should know: a sentence each. */
  remarks: string[];
}

/** What remains of a mirrored revision. `all` is everything, also records that could not be read and have no row. */
export interface Origin {
  /** The mirrored source, and the manifest of its revision. */
  label: string;
  manifest: string;
  /** Rows of the catalogue's tables `package` and `advisory`. */
  packages: BitSet | 'all';
  advisories: BitSet | 'all';
  /** sha256 of documents of the modules document, in hexadecimal digits. */
  modules: ReadonlySet<string> | 'all';
  /** Ids of comps groups. */
  groups: ReadonlySet<string> | 'all';
}
