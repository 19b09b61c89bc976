import fc from 'fast-check';
import { expect, it } from 'vitest';
import { evrKey } from '../../src/repodata/evr.ts';
import { type Build, createNewest } from '../../src/store/catalogue/newest.ts';

const build = (name: string, version: string, arch = 'x86_64', release = '1'): Build => ({
  name,
  arch,
  evrKey: evrKey({ epoch: '0', version, release }),
  nevra: `${name}-0:${version}-${release}.${arch}`,
});
const chosen = (builds: Build[], count: number, lines = new Map<string, string[]>()) =>
  builds.filter(createNewest(builds, lines, count)).map((b) => b.nevra);

it('takes the newest builds by rpm order, for each name and architecture', () => {
  const builds = [
    build('weir', '1.9'),
    build('weir', '1.10'),
    build('weir', '1.10~rc1'),
    build('weir', '1.2', 'aarch64'),
    build('weir-libs', '0.1'),
  ];
  expect(chosen(builds, 1)).toEqual([
    'weir-0:1.10-1.x86_64',
    'weir-0:1.2-1.aarch64',
    'weir-libs-0:0.1-1.x86_64',
  ]);
  expect(chosen(builds, 2)).toContain('weir-0:1.10~rc1-1.x86_64');
  expect(chosen(builds, 2)).not.toContain('weir-0:1.9-1.x86_64');
  expect(chosen(builds, 3)).toHaveLength(5);
});

it('takes two packages of one version for one build', () => {
  const builds = [build('weir', '2'), build('weir', '2'), build('weir', '1')];
  expect(chosen(builds, 1)).toEqual(['weir-0:2-1.x86_64', 'weir-0:2-1.x86_64']);
  expect(chosen(builds, 2)).toHaveLength(3);
});

it('counts each stream of a module for itself, and what is in no module for itself', () => {
  const builds = ['10.1', '10.2', '12.1', '12.2', '9.0', '8.0'].map((v) => build('nodejs', v));
  const lines = new Map([
    ['nodejs-0:10.1-1.x86_64', ['nodejs 10']],
    ['nodejs-0:10.2-1.x86_64', ['nodejs 10']],
    ['nodejs-0:12.1-1.x86_64', ['nodejs 12', 'nodejs edge']],
    ['nodejs-0:12.2-1.x86_64', ['nodejs 12']],
  ]);
  expect(chosen(builds, 1, lines)).toEqual([
    'nodejs-0:10.2-1.x86_64',
    // The newest of the stream `edge`, though not of 12.
    'nodejs-0:12.1-1.x86_64',
    'nodejs-0:12.2-1.x86_64',
    'nodejs-0:9.0-1.x86_64',
  ]);
});

it('takes what sorting would take, whatever order they come in', () => {
  const version = fc.integer({ min: 0, max: 9 });
  const some = fc.array(fc.tuple(fc.constantFrom('a', 'b'), version), { maxLength: 40 });
  fc.assert(
    fc.property(some, fc.integer({ min: 1, max: 4 }), (pairs, count) => {
      const builds = pairs.map(([name, v]) => build(name, String(v)));
      const expected = pairs.filter(([name, v]) => {
        const newer = new Set(pairs.filter(([n, w]) => n === name && w > v).map(([, w]) => w));
        return newer.size < count;
      });
      expect(chosen(builds, count)).toEqual(
        expected.map(([name, v]) => build(name, String(v)).nevra),
      );
    }),
    { seed: 7, numRuns: 300 },
  );
});
