import { evrKey } from '../repodata/evr.ts';
import { keyOf, nameArchOf, type PackageKey } from '../store/catalogue/package-key.ts';

import { isKernel, needsReboot } from './reboot.ts';

/** A name with an architecture, of which an instance has at most one version that counts. */
export interface NameArch {
  number: number;
  name: string;
  arch: string;
  /** Those of the same name. All share one list. */
  siblings: NameArch[];
  /** Numbers of the versions of it that any instance has. */
  versions: number[];
}

/** A version of a package that some instance has installed. */
export interface Installed {
  id: number;
  nameArch: NameArch;
  key: PackageKey;
  /** Its evr_key in hexadecimal digits, as the catalogue has it. */
  evr: string;
  /** Whether it takes effect only with a reboot. */
  reboot: boolean;
  /** Whether it is a kernel that runs, or may. */
  kernel: boolean;
}

/** Names of packages, and the versions that instances have, by number. */
export function createNames() {
  const known = new Map<string, NameArch>();
  const byName = new Map<string, NameArch[]>();
  const installed: (Installed | undefined)[] = [];
  /** The numbers of names and architectures by version: they are looked at by the million. */
  let numbers = new Uint32Array(1024);
  let count = 0;

  /** By the name and the architecture, a line each. */
  function nameArch(text: string): NameArch {
    let found = known.get(text);
    if (found) return found;
    const [name, arch] = text.split('\n') as [string, string];
    const siblings = byName.get(name) ?? [];
    found = { number: count++, name, arch, siblings, versions: [] };
    siblings.push(found);
    byName.set(name, siblings);
    known.set(text, found);
    return found;
  }

  return {
    nameArch,
    /** How many there are: numbers are below that. */
    size: () => count,
    ofName: (name: string): readonly NameArch[] => byName.get(name) ?? [],
    get: (id: number): Installed => installed[id]!,
    has: (id: number): boolean => installed[id] !== undefined,
    /** The number of a version's name and architecture. */
    numberOf: (id: number): number => numbers[id]!,

    add(pkg: Parameters<typeof keyOf>[0] & { id: number }): void {
      const epoch = pkg.epoch || '0';
      const key = keyOf({ ...pkg, epoch });
      const own = nameArch(nameArchOf(key));
      const evr = evrKey({ ...pkg, epoch })
        .toString('hex')
        .toUpperCase();
      if (pkg.id >= numbers.length) {
        const more = new Uint32Array(Math.max(pkg.id + 1, numbers.length * 2));
        more.set(numbers);
        numbers = more;
      }
      numbers[pkg.id] = own.number;
      installed[pkg.id] = {
        id: pkg.id,
        nameArch: own,
        key,
        evr,
        reboot: needsReboot(pkg.name),
        kernel: isKernel(pkg.name),
      };
      own.versions.push(pkg.id);
    },
  };
}

export type Names = ReturnType<typeof createNames>;

/** Whether a package of one architecture may take the place of one of the other. */
export const sameSlot = (a: string, b: string): boolean =>
  a === b || a === 'noarch' || b === 'noarch';

/** Numbers under numbers below `size`, all of them forgotten at once without being touched. */
export function createScratch(size: () => number) {
  let marks = new Uint32Array(1024);
  let values = new Uint32Array(1024);
  let round = 0;

  return {
    clear(): void {
      round++;
      if (size() <= marks.length && round < 2 ** 32 - 1) return;
      marks = new Uint32Array(Math.max(size(), marks.length) * 2);
      values = new Uint32Array(marks.length);
      round = 1;
    },
    set(at: number, value: number): void {
      marks[at] = round;
      values[at] = value;
    },
    /** Undefined where none was set since `clear`. */
    get: (at: number): number | undefined => (marks[at] === round ? values[at] : undefined),
  };
}
