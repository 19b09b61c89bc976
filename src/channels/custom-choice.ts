import { AppError } from '../base/errors.ts';
import type { PickedPackage } from './content/picks.ts';

/** What names mean, in the order of the sources that have it. */
export type Found = Map<string, PickedPackage[]>;

/**
 * Of what each name means the newest of each architecture that suits; those of others only where the name says so. By NEVRA:
 * of what several sources have, the first one's. Throws AppError 'usage' that names all that mean nothing.
 */
export function choose(found: Found, arch: string | undefined): Map<string, PickedPackage> {
  const chosen = new Map<string, PickedPackage>();
  const unknown: string[] = [];
  for (const [name, packages] of found) {
    const newest = new Map<string, PickedPackage>();
    for (const one of packages) {
      if (!name.endsWith(`.${one.arch}`) && !suits(arch, one.arch)) continue;
      const key = `${one.name} ${one.arch}`;
      const best = newest.get(key);
      if (!best || one.evrKey > best.evrKey) newest.set(key, one);
    }
    if (newest.size === 0) unknown.push(name);
    for (const one of newest.values()) if (!chosen.has(one.nevra)) chosen.set(one.nevra, one);
  }
  refuseUnknown(unknown, 'the sources have');
  return chosen;
}

/** Whether machines of an architecture install packages of another. Where none is said, all but source packages suit. */
function suits(arch: string | undefined, other: string): boolean {
  if (other === 'src' || other === 'nosrc') return false;
  if (arch === undefined || other === 'noarch' || other === arch) return true;
  if (arch === 'x86_64') return /^(i[3-6]86|athlon|x86_64_v\d|amd64|ia32e)$/.test(other);
  return /^i[3-6]86$/.test(arch) && /^i[3-6]86$/.test(other) && other <= arch;
}

const shown = 10;

/** Throws AppError 'usage' where there are any. */
export function refuseUnknown(names: readonly string[], who: string): void {
  if (names.length === 0) return;
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  throw new AppError('usage', `${who} no package ${names.slice(0, shown).join(', ')}${more}`, {
    hint: 'a name, name.arch, or name-version-release.arch as lists of packages show it; nothing was changed',
    detail: { unknown: names },
  });
}
