const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

export type Limits = typeof limits;

/**
 * Bounds on what comes from outside, and on what is asked of it. Bytes, milliseconds and counts. The configuration's
 * `limits` are written over these; threads get them with each job. Read them where they are used, and keep no copy.
 */
export const limits = {
  /** repomd.xml, its signature, a mirrorlist, a metalink or a key, as sent. */
  smallDocument: 10 * MiB,
  /** Documents that repomd.xml may list. */
  documents: 200,
  /** Documents that repomd.xml lists, as sent, by kind; `document` is any other. */
  primary: 4 * GiB,
  filelists: 4 * GiB,
  other: 4 * GiB,
  updateinfo: 4 * GiB,
  comps: 256 * MiB,
  modules: 256 * MiB,
  document: 4 * GiB,
  /** A document when decompressed, and how many times its compressed size that may be. */
  openDocument: 32 * GiB,
  openRatio: 1000,
  /** comps and modules are read whole: their size when decompressed. */
  wholeDocument: 256 * MiB,
  /** modules.yaml when decompressed, and one document in it. */
  openModules: 32 * MiB,
  moduleDocument: MiB,
  /** Packages that primary, filelists or other may have. */
  packages: 2_000_000,
  /** One package or advisory element. */
  element: 64 * MiB,
  elementDepth: 64,
  package: 16 * GiB,
  /** An rpm's signature header and header together, where signatures are looked at: they are read whole. */
  rpmHeader: 32 * MiB,
  /** All files that a .treeinfo lists, together. */
  installationTree: 64 * GiB,
  redirects: 5,
  /** Mirrors of a list that are used: the first ones. */
  mirrors: 100,
  connectTime: 15 * second,
  /** Until the first byte of an answer. */
  responseTime: minute,
  /** Without a byte in the middle of an answer. */
  stallTime: minute,
  /** For a whole transfer, however often it broke off and went on. */
  totalTime: 6 * hour,
  /** Tries of one mirror that bring nothing new. */
  tries: 3,
  /** A sync starts again this often when what the upstream hands out does not fit together. */
  restarts: 3,
  /** Before the first of these; each pause is twice the one before. */
  restartPause: 500,
  /** How long a mirror that failed is asked last: the first time, and at most after doubling. */
  restTime: minute,
  longestRest: hour,
  /** Transfers at a time: of this process, of it from one host, of one sync, and of one source's packages on demand. */
  downloads: 32,
  downloadsPerHost: 12,
  /** Sources that are synced at a time; their documents are cut two at a time in all. */
  parallelSyncs: 8,
  parallelFetches: 4,
  parallelPackages: 16,
  /** The body of a call to the door of managed instances, as sent and when decompressed, and all that are there at a time. */
  requestBody: 32 * MiB,
  openRequestBody: 64 * MiB,
  requestBodies: 128 * MiB,
  /** Characters of such a call that are read before its caller has shown who it is. */
  unknownCaller: MiB,
  /** How deep arrays and structs of XML-RPC may nest, and how many values a parameter may have. */
  xmlRpcDepth: 32,
  xmlRpcValues: 500_000,
  /** Packages that one instance may have installed. */
  profilePackages: 50_000,
  /** Bytes a second that one source may bring in, where it says nothing itself. */
  bandwidth: Number.POSITIVE_INFINITY,
};
