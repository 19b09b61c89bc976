import { pathToFileURL } from 'node:url';
import { createDnf } from '../../support/dnf.ts';

/** What `dnf repoclosure` says of a repository: the requirements without provider, sorted, by package. */
export async function repoclosure(
  work: string,
  folder: string,
  ...options: string[]
): Promise<Record<string, string[]>> {
  const dnf = await createDnf(work, pathToFileURL(folder).href);
  const text = await dnf('repoclosure', ...options).catch((error) => {
    if (!/Repoclosure ended with/.test(error.stderr)) throw error;
    return error.stdout as string;
  });
  const found: Record<string, string[]> = {};
  let current: string[] = [];
  for (const line of text.split('\n')) {
    const name = /^package: (\S+) from /.exec(line)?.[1];
    if (name) {
      current = [];
      found[name] = [...(found[name] ?? []), ...current];
      current = found[name]!;
    } else if (line.startsWith('    ')) current.push(line.trim());
  }
  for (const list of Object.values(found)) list.sort();
  return found;
}
