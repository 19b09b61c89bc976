import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../src/base/errors.ts';
import type { XmlRpcValue } from '../src/base/xmlrpc-value.ts';
import { readComps } from '../src/repodata/comps.ts';
import { readDeltas } from '../src/repodata/deltas.ts';
import { fastDependencies, slowDependencies } from '../src/repodata/dependencies.ts';
import { evrKey } from '../src/repodata/evr.ts';
import { fastFilelists, slowFilelists } from '../src/repodata/filelists.ts';
import { readMetalink, readMirrorlist } from '../src/repodata/mirrorlist.ts';
import { cutModules, readModule } from '../src/repodata/modules.ts';
import { fastOther, slowOther } from '../src/repodata/other.ts';
import { fastPrimary, slowPrimary } from '../src/repodata/primary.ts';
import { fastPrimaryRecord, slowPrimaryRecord } from '../src/repodata/primary-record.ts';
import { readRepomd } from '../src/repodata/repomd.ts';
import {
  dependenciesIn,
  isMet,
  providersOf,
  readRichDependency,
} from '../src/repodata/rich-dependency.ts';
import { fastAdvisory, slowAdvisory } from '../src/repodata/updateinfo.ts';
import { packageOf, readPackages } from '../src/server/spacewalk/profile-packages.ts';
import { readCall, readOnlyParam, readValue } from '../src/server/spacewalk/xmlrpc-decode.ts';
import { encodeCall, encodeParams } from '../src/server/spacewalk/xmlrpc-encode.ts';
import { apiReaders } from './api-readers.ts';
import { checkCut } from './check-cut.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { mutateLines } from './mutate-lines.ts';
import { mutateXml } from './mutate-xml.ts';
import { outcome } from './outcome.ts';
import type { Random } from './random.ts';
import { documents, opened, published, repomds, smallDocuments, streams, text } from './samples.ts';
import { signedRequest } from './signed-request.ts';
import { statementReaders } from './statement-readers.ts';

/** Something that reads bytes from outside. A new one is one more entry of the table below. */
export interface Reader {
  /** Inputs as they are published, which must be read without error. */
  samples(): Promise<Buffer[]>;
  mutate(sample: Buffer, random: Random): Buffer;
  /**
   * Reads an input. May throw an AppError, which is how bytes are refused; any other error is a failure of the reader,
   * and so is one that this throws because what came out is wrong.
   */
  check(input: Buffer, random: Random): Promise<void> | void;
}

const utf8 = (bytes: Buffer): string => bytes.toString('utf8');
const metalinks = ['sha256', 'md5'].map((type) =>
  Buffer.from(
    `<?xml version="1.0"?>\n<metalink version="3.0" xmlns:mm0="urn:m"><files><file name="repomd.xml">\n<mm0:timestamp>1</mm0:timestamp><size>3</size><verification><hash type="${type}">${'0a'.repeat(type === 'md5' ? 16 : 32)}</hash></verification>\n<mm0:alternates><mm0:alternate><verification><hash type="sha256">${'0b'.repeat(32)}</hash></verification></mm0:alternate></mm0:alternates>\n<resources maxconnections="1"><url protocol="https" type="https" location="GB" preference="99">https://m.test/os/repodata/repomd.xml</url><url protocol="rsync" preference="98">rsync://m.test/os/repodata/repomd.xml</url></resources></file></files></metalink>\n`,
  ),
);
const deltas = `<?xml version="1.0"?>\n<prestodelta>\n<newpackage name="a" epoch="0" version="2" release="1" arch="noarch">${['a-1_2', 'a-0_2'].map((name) => `<delta oldepoch="0" oldversion="1" oldrelease="1"><filename>drpms/${name}.drpm</filename><sequence>a-1-1-ab</sequence><size>7</size><checksum type="sha256">${'0c'.repeat(32)}</checksum></delta>`).join('\n')}</newpackage>\n</prestodelta>\n`;
const richDependencies = [
  '(a and (b >= 1:2-3 or config(c)) and d)',
  '((a with b < 2) if (c without d) else (e unless f else g))',
];
const submitted: XmlRpcValue[] = [
  'a <b> & c',
  7,
  [6],
  -1.5,
  true,
  { output: 'YQ==', verify_info: [[['a', '1', '1', '', 'noarch'], []]], empty: {} },
];
const installed = { name: 'a-name-that-is-long', epoch: '', version: '1', release: '2.el8' };
const profiles: XmlRpcValue[] = [
  [1, 2, 3].map((n) => ({ ...installed, installtime: n, arch: 'noarch' })),
  [{ ...installed, arch: 'noarch', cookie: '' }, installed, ['b', '1', '1', '(none)', 'x86_64']],
];
const mirrorlist = '# mirrors\nhttps://a.test/os/\nhttp://b.test/os\nftp://c.test/os/\n\n';

