import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { openDocument } from '../src/repodata/codec.ts';
import { createCutter } from '../src/repodata/cutter.ts';
import { type RepomdData, readRepomd } from '../src/repodata/repomd.ts';

const root = fileURLToPath(new URL('../fixtures/repodata', import.meta.url));
const folders = readdirSync(root).map((name) => join(root, name));
const repomdOf = (folder: string): Buffer => readFileSync(join(folder, 'repodata/repomd.xml'));

/** The repomd.xml of each fixture. */
export const repomds = (): Buffer[] => folders.map(repomdOf);

/** A file of a fixture as it is published, and what its repomd.xml says of it. */
export interface Published {
  bytes: Buffer;
  data: RepomdData;
}

/** What the fixtures publish under these types. */
export function published(...types: string[]): Published[] {
  return folders.flatMap((folder) =>
    readRepomd(repomdOf(folder).toString())
      .data.filter((data) => types.includes(data.type))
      .map((data) => ({ bytes: readFileSync(join(folder, data.href)), data })),
  );
}

/** The bytes that a stream opens to, put in in pieces of these sizes, over and over. Throws AppErrors. */
export async function opened(
  bytes: Buffer,
  sizes = [bytes.length],
  most = 8 << 20,
): Promise<Buffer> {
  async function* source() {
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = sizes[i % sizes.length]!;
      yield bytes.subarray(at, at + size);
      at += size;
    }
  }
  const chunks: Buffer[] = [];
  const bounds = { bytes: most, ratio: 100_000 };
  for await (const chunk of openDocument(source(), 'a stream', bounds))
    chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Documents of these types, opened. */
export const documents = (...types: string[]): Promise<Buffer[]> =>
  Promise.all(published(...types).map(({ bytes }) => opened(bytes)));

/** Documents of a type with only some of their elements, so that an input takes little time. */
export async function smallDocuments(type: string, rootName: string): Promise<Buffer[]> {
  const small: Buffer[] = [];
  for (const document of await documents(type)) {
    const elements: Buffer[] = [];
    const cutter = createCutter({ what: type, root: rootName, maxElement: 1 << 26 }, (bytes) =>
      elements.push(Buffer.from(bytes)),
    );
    cutter.push(document);
    const { open, close } = cutter.end();
    for (let at = 0; at < elements.length; at += 3) {
      const some = elements.slice(at, at + 3).flatMap((e) => [e, Buffer.from('\n')]);
      small.push(Buffer.concat([Buffer.from(`${open}\n`), ...some, Buffer.from(close)]));
    }
  }
  return small;
}

/** 246 bytes that the streams below hold; those of bzip2 and xz were written by these tools. */
const packages = Array.from({ length: 8 }, (_, i) => `<package id="${i}">é</package>`);
export const text = Buffer.from(`<metadata>${packages.join('')}</metadata>\n`);
const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
export const streams = {
  gzip: [gzipSync(text), gzipSync(text, { level: 0 })],
  zstd: [zstdCompressSync(text, checked), zstdCompressSync(text)],
  bzip2: [
    'QlpoOTFBWSZTWSCkoScAABnZlAAQUAD/hy6qRAAAIAgAIABoJSQAx6iaGjTBVU0GgAAZCoBIBbb8PhFSYEBCwCwA6ApNzmbQCyYQSCKISEEgmpD0TCe1BAVs3w1H4u5IpwoSBBSUJOA=',
  ].map((s) => Buffer.from(s, 'base64')),
  xz: [
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AD1AD1dAB4bSKd3ZAxBW8+c2M2SzkWa47BsBqUJ4XXcUl2Agoww9WQ67iqFZYznLE9Q0SYQWxRH0y39ukuDMz24AAAAAAAApe+foeqi3SUAAVn2AQAAAHpPHJexxGf7AgAAAAAEWVo=',
    '/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AD1AD1dAB4bSKd3ZAxBW8+c2M2SzkWa47BsBqUJ4XXcUl2Agoww9WQ67iqFZYznLE9Q0SYQWxRH0y39ukuDMz24AAAAAAAA5Qh/fwABVfYBAAAAAY/e4D4wDYsCAAAAAAFZWg==',
  ].map((s) => Buffer.from(s, 'base64')),
};
