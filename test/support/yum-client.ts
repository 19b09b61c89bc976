import { hash } from 'node:crypto';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { createMessage, readKeys, readSignature, verify } from 'openpgp';
import { openDocument } from '../../src/repodata/codec.ts';
import { createCutter } from '../../src/repodata/cutter.ts';
import { type PrimaryPackage, readPrimary } from '../../src/repodata/primary.ts';
import { type Repomd, readRepomd } from '../../src/repodata/repomd.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What a client has read of a channel: everything that it checked held, or the promise was rejected. */
export interface Metadata {
  repomd: Repomd;
  /** The highest timestamp of repomd.xml, in seconds; the time of its Last-Modified, in milliseconds. */
  timestamp: number;
  lastModified: number;
  documents: Map<string, Buffer>;
  packages: PrimaryPackage[];
}

/** Between two steps of a client. */
type Pause = () => Promise<unknown>;

/**
 * A client that reads a channel as yum 3 and dnf do, on a connection that it keeps, and is stricter than either: every status,
 * checksum, size and signature must be right, and every rule of old yum is looked at. Close its agent at the end.
 */
export function createYumClient(
  base: string,
  options: {
    keys?: string;
    pause?: Pause;
    keepAlive?: boolean;
    headers?: Record<string, string>;
  } = {},
) {
  const { keys, pause = async () => {}, keepAlive = true, headers: own = {} } = options;
  const agent = new Agent({ keepAlive, maxSockets: 1 });

  function get(path: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const url = base + path.split('/').map(encodeURIComponent).join('/');
      const asked = request(url, { agent, headers: own }, async (response) => {
        try {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, body: Buffer.concat(chunks) });
        } catch (error) {
          reject(error);
        }
      });
      asked.once('error', reject).end();
    });
  }

  async function must(path: string): Promise<Answer> {
    const answer = await get(path);
    if (answer.status !== 200) {
      throw new Error(`${base}${path}: ${answer.status} ${answer.body.toString('utf8', 0, 200)}`);
    }
    return answer;
  }

  /** repomd.xml, its signature, and every document that it lists. */
  async function makeCache(): Promise<Metadata> {
    const { body, headers } = await must('repodata/repomd.xml');
    if (keys !== undefined) {
      await pause();
      await checkSignature(body, (await must('repodata/repomd.xml.asc')).body.toString(), keys);
    }
    const repomd = readRepomd(body.toString());
    checkRules(body, repomd);
    const documents = new Map<string, Buffer>();
    for (const { type, href, checksum, size } of repomd.data) {
      await pause();
      const { body } = await must(href);
      const name = checksum!.type === 'sha' ? 'sha1' : checksum!.type;
      if (hash(name, body) !== checksum!.value) throw new Error(`${href} has another checksum`);
      if (size !== undefined && size !== body.length) throw new Error(`${href} has another size`);
      documents.set(type, await opened(href, body));
    }
    const packages: PrimaryPackage[] = [];
    for (const element of elements('metadata', documents.get('primary')!)) {
      packages.push(readPrimary(element));
    }
    const timestamp = Math.max(...repomd.data.map((d) => d.timestamp ?? 0));
    const lastModified = Date.parse(headers['last-modified'] ?? '');
    return { repomd, timestamp, lastModified, documents, packages };
  }

  return {
    get,
    makeCache,
    /** A package's bytes, which must be those that primary announced. */
    async download(pkg: PrimaryPackage): Promise<Buffer> {
      const { body } = await must(pkg.location);
      if (hash(pkg.checksum.type, body) !== pkg.checksum.value) {
        throw new Error(`${pkg.location} has another checksum`);
      }
      return body;
    },
    close: () => agent.destroy(),
  };
}

/** The elements of an open document. */
export function elements(root: string, document: Buffer): Buffer[] {
  const found: Buffer[] = [];
  const cutter = createCutter({ what: root, root, maxElement: 2 ** 28 }, (bytes) =>
    found.push(Buffer.from(bytes)),
  );
  cutter.push(document);
  cutter.end();
  return found;
}

async function opened(href: string, body: Buffer): Promise<Buffer> {
  const one = (async function* () {
    yield body;
  })();
  const chunks: Buffer[] = [];
  for await (const chunk of openDocument(one, href, { bytes: 2 ** 32, ratio: 10_000 })) {
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

async function checkSignature(own: Buffer, armored: string, keys: string): Promise<void> {
  const { signatures } = await verify({
    message: await createMessage({ binary: own }),
    signature: await readSignature({ armoredSignature: armored }),
    verificationKeys: await readKeys({ armoredKeys: keys }),
  });
  if (signatures.length === 0) throw new Error('repomd.xml.asc holds no signature');
  await Promise.any(signatures.map((s) => s.verified));
}

/** What yum 3.2 and 3.4 demand of a repomd.xml. */
function checkRules(own: Buffer, { data, revision }: Repomd): void {
  const fail = (rule: string) => {
    throw new Error(`repomd.xml: ${rule}\n${own}`);
  };
  if (own.length > 100 * 1024) fail('over 100 KiB');
  if (!/^\d+$/.test(revision)) fail('the revision is no number');
  const types = data.map((d) => d.type);
  if (new Set(types).size !== types.length) fail('a type is listed twice');
  if (!types.includes('primary')) fail('no primary');
  const stamps = own.toString().match(/<timestamp>[^<]*<\/timestamp>/g) ?? [];
  if (stamps.length !== data.length) fail('a document without a timestamp');
  if (stamps.some((s) => !/>[1-9]\d*</.test(s))) fail('a timestamp that is no whole number');
  for (const { type, checksum, openChecksum, size, databaseVersion } of data) {
    if (!checksum || checksum.type === 'sha224') fail(`${type} has no checksum that yum reads`);
    if (size === undefined) fail(`${type} has no size`);
    if (type.endsWith('_db') && (databaseVersion !== 10 || !openChecksum)) {
      fail(`${type} lacks its version or its open-checksum`);
    }
  }
}
