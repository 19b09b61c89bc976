import { type Derived, readRevision } from '../../store/objects/derived.ts';
import type { Objects } from '../../store/objects/objects.ts';
import type { Content, Origin } from './content.ts';

/** Finds out what revisions consist of. */
export function createContents({ objects }: { objects: Objects }) {
  /** The content of a source's revision, by the object of that. Throws AppErrors. */
  async function of(label: string, revision: string): Promise<Content> {
    const found = await readRevision(objects, revision);
    if (found.kind === 'derived') return derived(found.derived);
    const all = { packages: 'all', advisories: 'all', modules: 'all', groups: 'all' } as const;
    return { origins: [{ label, manifest: revision, ...all }], remarks: [] };
  }

  async function derived({ parents }: Derived): Promise<Content> {
    const contents = await Promise.all(parents.map((p) => of(p.label, p.manifest)));
    const origins = new Map<string, Origin>();
    for (const origin of contents.flatMap((c) => c.origins)) {
      if (!origins.has(origin.manifest)) origins.set(origin.manifest, origin);
    }
    return { origins: [...origins.values()], remarks: contents.flatMap((c) => c.remarks) };
  }

  return { of };
}
