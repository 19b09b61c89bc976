import type { MirroredSource, Source } from '../base/source.ts';
import {
  type Derived,
  type DerivedParent,
  type Rendering,
  readRevision,
} from '../store/objects/derived.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { RenderJob } from './render/rendered.ts';

export interface RenderingDeps {
  objects: Objects;
  source(label: string): Source | undefined;
  /** Fingerprints of the keys that sign. */
  signedBy(): Promise<string[]>;
}

/** A mirrored source that something is made of, and the object of the revision. */
interface Ancestor {
  label: string;
  source: MirroredSource | undefined;
  manifest: string;
}

/** The mirrored revisions that parents come from, in order of priority. Throws AppErrors. */
export async function ancestorsOf(
  { objects, source }: Pick<RenderingDeps, 'objects' | 'source'>,
  parents: readonly DerivedParent[],
): Promise<Ancestor[]> {
  const found: Ancestor[] = [];
  for (const { label, manifest } of parents) {
    const revision = await readRevision(objects, manifest);
    if (revision.kind === 'derived') {
      found.push(...(await ancestorsOf({ objects, source }, revision.derived.parents)));
    } else {
      const own = source(label);
      found.push({ label, source: own?.kind === 'mirrored' ? own : undefined, manifest });
    }
  }
  return found;
}

/** The last release of Oracle Linux whose yum reads no zstd. */
const lastWithoutZstd = 8;

/**
 * How documents of a source are to be made from such parents, as things are. What the source says of compression counts; then
 * its release, or that of the first parent that has one; then what the first parent's upstream does.
 */
export async function renderingOf(
  deps: RenderingDeps,
  source: Source | undefined,
  parents: readonly DerivedParent[],
): Promise<Rendering> {
  const ancestors = await ancestorsOf(deps, parents);
  const release = [source, ...ancestors.map((a) => a.source)].find((s) => s?.release)?.release;
  const major = Number.parseInt(release ?? '', 10);
  const byRelease = Number.isNaN(major) ? undefined : major > lastWithoutZstd ? 'zstd' : 'gzip';
  return {
    compression: source?.compression ?? byRelease ?? (await upstreams(deps.objects, ancestors[0])),
    sqlite: source?.sqlite ?? false,
    keys: await deps.signedBy(),
  };
}

async function upstreams(
  objects: Objects,
  ancestor: Ancestor | undefined,
): Promise<Rendering['compression']> {
  const found = ancestor && (await readRevision(objects, ancestor.manifest));
  const files = found?.kind === 'mirrored' ? found.manifest.files : [];
  return files.find((f) => f.type === 'primary')?.path.endsWith('.zst') ? 'zstd' : 'gzip';
}

/** What is asked of the renderer for a revision. */
export function jobOf(
  label: string,
  { manifest, at }: { manifest: string; at: Date },
  { parents, rendering }: Derived,
): RenderJob {
  return {
    label,
    revision: manifest,
    at: Math.floor(at.getTime() / 1000),
    compression: rendering.compression,
    sqlite: rendering.sqlite,
    tags: parents.map((p) => `headwater:${p.label}@${p.revision ?? p.manifest.slice(0, 12)}`),
  };
}
