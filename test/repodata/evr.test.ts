import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEvr, type Evr, evrKey } from '../../src/repodata/evr.ts';
import { rpmPython } from '../support/tools.ts';

const evr = (text: string): Evr => {
  const [, epoch = '', version, release] = /^(?:(\d+):)?([^-]*)-(.*)$/.exec(text)!;
  return { epoch, version: version!, release: release! };
};

describe('the order of epoch, version and release', () => {
  it.each([
    ['1-1', '=', '1-1'],
    ['1-1', '<', '1-2'],
    ['9-1', '<', '10-1'],
    ['1.9-1', '<', '1.10-1'],
    ['1.0-1', '<', '1.0.1-1'],
    ['1.0a-1', '>', '1.0-1'],
    ['1.0a-1', '<', '1.0.1-1'],
    ['1.0.-1', '=', '1.0-1'],
    ['1_0-1', '=', '1.0-1'],
    ['1.001-1', '=', '1.1-1'],
    ['1.0-1', '<', '1.00.a-1'],
    ['a-1', '<', '1-1'],
    ['A-1', '<', 'a-1'],
    ['1.0~rc1-1', '<', '1.0-1'],
    ['1.0~rc1-1', '<', '1.0~rc2-1'],
    ['1.0~~-1', '<', '1.0~-1'],
    ['1.0^git1-1', '>', '1.0-1'],
    ['1.0^git1-1', '<', '1.0.1-1'],
    ['1.0^git1~rc-1', '<', '1.0^git1-1'],
    ['1.0^-1', '>', '1.0~-1'],
    ['1:1-1', '>', '2-1'],
    ['0:1-1', '=', '1-1'],
    ['4294967295:1-1', '>', '10:1-1'],
    ['16777216:1-1', '>', '65536:1-1'],
    ['65536:1-1', '>', '256:1-1'],
    ['256:1-1', '>', '255:1-1'],
    ['1-1.el7', '<', '1-1.el7_9'],
    ['1-1.0.1.el7', '>', '1-1.el7'],
    ['5.4.17-2136.304.4.1.el7uek', '>', '5.4.17-2136.300.7.el7uek'],
    ['20190114000000000000000001-1', '>', '20190114000000000000000000-1'],
    ['1é-1', '=', '1-1'],
  ])('%s %s %s', (a, sign, b) => {
    const signs = ['<', '=', '>'];
    expect(signs[compareEvr(evr(a), evr(b)) + 1]).toBe(sign);
    expect(signs[compareEvr(evr(b), evr(a)) + 1]).toBe(signs[2 - signs.indexOf(sign)]);
  });

  it('goes by version before release, however long the version', () => {
    expect(compareEvr(evr('1-9'), evr('1.1-1'))).toBeLessThan(0);
    expect(compareEvr(evr('1~-9'), evr('1-1'))).toBeLessThan(0);
  });

  it('is the order of the keys', () => {
    const sorted = ['1.0~rc1-1', '1.0-1', '1.0^a-1', '1.0a-1', '1.0.1-1', '1:0-1'].map(evr);
    const keys = sorted.map((e) => evrKey(e).toString('hex'));
    expect([...keys].sort()).toEqual(keys);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe.skipIf(!rpmPython)('against rpm itself', () => {
  const part = fc
    .array(fc.constantFrom(...'0011223456789aabcxyzAZ...__++~~^^'), { minLength: 1, maxLength: 12 })
    .map((chars) => chars.join(''));
  const epoch = fc.constantFrom('0', '0', '0', '1', '2', '10', '4294967295');
  /** Another text that differs from the first in one place. */
  const near = (text: string) =>
    fc
      .tuple(fc.nat(text.length), fc.nat(1), fc.constantFrom('', '0', '1', 'a', '.', '~', '^'))
      .map(([at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut) || '0');
  const pair = fc.record({ epoch, version: part, release: part }).chain((a) =>
    fc.tuple(
      fc.constant(a),
      fc.oneof(
        fc.record({ epoch, version: part, release: part }),
        near(a.version).map((version) => ({ ...a, version })),
        near(a.release).map((release) => ({ ...a, release })),
      ),
    ),
  );

  it('agrees with labelCompare on random pairs', () => {
    const seed = Math.trunc(Math.random() * 2 ** 31);
    const pairs = fc.sample(pair, { numRuns: 20_000, seed });
    const script = `import json, rpm, sys
label = lambda e: (e["epoch"], e["version"], e["release"])
print(json.dumps([rpm.labelCompare(label(a), label(b)) for a, b in json.load(sys.stdin)]))`;
    const { stdout, stderr } = spawnSync(rpmPython!, ['-c', script], {
      input: JSON.stringify(pairs),
      encoding: 'utf8',
      maxBuffer: 1 << 24,
    });
    expect(stderr).toBe('');
    const answers: number[] = JSON.parse(stdout);
    const wrong = pairs
      .map(([a, b], i) => ({ a, b, rpm: answers[i], ours: compareEvr(a, b) }))
      .filter((r) => r.rpm !== r.ours);
    expect(wrong.slice(0, 5), `seed ${seed}`).toEqual([]);
    expect(new Set(answers)).toEqual(new Set([-1, 0, 1]));
    expect(answers.length).toBe(20_000);
  });
});
