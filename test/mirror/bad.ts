import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Fault, TestUpstream } from '../support/upstream.ts';
import type { RepositoryOptions } from './repository.ts';

/** A way in which an upstream is bad. */
interface Bad {
  /** What is wrong with the upstream's second revision. */
  what: string;
  kind: string;
  /** The path that the sentence must name below the upstream's address. */
  path: RegExp;
  /** What the sentence must say besides. */
  says: RegExp;
  fault?: (path: string) => Fault | undefined;
  repository?: Partial<RepositoryOptions>;
  /** Makes the upstream unusable for good. */
  end?: (upstream: TestUpstream) => Promise<void>;
  /** Whether it is only wrong where nothing is mirrored yet. */
  alone?: boolean;
}

const repomd = /repodata\/repomd\.xml/;
const primary = /repodata\/[0-9a-f]{64}-primary\.xml\.gz/;
const on =
  (part: RegExp, fault: Fault) =>
  (path: string): Fault | undefined =>
    part.test(path) ? fault : undefined;
const status = (code: number): Fault => {
  return (_, response) => {
    response.writeHead(code, { 'content-type': 'text/html' }).end('<html>no</html>');
    return true;
  };
};
const say = (body: string | Buffer): Fault => {
  return (_, response) => {
    response.writeHead(200).end(body);
    return true;
  };
};
const bomb = `<metadata>${' '.repeat(30_000_000)}</metadata>`;
const html = '<!doctype html>\n<html><head><title>Parked</title><body>Welcome!<br></body></html>\n';
const only = (type: string, change: (s: string) => string) => (t: string, s: string) =>
  t === type ? change(s) : s;
const outside = (href: string) => (xml: string) =>
  xml.replace(/(<data type="primary">.*?<location href=")[^"]*/, `$1${href}`);

const answers: Bad[] = [
  {
    what: 'the connection breaks before the answer',
    kind: 'unreachable',
    path: repomd,
    says: /the connection broke/,
    fault: on(repomd, (request) => {
      request.socket.destroy();
      return true;
    }),
  },
  {
    what: 'no answer comes',
    kind: 'unreachable',
    path: repomd,
    says: /no answer in time/,
    fault: on(repomd, () => true),
  },
  {
    what: 'a document stops in the middle',
    kind: 'unreachable',
    path: primary,
    says: /no answer in time/,
    fault: on(primary, (_, response) => {
      response.writeHead(200, { 'content-length': 400 }).write('x'.repeat(20));
      return true;
    }),
  },
  {
    what: '404',
    kind: 'refused',
    path: repomd,
    says: /404.*check the address/,
    fault: on(repomd, status(404)),
  },
  {
    what: '403',
    kind: 'refused',
    path: repomd,
    says: /403.*credentials/,
    fault: on(repomd, status(403)),
  },
  { what: '401', kind: 'refused', path: repomd, says: /401.*auth/, fault: on(repomd, status(401)) },
  {
    what: '503',
    kind: 'refused',
    path: repomd,
    says: /503.*try again later/,
    fault: on(repomd, status(503)),
  },
  {
    what: '404 for a document that is listed',
    kind: 'refused',
    path: primary,
    says: /404.*no such file/,
    fault: on(primary, status(404)),
  },
  {
    what: 'redirects in a loop',
    kind: 'refused',
    path: repomd,
    says: /redirects more than 5 times.*circle/,
    fault: on(repomd, (request, response) => {
      response.writeHead(302, { location: request.url! }).end();
      return true;
    }),
  },
  {
    what: 'an answer that says nothing is new, unasked',
    kind: 'refused',
    path: repomd,
    says: /304.*check the address/,
    fault: on(repomd, (_, response) => {
      response.writeHead(304).end();
      return true;
    }),
    alone: true,
  },
  {
    what: 'nothing listens there',
    kind: 'unreachable',
    path: repomd,
    says: /ECONNREFUSED.*check the address/,
    end: (upstream) => upstream.close(),
  },
];

const bytes: Bad[] = [
  {
    what: 'a document that is cut short on the way',
    kind: 'unreachable',
    path: primary,
    says: /the connection broke/,
    fault: on(primary, (_, response) => {
      response.writeHead(200, { 'content-length': 400 });
      response.write('x'.repeat(20), () => response.destroy());
      return true;
    }),
  },
  {
    what: 'a document that is short and says it is whole',
    kind: 'checksum',
    path: primary,
    says: /was announced.*try again later/,
    fault: on(primary, say('x')),
  },
  {
    what: 'a document with other bytes',
    kind: 'checksum',
    path: primary,
    says: /was announced.*try again later/,
    fault: on(primary, say(gzipSync('<metadata packages="0"></metadata>'))),
  },
  {
    what: 'HTML for repomd.xml',
    kind: 'invalid',
    path: repomd,
    says: /check the address/,
    fault: on(repomd, say(html)),
  },
  {
    what: 'HTML for a document',
    kind: 'checksum',
    path: primary,
    says: /try again later/,
    fault: on(primary, say(html)),
  },
  {
    what: 'malformed XML for repomd.xml',
    kind: 'invalid',
    path: repomd,
    says: /not well-formed.*check the address/,
    fault: on(repomd, say('<repomd><data type="primary"></repomd>')),
  },
  {
    what: 'a repomd.xml without end',
    kind: 'limit',
    path: repomd,
    says: /larger than 100000 bytes/,
    fault: on(repomd, say(`<repomd>${' '.repeat(200_000)}</repomd>`)),
  },
];

const documents: Bad[] = [
  {
    what: 'malformed XML in a document',
    kind: 'invalid',
    path: primary,
    says: /check the address/,
    repository: { edit: only('primary', (xml) => xml.replace('</metadata>', '</metadat>')) },
  },
  {
    what: 'a document whose compressed bytes end too early',
    kind: 'invalid',
    path: primary,
    says: /cut short.*check the address/,
    repository: { damage: (type, bytes) => (type === 'primary' ? bytes.subarray(0, -40) : bytes) },
  },
  {
    what: 'a document that opens to far more than it is',
    kind: 'limit',
    path: primary,
    says: /opens to more than is allowed/,
    repository: {
      damage: (type, b) => (type === 'primary' ? zstdCompressSync(bomb) : b),
    },
  },
  {
    what: 'a DOCTYPE in repomd.xml',
    kind: 'invalid',
    path: repomd,
    says: /DOCTYPE/,
    repository: { editRepomd: (xml) => xml.replace('?>', '?><!DOCTYPE r [<!ENTITY a "b">]>') },
  },
  {
    what: 'a DOCTYPE in a document',
    kind: 'invalid',
    path: primary,
    says: /DOCTYPE/,
    repository: {
      edit: only('primary', (xml) => xml.replace('?>', '?><!DOCTYPE r [<!ENTITY a "b">]>')),
    },
  },
  ...['../../secret.xml', '/etc/passwd', '%2e%2e/%2e%2e/x', 'https://elsewhere.test/x'].map(
    (href): Bad => ({
      what: `a href that leaves the tree (${href})`,
      kind: 'invalid',
      path: repomd,
      says: /outside the repository/,
      repository: { editRepomd: outside(href) },
    }),
  ),
  {
    what: 'a repository without primary.xml',
    kind: 'invalid',
    path: repomd,
    says: /no primary document/,
    repository: { editRepomd: (xml) => xml.replace(/<data type="primary">.*?<\/data>\n/, '') },
  },
];

/** What upstreams do, in groups that one test goes through. */
export const groups: [string, Bad[]][] = [
  ['that does not answer as it should', answers],
  ['that sends bad bytes', bytes],
  ['that publishes bad documents', documents],
];
