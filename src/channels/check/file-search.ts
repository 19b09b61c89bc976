import { AppError } from '../../base/errors.ts';
import { readFilelists } from '../../repodata/filelists.ts';
import type { Objects } from '../../store/objects/objects.ts';
import { readTree, withPacks } from '../../store/objects/tree.ts';

/**
 * Goes once through filelists, by their trees, and calls `found` for each package that has one of the paths. Elements that cannot
 * be read have none.
 */
export async function findFiles(
  objects: Objects,
  { trees, paths }: { trees: Iterable<string>; paths: ReadonlySet<string> },
  found: (pkgid: string, path: string) => void,
): Promise<void> {
  const mayHold = quickLook(paths);
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

/** Whether an element may hold one of the paths: true as well where it takes a reader of XML to know. */
function quickLook(paths: ReadonlySet<string>): (element: Buffer) => boolean {
  const wanted = new Set([...paths].map((p) => Buffer.from(p).toString('latin1')));
  const lengths = new Set([...wanted].map((p) => p.length));
  return (element) => {
    const xml = element.toString('latin1');
    if (xml.includes('&') || xml.includes('<!')) return true;
    for (let at = xml.indexOf('>/'); at >= 0; at = xml.indexOf('>/', at + 2)) {
      const end = xml.indexOf('<', at);
      if (lengths.has(end - at - 1) && wanted.has(xml.slice(at + 1, end))) return true;
    }
    return false;
  };
}
