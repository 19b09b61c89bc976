const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** Bounds on what comes from outside. Bytes and milliseconds. */
export const limits = {
  /** repomd.xml, its signature, a mirrorlist or a metalink, as sent. */
  smallDocument: 10 * MiB,
  /** A document that repomd.xml lists, as sent. */
  document: 4 * GiB,
  /** A document when decompressed, and how many times its compressed size that may be. */
  openDocument: 32 * GiB,
  openRatio: 1000,
  /** comps and modules are read whole. */
  wholeDocument: 256 * MiB,
  /** All of a modules.yaml, and one document in it. */
  modules: 32 * MiB,
  moduleDocument: MiB,
  /** One package or advisory element. */
  element: 64 * MiB,
  elementDepth: 64,
  package: 16 * GiB,
  redirects: 5,
  connectTime: 15_000,
  /** Until the first byte of an answer. */
  responseTime: 60_000,
  /** Without a byte in the middle of an answer. */
  stallTime: 60_000,
  /** For a whole transfer. */
  totalTime: 6 * 3_600_000,
  tries: 3,
  /** A sync starts again this often when what the upstream hands out does not fit together. */
  restarts: 3,
  /** Before the first of these; each pause is twice the one before. */
  restartPause: 500,
  parallelFetches: 4,
  parallelPackages: 16,
};
