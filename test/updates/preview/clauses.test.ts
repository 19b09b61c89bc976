import { expect, it } from 'vitest';
import { createClauses } from '../../../src/updates/preview/clauses.ts';
import { randomFrom } from '../../support/random.ts';

const packages = 8;

/** Whether some set of packages satisfies all clauses, by trying each. */
function canBe(clauses: readonly number[][]): boolean {
  for (let set = 0; set < 2 ** packages; set++) {
    const holds = (l: number) => ((set >> (Math.abs(l) - 1)) & 1) === (l > 0 ? 1 : 0);
    if (clauses.every((clause) => clause.some(holds))) return true;
  }
  return false;
}

it('Finds a solution wherever there is one, whatever is decided first, and learns of what is explained late', () => {
  const next = randomFrom(7);
  const number = (most: number) => Math.floor(next() * most);
  let possible = 0;
  for (let round = 0; round < 800; round++) {
    // Some hold always; others, which begin with its absence, say what follows once a package is there.
    const always: number[][] = [];
    const late: number[][][] = Array.from({ length: packages }, () => []);
    for (let i = 0; i < 6 + number(30); i++) {
      const clause = Array.from({ length: 1 + number(3) }, () => {
        const literal = 1 + number(packages);
        return next() < 0.5 ? literal : -literal;
      });
      if (next() < 0.4) always.push(clause);
      else {
        const pkg = number(packages);
        late[pkg]!.push([-(pkg + 1), ...clause]);
      }
    }
    const clauses = createClauses(packages, (pkg) => {
      for (const clause of late[pkg]!) clauses.add(clause);
    });
    for (const clause of always) clauses.add(clause);
    let isDone = clauses.settle();
    for (;;) {
      const open = Array.from({ length: packages }, (_, p) => p).filter((p) => !clauses.value(p));
      if (!isDone || open.length === 0) break;
      const pkg = open[number(open.length)]! + 1;
      isDone = clauses.decide(next() < 0.5 ? pkg : -pkg);
    }
    const all = [...always, ...late.flat()];
    expect(isDone).toBe(canBe(all));
    if (!isDone) continue;
    possible++;
    const holds = (l: number) => clauses.value(Math.abs(l) - 1) === Math.sign(l);
    for (const clause of all) expect(clause.some(holds)).toBe(true);
  }
  expect(possible).toBeGreaterThan(80);
  expect(possible).toBeLessThan(760);
});
