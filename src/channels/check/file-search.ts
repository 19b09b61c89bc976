import { AppError } from '../../base/errors.ts';
import { readFilelists } from '../../repodata/filelists.ts';
import type { Objects } from '../../store/objects/objects.ts';
import { readTree, withPacks } from '../../store/objects/tree.ts';

/** Up to so many paths are looked for one by one, which is quicker than reading every list. */
const few = 8;

/**
 * Goes once through filelists, by their trees, and calls `found` for each package that has one of the paths. Elements that cannot
 * be read have none.
 */
export async function findFiles(
  objects: Objects,
  { trees, paths }: { trees: Iterable<string>; paths: ReadonlySet<string> },
  found: (pkgid: string, path: string) => void,
): Promise<void> {
  // A path in XML may be written in several ways from its first special character on.
  const marks = [...paths].map((p) => Buffer.from(`>${/^[^&<>'"\r\n]*/.exec(p)![0]}`));
  const mayHold = (bytes: Buffer) => marks.length > few || marks.some((m) => bytes.includes(m));
  for (const tree of trees) {
    const { runs } = await readTree(objects, tree);
    await withPacks(objects, async (open) => {
      for (const [pack, first, count] of runs) {
        for await (const { bytes } of (await open(pack)).fragments(first, count)) {
          if (mayHold(bytes)) look(bytes);
        }
      }
    });
  }

  function look(bytes: Buffer): void {
    try {
      const { pkgid, files } = readFilelists(bytes);
      for (const { path } of files) if (paths.has(path)) found(pkgid, path);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }
}
