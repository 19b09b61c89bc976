import { AppError } from '../base/errors.ts';
import { type DerivedParent, readRevision } from '../store/objects/derived.ts';
import { type Manifest, missingObjects } from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';

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
      const needless = canBeMade(found.manifest);
      const needed = missing.filter((sha256) => !needless.has(sha256));
      if (needed.length > 0) throw gone(of, needed);
    }
  }
  await look(revision);
}

/** Upstream's files that need not be kept: this server makes such documents itself. */
function canBeMade({ files, trees }: Manifest): Set<string> {
  const made = (type: string) =>
    Object.hasOwn(trees, type) ? type !== 'updateinfo' : /_(db|zck)$/.test(type);
  return new Set(files.filter(({ type }) => made(type)).map(({ sha256 }) => sha256));
}

function gone({ label, revision }: DerivedParent, objects: string[]): AppError {
  const more = objects.length > 1 ? ` and ${objects.length - 1} more` : '';
  return new AppError(
    'not_found',
    `revision ${revision ?? '(unnumbered)'} of ${label} is not whole any more: object ${objects[0]}${more} is gone`,
    { hint: 'choose another revision, or restore the data folder from a backup' },
  );
}
