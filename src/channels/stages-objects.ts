import { AppError } from '../base/errors.ts';
import { type DerivedParent, readRevision } from '../store/objects/derived.ts';
import { missingObjects } from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';
import { droppableFiles } from '../store/objects/originals.ts';

/** Throws AppError 'not_found' that names what is gone where a revision cannot be served any more. */
export async function requireObjects(objects: Objects, revision: DerivedParent): Promise<void> {
  const seen = new Set<string>();
  async function look(of: DerivedParent): Promise<void> {
    if (seen.has(of.manifest)) return;
    seen.add(of.manifest);
    if (!(await objects.find(of.manifest))) throw gone(of, [of.manifest]);
    const found = await readRevision(objects, of.manifest);
    if (found.kind === 'derived') for (const parent of found.derived.parents) await look(parent);
    else {
      const missing = await missingObjects(objects, found.manifest);
      // Such documents this server makes itself.
      const needless = new Set(droppableFiles(found.manifest).map((file) => file.sha256));
      const needed = missing.filter((sha256) => !needless.has(sha256));
      if (needed.length > 0) throw gone(of, needed);
    }
  }
  await look(revision);
}

function gone({ label, revision }: DerivedParent, objects: string[]): AppError {
  const more = objects.length > 1 ? ` and ${objects.length - 1} more` : '';
  return new AppError(
    'not_found',
    `revision ${revision ?? '(unnumbered)'} of ${label} is not whole any more: object ${objects[0]}${more} is gone`,
    { hint: 'choose another revision, or restore the data folder from a backup' },
  );
}
