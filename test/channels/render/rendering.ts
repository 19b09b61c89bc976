import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { BitSet } from '../../../src/base/bit-set.ts';
import type { Content, Origin } from '../../../src/channels/content/content.ts';
import { render } from '../../../src/channels/render/render.ts';
import type { Rendered, RenderJob } from '../../../src/channels/render/rendered.ts';
import { openDocument } from '../../../src/repodata/codec.ts';
import { joined } from '../../../src/server/yum/stored-bytes.ts';
import { openCache } from '../../../src/store/cache/cache.ts';
import { openRenders } from '../../../src/store/cache/renders.ts';
import { type Manifest, readManifest } from '../../../src/store/objects/manifest.ts';
import { createObjects } from '../../../src/store/objects/objects.ts';
import { dataPaths } from '../../../src/store/paths.ts';
import { startApp } from '../../support/app.ts';

/** A package as the catalogue has it. */
export interface Row {
  id: number;
  name: string;
  nevra: string;
  checksum: string;
}

const whole = { packages: 'all', advisories: 'all', modules: 'all', groups: 'all' } as const;

/** Mirrors repositories, by label and folder, and renders whatever contents a test thinks of, in this thread. */
export async function startRendering(folders: Record<string, string>) {
  const app = await startApp(
    Object.entries(folders).map(([label, folder]) => ({ label, upstream: `file:${folder}/` })),
  );
  for (const label of Object.keys(folders)) await app.sync(label);
  const paths = dataPaths(app.config.data);
  const objects = createObjects(paths);
  const cache = openCache(paths);
  const state = new Database(paths.state, { readonly: true });
  const catalogue = new Database(paths.catalogue, { readonly: true });
  onTestFinished(() => {
    cache.close();
    state.close();
    catalogue.close();
  });
  let count = 0;

  const manifestOf = (label: string): string =>
    state
      .prepare('SELECT manifest FROM revision WHERE label = ? ORDER BY number DESC')
      .pluck()
      .get(label) as string;

  return {
    paths,
    cache,
    objects,
    manifest: (label: string): Promise<Manifest> => readManifest(objects, manifestOf(label)),

    /** A mirrored source as origin: all of it but for what is said otherwise. */
    origin: (label: string, remaining: Partial<Origin> = {}): Origin => ({
      label,
      manifest: manifestOf(label),
      ...whole,
      ...remaining,
    }),

    identity: (): string => catalogue.prepare('SELECT id FROM identity').pluck().get() as string,

    /** The packages of a source. */
    rows: (label: string): Row[] =>
      catalogue
        .prepare(`
        SELECT p.id, p.name, lower(hex(p.checksum)) AS checksum,
          p.name || '-' || p.epoch || ':' || p.version || '-' || p.release || '.' || p.arch AS nevra
        FROM membership JOIN package p ON p.id = package
        WHERE source = (SELECT id FROM source WHERE label = ?) AND to_revision IS NULL ORDER BY p.id`)
        .all(label) as Row[],

    async render(origins: Origin[], job: Partial<RenderJob> = {}): Promise<Rendered> {
      const content: Content = { origins, remarks: [] };
      const key = String(++count).padStart(64, '0');
      const deps = { paths, objects, cache, content, keys: [], gate: async () => {} };
      const common = { label: 'view', revision: '', at: 1_763_800_000, sqlite: false, tags: [] };
      await render(deps, { ...common, compression: 'gzip', ...job }, key);
      const reader = openRenders(paths);
      const rendered = reader.find(key)!;
      reader.close();
      return rendered;
    },

    /** A file's bytes as clients get them. */
    async bytes(rendered: Rendered, type: string): Promise<Buffer | undefined> {
      const file = rendered.files.find((f) => f.type === type);
      if (!file) return undefined;
      const chunks: Buffer[] = [];
      for await (const chunk of joined(paths, file).read(0, file.size - 1)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },

    /** A document, decompressed. */
    async text(rendered: Rendered, type: string): Promise<string> {
      const bytes = (await this.bytes(rendered, type))!;
      async function* source() {
        yield bytes;
      }
      const chunks: Buffer[] = [];
      for await (const chunk of openDocument(source(), type, { bytes: 1 << 28, ratio: 1000 }))
        chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}

export type Rendering = Awaited<ReturnType<typeof startRendering>>;

export const setOf = (rows: readonly Row[]): BitSet => new BitSet(rows.map((r) => r.id));
