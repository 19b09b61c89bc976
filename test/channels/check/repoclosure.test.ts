import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositories } from '../../repodata/documents.ts';
import { temporaryFolder } from '../../support/app.ts';
import { randomFrom } from '../../support/random.ts';
import { hasRepoclosure } from '../../support/tools.ts';
import { checked } from './checked.ts';
import { type Invented, writeInvented } from './invented.ts';
import { repoclosure } from './repoclosure.ts';

/** What dnf and Headwater say of the same packages. */
async function both(packages: Invented[], documents?: Record<string, string>) {
  const folder = await temporaryFolder();
  await writeInvented(join(folder, 'repo'), packages, documents);
  const dnf = await repoclosure(join(folder, 'dnf'), join(folder, 'repo'));
  return { dnf, own: (await checked(join(folder, 'repo'))).byPackage };
}

const requiring = (...requires: string[]): Invented[] =>
  requires.map((one, i) => ({ name: `r${String(i).padStart(3, '0')}`, requires: [one] }));

const provider: Invented = {
  name: 'a',
  evr: '1:2-3',
  provides: ['cap = 1', 'plain', 'low < 5', 'odd XX 1-1', 'high > 5-1', 'rel = 1-5', 'not NE 3'],
  files: ['/usr/bin/a', '/usr/bin/a&b'],
  otherFiles: ['/opt/a', '/opt/a&b'],
};

describe.runIf(hasRepoclosure)('dnf repoclosure says the same', () => {
  it('of versions and the lack of them', async () => {
    const operators = ['=', '<', '<=', '>', '>=', 'NE', 'XX'];
    const names = ['cap', 'plain', 'low', 'odd', 'high', 'rel', 'not', 'a', 'none'];
    const versions = ['1', '1-5', '5-1', '2-3', '1:2-3', '3'];
    const ranges = names.flatMap((name) =>
      operators.flatMap((o) => versions.map((v) => `${name} ${o} ${v}`)),
    );
    const { dnf, own } = await both([provider, ...requiring(...names, ...ranges)]);
    // rpm has no name for these operators.
    const known = (found: Record<string, string[]>) =>
      Object.entries(found).map(([name, list]) => [name, list.map((r) => r.replace(/ ! /, ' ? '))]);
    expect(known(own)).toEqual(known(dnf));
    expect(Object.keys(own).length).toBeGreaterThan(100);
    expect(Object.keys(own).length).toBeLessThan(ranges.length - 100);
  });

  it('of versions by chance', async () => {
    const random = randomFrom(7);
    const pick = <T>(list: T[]): T => list[Math.floor(random() * list.length)]!;
    const piece = () =>
      Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
        pick(['0', '1', '2', '10', '01', 'a', 'b', '.', '~', '^', '.el8', '+']),
      ).join('');
    const evr = () =>
      `${pick(['', '', '1:', '0:'])}${piece()}${random() < 0.7 ? `-${piece()}` : ''}`;
    const dependency = () =>
      `n${Math.floor(random() * 40)} ${pick(['=', '<', '<=', '>', '>='])} ${evr()}`;
    const providers = Array.from({ length: 60 }, (_, i) => ({
      name: `p${i}`,
      provides: [dependency()],
    }));
    const requires = Array.from({ length: 700 }, dependency);
    const { dnf, own } = await both([...providers, ...requiring(...requires)]);
    expect(Object.keys(own)).toEqual(Object.keys(dnf));
    expect(Object.keys(own).length).toBeGreaterThan(100);
    expect(Object.keys(own).length).toBeLessThan(600);
  });

  it('of files, of what packages provide themselves, and of what rpm provides', async () => {
    const files = [
      '/usr/bin/a',
      '/opt/a',
      '/opt/none',
      '/usr/bin/a&b',
      '/opt/a&b',
      '/usr/bin/a = 1',
    ];
    const own = { name: 'own', evr: '3-1', provides: ['config(own) = 3-1'] };
    const { dnf, own: found } = await both([
      provider,
      ...requiring(...files, 'rpmlib(None) <= 1-1'),
      {
        ...own,
        requires: ['own = 3-1', 'config(own) = 3-1', '/opt/own'],
        otherFiles: ['/opt/own'],
      },
      { name: 'lacks', requires: ['config(lacks) = 1-1', 'lacks > 1-1', 'plain', 'plain = 7'] },
    ]);
    expect(found).toEqual(dnf);
    expect(Object.keys(found)).toEqual(['lacks-1-1.noarch', 'r002-1-1.noarch']);
  });

  it('of files where many are looked for', async () => {
    const has = Array.from({ length: 30 }, (_, i) => `/opt/d/${i}`);
    const wants = Array.from({ length: 40 }, (_, i) => `/opt/d/${i}`);
    const { dnf, own } = await both([{ name: 'a', otherFiles: has }, ...requiring(...wants)]);
    expect(own).toEqual(dnf);
    expect(Object.keys(own)).toHaveLength(10);
  });

  it('of boolean dependencies that one package meets', async () => {
    const packages = [provider, { name: 'c', provides: ['plain'] }];
    const { dnf, own } = await both([
      ...packages,
      ...requiring(
        ...['(a and plain)', '(a or none)', '(none or none2)', '(none if a)', '(a if none)'],
        ...['(none if none2 else a)', '(a unless plain)', '(none unless a else plain)', '(a)'],
        ...['(cap with plain)', '(a with c)', '(plain without cap)', '(cap without plain)'],
        ...[
          '(cap >= 1 with rel < 2)',
          '(cap > 1 with plain)',
          '((a or none) with (plain or none))',
        ],
        '(none unless a)',
      ),
    ]);
    expect(Object.keys(own)).toEqual(Object.keys(dnf));
    expect(Object.keys(own)).toHaveLength(6);
  });

  // Two of them have the same packages.
  const several = repositories.filter((r) => !r.name.endsWith('2025-03-11'));

  it.each(several)('of real repositories: $name', { timeout: 180_000 }, async ({ folder }) => {
    const work = await temporaryFolder();
    // To dnf, packages of other architectures than the machine's provide nothing.
    const options = /ibmi/.test(folder) ? ['--forcearch=ppc64'] : [];
    const dnf = await repoclosure(work, folder, ...options).catch(() => undefined);
    // What dnf cannot read is no repository to compare.
    if (!dnf) return;
    const { byPackage } = await checked(folder);
    const lines = (found: Record<string, string[]>) =>
      Object.entries(found).flatMap(([name, list]) => list.map((r) => `${name} requires ${r}`));
    const own = new Set(lines(byPackage));
    // dnf does not look at conditions (where nothing meets one, nothing is wanted), and of `(a and b)` one is enough to it.
    const others = lines(dnf).filter((line) => !line.includes('.src requires '));
    expect(others.filter((line) => !own.has(line) && !line.includes(' if '))).toEqual([]);
    const theirs = new Set(others);
    const more = [...own].filter((line) => !theirs.has(line) && !line.includes(' and '));
    expect(more).toEqual([]);
  });
});