/** What is fuzzed, by name. */
export const readers: Readonly<Record<string, Reader>> = {
  'signed-request': signedRequest,
  repomd: {
    samples: async () => repomds(),
    mutate: mutateXml,
    check(input) {
      for (const { href, size, timestamp } of readRepomd(utf8(input)).data) {
        const url = new URL(href, 'http://h/a/b/').href;
        if (!url.startsWith('http://h/a/b/')) throw new Error(`${href} leaves the repository`);
        for (const n of [size, timestamp]) {
          if (n !== undefined && !(Number.isSafeInteger(n) && n >= 0)) throw new Error(`${n}`);
        }
      }
    },
  },
  primary: cutReader('primary', 'metadata', (element) => {
    const pkg = bothWays(element, fastPrimary, slowPrimary);
    if (pkg && !pkg.name) throw new Error('a package without a name');
    if (pkg && evrKey(pkg).length < 6) throw new Error('no evr_key');
    bothWays(element, fastDependencies, slowDependencies);
  }),
  primaryRecord: cutReader('primary', 'metadata', (element) => {
    bothWays(element, fastPrimaryRecord, slowPrimaryRecord);
  }),
  filelists: cutReader('filelists', 'filelists', (e) => {
    bothWays(e, fastFilelists, slowFilelists);
  }),
  other: cutReader('other', 'otherdata', (e) => {
    bothWays(e, fastOther, slowOther);
  }),
  updateinfo: cutReader('updateinfo', 'updates', (e) => {
    bothWays(e, fastAdvisory, slowAdvisory);
  }),
  modules: {
    samples: () => documents('modules'),
    mutate: mutateLines,
    check(input) {
      const read = cutModules(utf8(input)).map((document) => outcome(() => readModule(document)));
      requireText(read.map(({ value }) => value));
      const refused = read.find(({ error }) => error !== undefined);
      if (refused) throw new AppError('invalid', refused.error!);
    },
  },
  richDependencies: {
    samples: async () => richDependencies.map((r) => Buffer.from(r)),
    mutate: mutateBytes,
    check(input) {
      const read = readRichDependency(utf8(input));
      for (const { name, range } of dependenciesIn(read)) requireText([name, range]);
      const none = { has: () => false, of: () => new Set<number>() };
      if (providersOf(read, none).size > 0) throw new Error('nobody provides it');
      isMet(read, none);
    },
  },
  deltas: {
    samples: async () => [Buffer.from(deltas)],
    mutate: mutateXml,
    check(input) {
      const read = [...readDeltas(input)];
      for (const { location, size } of read) {
        const url = new URL(location, 'http://h/a/b/').href;
        if (!url.startsWith('http://h/a/b/')) throw new Error(`${location} leaves the repository`);
        if (!Number.isSafeInteger(size) || size < 0) throw new Error(`${size}`);
      }
      if (read.length < 2) throw new AppError('invalid', 'a delta was passed over');
    },
  },
  comps: {
    samples: () => documents('group'),
    mutate: mutateXml,
    check: (input) => requireText(readComps(utf8(input), () => {})),
  },
  mirrorlist: {
    samples: async () => [Buffer.from(mirrorlist)],
    mutate: mutateLines,
    check: (input) => requireUrls(readMirrorlist(utf8(input))),
  },
  metalink: {
    samples: async () => metalinks,
    mutate: mutateXml,
    check: (input) => requireUrls(readMetalink(utf8(input)).urls),
  },
  xmlRpc: {
    samples: async () => [Buffer.from(encodeCall('queue.submit', submitted))],
    mutate: mutateXml,
    check(input) {
      const { method, params } = readCall(utf8(input));
      params.open();
      const values: XmlRpcValue[] = [];
      for (; params.next(); params.leave()) values.push(readValue(params.scan));
      params.end();
      const again = readOnlyParam(encodeParams([method, ...values]));
      if (!isDeepStrictEqual(again, [method, ...values]))
        throw new Error('it is written otherwise');
    },
  },
  profile: {
    samples: async () => profiles.map((p) => Buffer.from(encodeParams(p))),
    mutate: mutateXml,
    check(input) {
      const scan = () => ({ text: utf8(input), at: Math.max(0, input.indexOf('<value>')) });
      const quick = outcome(() => readPackages(scan()));
      const slow = outcome(() => {
        const list = readValue(scan());
        if (!Array.isArray(list)) throw new AppError('invalid', 'no list');
        return list.map(packageOf);
      });
      if (!isDeepStrictEqual(quick.value, slow.value)) {
        throw new Error(`the two ways differ: ${JSON.stringify([quick, slow])}`);
      }
      if (quick.error !== undefined) throw new AppError('invalid', quick.error);
      requireText(quick.value);
    },
  },
  gzip: streamReader(streams.gzip, 'filelists', 'updateinfo'),
  bzip2: streamReader(streams.bzip2),
  xz: streamReader(streams.xz),
  zstd: streamReader(streams.zstd, 'filelists', 'updateinfo'),
  ...statementReaders,
  ...apiReaders,
};

