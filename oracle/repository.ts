import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDocument } from '../src/repodata/codec.ts';
import { createCutter } from '../src/repodata/cutter.ts';
import { type PrimaryRecord, readPrimaryRecord } from '../src/repodata/primary-record.ts';
import { readRepomd } from '../src/repodata/repomd.ts';
import type { StubPackage } from './rpm-headers.ts';

const bounds = { bytes: 2 ** 32, ratio: 10_000 };

/** The packages of a repository in a folder, as they could be installed; without sources. */
export async function readRepository(folder: string): Promise<StubPackage[]> {
  const repomd = readRepomd(await readFile(join(folder, 'repodata/repomd.xml'), 'utf8'));
  const primary = repomd.data.find(({ type }) => type === 'primary')!;
  const stubs: StubPackage[] = [];
  const cutter = createCutter(
    { what: primary.href, root: 'metadata', maxElement: 2 ** 28 },
    (bytes) => {
      const stub = stubOf(readPrimaryRecord(Buffer.from(bytes)));
      if (stub.arch !== 'src' && stub.arch !== 'nosrc') stubs.push(stub);
    },
  );
  const file = createReadStream(join(folder, primary.href));
  for await (const chunk of openDocument(file, primary.href, bounds)) cutter.push(chunk);
  cutter.end();
  return stubs;
}

function stubOf({ texts, version, dependencies, files }: PrimaryRecord): StubPackage {
  const { provides, requires, conflicts, obsoletes, recommends, supplements } = dependencies;
  const epoch = version.epoch === '0' ? '' : (version.epoch ?? '');
  return {
    ...{ name: texts.name!, arch: texts.arch!, epoch },
    ...{ version: version.version!, release: version.release ?? '' },
    ...{ provides, requires, conflicts, obsoletes, recommends, supplements },
    files: files.filter(({ type }) => type !== 'dir').map(({ path }) => path),
  };
}

/** Of another version: what it provides of its own version, too. */
export function inVersion(
  stub: StubPackage,
  version: Partial<Pick<StubPackage, 'epoch' | 'version' | 'release'>>,
): StubPackage {
  const after = { ...stub, ...version };
  const provides = stub.provides?.map((one) =>
    one.version === stub.version && (one.release ?? '') === stub.release
      ? { ...one, epoch: after.epoch || '0', version: after.version, release: after.release }
      : one,
  );
  return { ...after, ...(provides && { provides }) };
}
