import type { Source } from '../base/source.ts';

/** What clients say of a machine (`uname -m`) as Spacewalk writes it: `x86_64-redhat-linux`. */
export function canonicalArch(arch: string): string {
  return arch.includes('-') ? arch : `${arch}-redhat-linux`;
}

/** Whether an instance's release and architecture are those that a source is for; one that says neither is for all. */
export function fits(
  { release, arch }: Pick<Source, 'release' | 'arch'>,
  instance: { osRelease: string; arch: string },
): boolean {
  const sameRelease = release === undefined || majorOf(release) === majorOf(instance.osRelease);
  const sameArch =
    arch === undefined || arch === 'noarch' || familyOf(arch) === familyOf(instance.arch);
  return sameRelease && sameArch;
}

/** What the members of a group have in common; all are of the Linux family. */
export interface System {
  osRelease: string;
  arch: string;
}

/** Whether two instances have one major release and one architecture. */
export const isSameSystem = (a: System, b: System): boolean =>
  majorOf(a.osRelease) === majorOf(b.osRelease) && familyOf(a.arch) === familyOf(b.arch);

/** For people: `release 8, x86_64`. */
export const systemText = ({ osRelease, arch }: System): string =>
  `release ${majorOf(osRelease)}, ${arch.split('-')[0]}`;

/** `8` of `8`, `8.9` and `8Server`; what begins otherwise is taken as it is. */
const majorOf = (release: string): string => /^\d+/.exec(release)?.[0] ?? release;

/** The machine of an architecture; those of 32-bit x86 are one. */
function familyOf(arch: string): string {
  const machine = arch.split('-')[0]!;
  return /^i[3-6]86$|^ia32$|^athlon$/.test(machine) ? 'i386' : machine;
}