/** A document that is cut into elements: each of them is read both ways. */
function cutReader(type: string, root: string, read: (element: Buffer) => void): Reader {
  return {
    samples: () => smallDocuments(type, root),
    mutate: mutateXml,
    check(input, random) {
      for (const element of checkCut(input, root, random)) read(element);
    },
  };
}

/** What an element is read as, if the quick way knows it; the way for any XML must give the same. */
function bothWays<T>(
  element: Buffer,
  fast: (bytes: Buffer) => T | undefined,
  slow: (bytes: Buffer) => T,
): T | undefined {
  const quick = outcome(() => fast(element)).value;
  const { value, error } = outcome(() => slow(element));
  if (value) requireText(value);
  if (!quick) return value;
  // The quick way does not look at all of an element: it may take one that is not well-formed.
  if (error && /not well-formed|not XML/.test(error)) return quick;
  if (!value) throw new Error(`only the quick way reads it: ${error}`);
  for (const key of Object.keys(value) as (keyof T)[]) {
    if (isDeepStrictEqual(quick[key], value[key])) continue;
    const said = JSON.stringify([quick[key], value[key]]);
    throw new Error(`the two ways of reading differ in ${String(key)}: ${said}`);
  }
  return value;
}

/** A compressed stream: it opens to the same wherever the pieces end, and to what was put into it. */
function streamReader(own: Buffer[], ...types: string[]): Reader {
  const magic = own[0]!.subarray(0, 2);
  return {
    async samples() {
      const files = published(...types).filter(({ bytes }) => bytes.subarray(0, 2).equals(magic));
      for (const stream of own) {
        if (!(await opened(stream)).equals(text)) throw new Error('a stream opens to other bytes');
      }
      return [...own, ...files.map((f) => f.bytes)];
    },
    mutate: mutateBytes,
    async check(input, random) {
      const sizes = Array.from({ length: 3 }, () => 1 + random.below(random.pick([4, 64, 4096])));
      const whole = await opening(input);
      if (!isDeepStrictEqual(whole, await opening(input, sizes))) {
        throw new Error(`in pieces of ${sizes} it opens to other bytes`);
      }
      if (typeof whole === 'string') throw new AppError('invalid', whole);
    },
  };
}

/** What a stream opens to, or that it is refused: how far a reader gets before that may depend on the pieces. */
const opening = (bytes: Buffer, sizes?: number[]): Promise<Buffer | string> =>
  opened(bytes, sizes).catch((error) => {
    if (error instanceof AppError) return 'refused';
    throw error;
  });

/** Throws where a value holds anything but text, whole numbers and lists or records of them. */
function requireText(value: unknown): void {
  if (typeof value === 'string' || value === undefined) return;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return;
  if (typeof value !== 'object' || value === null) throw new Error(`${value} is no text`);
  for (const inner of Object.values(value)) requireText(inner);
}

function requireUrls(urls: string[]): void {
  for (const url of urls) {
    if (!/^https?:$/.test(new URL(url).protocol)) throw new Error(`${url} is of another scheme`);
  }
}
