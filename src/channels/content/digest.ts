import { createHash } from 'node:crypto';
import { groupsFile } from '../../store/catalogue/whole-documents.ts';
import { readManifest } from '../../store/objects/manifest.ts';
import type { Content, Origin } from './content.ts';
import { type Reading, recordsOf, rowsOf } from './listed.ts';

/**
 * A digest of what clients of a content see, in hexadecimal digits: it moves when that moves, and not with the revisions that
 * it is drawn from. The same in every catalogue.
 */
export async function digestContent(reading: Reading, content: Content): Promise<string> {
  const all = createHash('sha256');
  for (const origin of content.origins) all.update(`${await digestOrigin(reading, origin)}\n`);
  return all.digest('hex');
}

async function digestOrigin(reading: Reading, origin: Origin): Promise<string> {
  const { packages, advisories, modules, groups } = origin;
  if ([packages, advisories, modules, groups].every((part) => part === 'all')) {
    return origin.manifest;
  }
  const hash = createHash('sha256');
  const { digests } = reading.facts;
  hash.update(sumOf(digests.of('package', await rowsOf(reading, origin, 'packages'))));
  hash.update(sumOf(digests.of('advisory', await rowsOf(reading, origin, 'advisories'))));
  const records = await recordsOf(reading, origin);
  const streams = records.streams.map((stream) => stream.digest);
  const ids = records.groups.map((group) => group.id);
  // Of comps the whole document counts: it is small, and seldom changes.
  const file = groupsFile(await readManifest(reading.objects, origin.manifest));
  const comps = ids.length > 0 ? file?.sha256 : null;
  hash.update(JSON.stringify([streams.toSorted(), ids.toSorted(), comps]));
  return hash.digest('hex');
}

/** Tells sets of digests apart, whatever their order: their sum, 32 bits at a time. */
function sumOf(digests: Iterable<Buffer>): Uint32Array {
  const sum = new Uint32Array(8);
  for (const digest of digests) {
    for (let i = 0; i < 8; i++) sum[i]! += digest.readUInt32LE(i * 4);
  }
  return sum;
}
