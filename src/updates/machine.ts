const families: Record<string, readonly string[]> = {
  x86_64: ['x86_64', 'amd64', 'ia32e', 'i686', 'athlon', 'i586', 'i486', 'i386'],
  i386: ['i686', 'athlon', 'i586', 'i486', 'i386'],
  aarch64: ['aarch64'],
  ppc64le: ['ppc64le'],
  s390x: ['s390x', 's390'],
};

/** What packages a machine runs. `arch` is as instances say it: `x86_64-redhat-linux`. Source: rpm's `rpmrc`. */
export function createMachine(arch: string) {
  const own = arch.split('-')[0]!;
  const name = /^(?:i[3-6]86|ia32|athlon)$/.test(own) ? 'i386' : own;
  const family = families[name] ?? [name];

  /** The lower, the better it fits; packages of no architecture come after those of the machine's own. */
  function rank(pkg: string): number {
    if (pkg === 'noarch') return 0.5;
    const at = family.indexOf(pkg.replace(/^x86_64_v\d$/, 'x86_64'));
    return at < 0 ? Number.POSITIVE_INFINITY : at;
  }

  return { rank, runs: (pkg: string): boolean => rank(pkg) < Number.POSITIVE_INFINITY };
}
