import { AppError } from '../../base/errors.ts';
import { release } from '../../base/memory.ts';
import type { Cache } from '../../store/cache/cache.ts';
import { openRows } from '../../store/catalogue/remaining-rows.ts';
import type { CutDocument } from '../../store/objects/manifest.ts';
import type { Objects } from '../../store/objects/objects.ts';
import { withPacks } from '../../store/objects/tree.ts';
import type { DataPaths } from '../../store/paths.ts';
import type { Content } from '../content/content.ts';
import { type Assembled, assemble } from './assembly.ts';
import { makeDatabases } from './databases.ts';
import { planDocument, union } from './documents.ts';
import { type Compression, createEncoder, type EncodedPiece } from './encoder.ts';
import { isDelta, isPassedOn, original, suits } from './originals.ts';
import { type LoadedOrigin, loadOrigin, type OriginDeps } from './origins.ts';
import type { RenderedFile, RenderJob } from './rendered.ts';
import { signed } from './signed.ts';
import { groupTypes, renderComps, renderModules } from './whole-documents.ts';

export interface RenderDeps {
  paths: DataPaths;
  objects: Objects;
  cache: Cache;
  /** What the job's revision consists of. */
  content: Content;
  /** Armoured private keys. */
  keys: string[];
  gate(): Promise<void>;
}

/** A file, and how long it is when decompressed. */
export type MadeFile = RenderedFile & {
  openSize?: number | undefined;
  /** Of SQLite databases, which are not read without. */
  openSha256?: string;
  databaseVersion?: number;
};

const inFragments: readonly CutDocument[] = ['primary', 'filelists', 'other', 'updateinfo'];

/** Makes the documents of a revision and notes them under the key. Throws AppErrors. */
export async function render(deps: RenderDeps, job: RenderJob, key: string): Promise<void> {
  const { cache, content, paths, objects } = deps;
  const { compression } = job;
  const assembled = (
    document: { open: string; close: string; pieces: AsyncIterable<EncodedPiece> },
    how: Compression = compression,
  ) => assemble(paths, document, how);

  await withOrigins(deps, async (own, origins) => {
    const packages = union(origins);
    const [single] = origins.length === 1 ? origins : [];
    const files: MadeFile[] = [];
    const remarks = [...content.remarks];

    // At the same time, so that this thread hashes one while others are encoded; listed in their order.
    const made = await Promise.all(inFragments.map((document) => makeDocument(document)));
    files.push(...made.flat());
    const { groups, modules } = single?.origin ?? {};
    const isWhole = single !== undefined && !single.keep;
    const originalGroups = isWhole && groups === 'all' && (await originals(groupTypes));
    if (originalGroups) files.push(...originalGroups);
    else {
      const comps = await renderComps(own, origins, packages);
      // dnf and yum of every age read it so.
      if (comps)
        files.push(
          fileOf('group', 'comps.xml', await assembled(bytes(comps, 'gzip'), 'gzip'), 'gzip'),
        );
    }
    const originalModules = isWhole && modules === 'all' && (await originals(['modules']));
    if (originalModules) files.push(...originalModules);
    else {
      const yaml = await renderModules(own, origins);
      if (yaml)
        files.push(fileOf('modules', 'modules.yaml', await assembled(bytes(yaml, compression))));
    }
    await addOthers();
    if (job.sqlite) files.push(...(await makeDatabases(deps, files)));
    const repomd = await signed(job, files, deps.keys);
    const catalogue = own.rows.identity();
    if (catalogue !== identityNow(paths)) throw changed();
    await cache.commit({
      key,
      files: [...files.map(servedOf), ...repomd],
      packages,
      catalogue,
      remarks,
    });

    async function makeDocument(document: CutDocument): Promise<MadeFile[]> {
      const plan = await planDocument(own, origins, document);
      const whole = single && document !== 'primary' && !plan?.isCut && !single.keep;
      const held = whole && (await originals([document]));
      if (held) return held;
      if (!plan) return [];
      const pieces = createEncoder(deps).encode(plan.pieces(), compression);
      return [fileOf(document, `${document}.xml`, await assembled({ ...plan, pieces }))];
    }

    function fileOf(type: string, name: string, made: Assembled, how = compression): MadeFile {
      const path = `repodata/${made.sha256}-${name}.${how === 'gzip' ? 'gz' : 'zst'}`;
      return { type, path, ...made };
    }

    function bytes(raw: Buffer, how: Compression) {
      return { open: '', close: '', pieces: createEncoder(deps).encodeBytes(raw, how) };
    }

    /** Upstream's files of these types as they are; undefined where there are none or one is gone. */
    async function originals(types: readonly string[]): Promise<RenderedFile[] | undefined> {
      const listed = single!.manifest.files.filter((f) => types.includes(f.type));
      if (!listed.every((f) => suits(compression, f.path))) return undefined;
      const found = await Promise.all(listed.map((f) => original(objects, f)));
      const held = found.filter((f) => f !== undefined);
      return held.length < found.length || held.length === 0 ? undefined : held;
    }

    async function addOthers(): Promise<void> {
      for (const { manifest, origin } of origins) {
        const rest = manifest.files.filter((f) => isPassedOn(f.type) || isDelta(f.type));
        for (const file of rest) {
          const found = isWhole && !isDelta(file.type) && (await original(objects, file));
          if (found) files.push(found);
          else remarks.push(`${file.type} of ${origin.label} is left out: it cannot be cut`);
        }
      }
    }
  });
}

const servedOf = ({ path, type, sha256, size, parts }: MadeFile): RenderedFile => ({
  path,
  type,
  sha256,
  size,
  parts,
});

/** The identity of the catalogue that stands there by now. */
function identityNow({ catalogue }: DataPaths): string {
  const rows = openRows(catalogue);
  try {
    return rows.identity();
  } finally {
    rows.close();
  }
}

const changed = () =>
  new AppError('conflict', 'the catalogue was made again meanwhile', { hint: 'try again' });

/** Encodes the pieces of all that a revision has, and makes no document of them. Throws AppErrors. */
export async function warm(deps: RenderDeps, compression: Compression): Promise<void> {
  const { cache } = deps;
  const encoder = createEncoder(deps);
  let made = 0;
  await withOrigins(deps, async (own, origins) => {
    for (const document of inFragments) {
      const plan = await planDocument(own, origins, document);
      if (!plan) continue;
      for await (const { bytes } of encoder.encode(plan.pieces(), compression)) {
        if (!bytes) continue;
        made += bytes.length;
        release(bytes);
        if (made < commitAfter) continue;
        made = 0;
        await cache.commit();
      }
    }
  });
  await cache.commit();
}

/** Bytes of pieces that may be lost with the process. */
const commitAfter = 16 * 1024 * 1024;

async function withOrigins(
  deps: RenderDeps,
  use: (own: OriginDeps, origins: LoadedOrigin[]) => Promise<void>,
): Promise<void> {
  const { objects, cache, gate, paths, content } = deps;
  const rows = openRows(paths.catalogue);
  try {
    await withPacks(objects, async (openPack) => {
      const own = { objects, cache, gate, rows, openPack };
      const origins: LoadedOrigin[] = [];
      for (const origin of content.origins) origins.push(await loadOrigin(own, origin));
      await use(own, origins);
    });
  } finally {
    rows.close();
  }
}
