import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GoingPackage, Preview, PreviewWish } from '../src/updates/preview/preview.ts';
import { randomFrom } from '../test/support/random.ts';
import { openHeadwater } from './headwater.ts';
import { createInstallroot } from './installroot.ts';
import { writeRepository } from './made-repository.ts';
import { commandOf, createPreviewer, stepsOfDnf } from './preview.ts';
import { randomDependencies } from './random-dependencies.ts';
import { type Chance, chanceOf } from './random-repository.ts';
import { inVersion } from './repository.ts';
import type { StubPackage } from './rpm-headers.ts';
import { realWorlds } from './worlds.ts';

interface Options {
  profiles: number;
  made: number;
  seed: number;
  /** Worlds with this in their name. */
  only: string;
  /** So many of those that do not agree are told of. */
  show: number;
}

interface PackageWorld {
  name: string;
  release: string;
  packages: readonly StubPackage[];
}

interface Tally {
  same: number;
  /** Of those that do not agree, what is different. */
  different: string[];
  /** Of those that agree, and of those that do not, where Headwater said that it could not tell. */
  undecided: number;
}

/**
 * Compares previews with `dnf --assumeno` on the same machines: updates of all, updates, installations and removals of random
 * packages. Machines have what was installed together, a third of it in the builds that their source had before. Prints a table;
 * gives the share that agrees.
 */
export async function measurePreviews(work: string, options: Options): Promise<number> {
  const worlds = await worldsOf(options);
  console.log('\n| previews of | profiles | packages | asked | agree with dnf | undecided |');
  console.log('|---|---:|---:|---:|---:|---:|');
  const total: Tally = { same: 0, different: [], undecided: 0 };
  for (const [i, world] of worlds.entries()) {
    if (!world.name.includes(options.only)) continue;
    const { tally, packages } = await measure(world, {
      ...{ work: join(work, `previews-${i}`), seed: options.seed * 1000 + i },
      profiles: options.profiles,
    });
    total.same += tally.same;
    total.undecided += tally.undecided;
    total.different.push(...tally.different);
    console.log(
      `| ${world.name} | ${options.profiles} | ${Math.round(packages / options.profiles)} | ${shown(tally)} |`,
    );
    for (const line of tally.different.slice(0, options.show)) console.error(`  ${line}`);
  }
  console.log(`| all | | | ${shown(total)} |`);
  return total.same / (total.same + total.different.length || 1);
}

async function worldsOf({ made, seed }: Options): Promise<PackageWorld[]> {
  const real = (await realWorlds()).map(({ name, release, content }) => ({
    ...{ name, release, packages: content.packages },
  }));
  const large = real.filter(({ packages }) => packages.length > 1000);
  // What is an addition to something else lacks most of what it needs without that.
  const together = { name: large.map(({ name }) => name).join(' + '), release: '9' };
  return [
    ...real,
    ...(large.length > 1 ? [{ ...together, packages: large.flatMap((w) => w.packages) }] : []),
    ...Array.from({ length: made }, (_, i) => ({
      ...{ name: `made ${seed + i}`, release: '8' },
      packages: randomDependencies(chanceOf(randomFrom(seed + i))),
    })),
  ];
}

