import type { UpdateKind } from '../base/update-kinds.ts';
import { packageId, shownEvr } from '../channels/content/listed.ts';
import type { Facts } from '../store/catalogue/facts.ts';
import { fieldsOf, type PackageKey } from '../store/catalogue/package-key.ts';
import type { Engine, Standing } from './engine.ts';
import type { Found } from './evaluate.ts';
import { needsReboot } from './reboot.ts';
import type { AvailableUpdate, Build, View } from './updates.ts';
import type { Package } from './world.ts';

/** Answers questions about what one instance could install. */
export function createQuestions(engine: Engine) {
  async function of(id: number, view: View): Promise<AvailableUpdate[]> {
    const own = await engine.standing(id);
    const found = engine.found(own, view);
    return engine.loader.contents.reading([], async ({ facts }) => {
      const lines = facts.listing.lines(found.map(({ pkg }) => pkg.row));
      const cves = cvesOf(facts, found, engine);
      return found
        .map(
          (update): AvailableUpdate => ({
            ...shown(update),
            advisories: update.advisories
              .map((number) => engine.advisories().get(number).id)
              .sort(),
            cves: cves(update),
            sources: sourcesOf(own, view, update.pkg),
            heldBack: engine.isHeldBack(own, update),
            size: lines.get(update.pkg.row)?.size ?? 0,
          }),
        )
        .sort(byName);
    });
  }

  return {
    of,

    async builds(id: number, kinds: readonly UpdateKind[] | 'all'): Promise<Build[]> {
      const own = await engine.standing(id);
      return engine
        .found(own, 'now')
        .filter(({ kind }) => kinds === 'all' || kinds.includes(kind))
        .map(({ pkg }) => fieldsOf(pkg.key))
        .sort(byName);
    },

    async installable(id: number): Promise<{ build: Build; sources: string[] }[]> {
      const { member, now, useNow } = await engine.standing(id);
      const { names } = engine.fleet();
      const installed = new Set<string>();
      for (const top of member.tops) {
        const { name, arch } = names.get(top).nameArch;
        installed.add(`${name}\n${arch}`);
      }
      const found: { build: Build; sources: string[] }[] = [];
      for (const [name, packages] of now.world.all()) {
        const archs = new Set<string>();
        for (const pkg of packages) {
          if (archs.has(pkg.arch) || installed.has(`${name}\n${pkg.arch}`)) continue;
          if (!now.machine.runs(pkg.arch) || !now.isSeen(pkg, useNow)) continue;
          archs.add(pkg.arch);
          found.push({ build: fieldsOf(pkg.key), sources: now.world.sourcesOf(name, pkg.key) });
        }
      }
      return found.sort((a, b) => byName(a.build, b.build));
    },
  };
}

function shown({ pkg, kind, installed, obsoleted }: Found) {
  const build = fieldsOf(pkg.key);
  const nevras = obsoleted.map((one) => packageId(one.key)).sort();
  return {
    ...{ name: pkg.name, arch: pkg.arch, build, kind, reboot: needsReboot(pkg.name) },
    installed: installed ? evrOf(installed.key) : nevras.join(', '),
    available: shownEvr(build),
    obsoletes: nevras.length > 0 ? nevras.join(', ') : null,
  };
}

const evrOf = (key: PackageKey): string => shownEvr(fieldsOf(key));

function sourcesOf({ now, upstream }: Standing, view: View, { name, key }: Package): string[] {
  const own = view === 'upstream' && !now.world.has(name, key) ? upstream : now;
  return own.world.sourcesOf(name, key);
}

/** The CVEs of the advisories behind updates, read for all at once. */
function cvesOf(facts: Facts, found: readonly Found[], engine: Engine) {
  const advisories = engine.advisories();
  const rows = new Set(
    found.flatMap((update) => update.advisories.map((number) => advisories.get(number).row)),
  );
  const byRow = facts.texts.cvesOf([...rows]);
  return ({ advisories: numbers }: Found): string[] => {
    const all = numbers.flatMap((number) => byRow.get(advisories.get(number).row) ?? []);
    return [...new Set(all)].sort();
  };
}

const byName = (a: { name: string; arch: string }, b: { name: string; arch: string }): number => {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.arch < b.arch ? -1 : Number(a.arch > b.arch);
};