async function measure(
  world: PackageWorld,
  { work, profiles, seed }: { work: string; profiles: number; seed: number },
) {
  const folder = join(work, 'repository');
  await mkdir(folder, { recursive: true });
  await writeRepository(folder, { packages: world.packages.map(earlier) });
  const headwater = await openHeadwater(work, {
    release: world.release,
    sources: [{ label: 'base', upstream: `file:${folder}/` }],
  });
  const tally: Tally = { same: 0, different: [], undecided: 0 };
  let packages = 0;
  try {
    await writeRepository(folder, { packages: world.packages });
    await headwater.app.operations.sync({ labels: [] }, () => {});
    const previewer = await createPreviewer([folder], 'x86_64');
    for (let number = 0; number < profiles; number++) {
      const chance = chanceOf(randomFrom(seed * 1000 + number));
      const installed = machine(world.packages, {
        chance,
        after: (before, name) => previewer.preview(before, { install: [name] }).steps,
      });
      packages += installed.length;
      const about = { installed, streams: {}, isNoted: false, sources: ['base'] };
      const id = await headwater.enrol(about);
      const root = await createInstallroot({
        ...{ folder: join(work, 'root'), cache: join(work, 'cache'), installed },
        repositories: [{ id: 'base', url: `${headwater.url}/channels/base/` }],
        ...{ release: world.release, arch: 'x86_64' },
      });
      for (const wish of wishes(world.packages, installed, chance)) {
        const ours = await headwater.app.operations.previewInstance(id, wish);
        const theirs = await root.transaction(...commandOf(wish));
        const differences = differ(stepsOf(ours), theirs ? stepsOfDnf(theirs) : []);
        if (!ours.decided) tally.undecided++;
        if (differences.length === 0) tally.same++;
        else tally.different.push(`profile ${number}, ${said(wish)}: ${differences.join(', ')}`);
      }
    }
  } finally {
    await headwater.close();
  }
  return { tally, packages };
}

/** Random packages with what they need. */
function machine(
  packages: readonly StubPackage[],
  about: {
    chance: Chance;
    after(before: readonly StubPackage[], name: string): string[];
  },
): StubPackage[] {
  const { chance, after } = about;
  const own = packages.filter(({ arch }) => arch === 'x86_64' || arch === 'noarch');
  const byNevra = new Map(packages.map((stub) => [nevraOf(stub), stub]));
  let installed: StubPackage[] = [];
  for (let left = chance.from(3, 15); left > 0; left--) {
    const now = new Map(installed.map((stub) => [nevraOf(stub), stub]));
    for (const step of after(installed, chance.pick(own).name)) {
      if (step.startsWith('+')) now.set(step.slice(1), byNevra.get(step.slice(1))!);
      else now.delete(step.slice(1));
    }
    installed = [...now.values()];
  }
  return installed.map((stub) => (chance.is(33) ? earlier(stub) : stub));
}

/** The build that there was before. */
const earlier = (stub: StubPackage): StubPackage =>
  inVersion(stub, { release: `0.${stub.release}` });

function wishes(
  packages: readonly StubPackage[],
  installed: readonly StubPackage[],
  { pick }: Chance,
): PreviewWish[] {
  const some = installed.length > 0;
  return [
    { updateAll: 'all' },
    { install: [pick(packages).name] },
    { install: [pick(packages).name] },
    { install: [pick(packages).name, pick(packages).name] },
    ...(some ? [{ update: [pick(installed).name] }, { remove: [pick(installed).name] }] : []),
  ];
}

const said = (wish: PreviewWish): string => commandOf(wish).join(' ');

const nevraOf = ({ name, epoch, version, release, arch }: StubPackage): string =>
  `${name}-${epoch && epoch !== '0' ? `${epoch}:` : ''}${version}-${release}.${arch}`;

function stepsOf(preview: Preview): string[] {
  const shownAs = ({ name, evr, arch }: GoingPackage) => `${name}-${evr}.${arch}`;
  const coming = [...preview.upgrades, ...preview.installs, ...preview.dependencies];
  const going = [...preview.removals, ...preview.obsoleted];
  return [...coming.map((p) => `+${shownAs(p)}`), ...going.map((p) => `-${shownAs(p)}`)];
}

function differ(ours: readonly string[], theirs: readonly string[]): string[] {
  return [
    ...ours.filter((step) => !theirs.includes(step)).map((step) => `only here ${step}`),
    ...theirs.filter((step) => !ours.includes(step)).map((step) => `only dnf ${step}`),
  ];
}

function shown({ same, different, undecided }: Tally): string {
  const all = same + different.length;
  const percent = all === 0 ? '-' : `${((100 * same) / all).toFixed(2)}%`;
  return `${all} | ${same}, ${percent} | ${undecided}`;
}
