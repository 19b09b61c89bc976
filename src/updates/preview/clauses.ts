/**
 * What is to hold, as clauses of literals: of a package `p`, `p + 1` says that it is installed in the end, `-(p + 1)` that it is
 * not. One literal of each clause must hold. Finds what follows from what was decided, and learns from contradictions
 * (conflict-driven clause learning).
 */
export interface Clauses {
  /** The number of something else that can be decided, as if it were a package; undefined where there are too many. */
  switch(): number | undefined;
  /** 1: it is installed, -1: it is not, 0: undecided. */
  value(pkg: number): number;
  /** Adds what must hold; gives false where nothing can satisfy it any more. */
  add(literals: readonly number[]): boolean;
  /** Decides, and draws the conclusions. What contradicts is undone, and never decided so again. False: nothing is left to decide. */
  decide(literal: number): boolean;
  /** Draws conclusions from what is decided; false where it cannot be. */
  settle(): boolean;
  /** How often something decided was undone. */
  undone(): number;
  /** What is installed, in the order in which that was decided or followed. */
  installed(): number[];
}

type Clause = number[];

const mostSwitches = 50_000;

/** Of `count` packages. `explain` adds, with `add`, what must hold once a package is installed: it is called once for each. */
export function createClauses(count: number, explain: (pkg: number) => void): Clauses {
  const size = count + mostSwitches;
  let switches = count;
  /** Of each package: 1, -1 or 0; the level of decision, and the clause that it follows from. */
  const values = new Int8Array(size);
  const levels = new Int32Array(size);
  const reasons = new Array<Clause | undefined>(size);
  const explained = new Uint8Array(size);
  /** Clauses by the literals that they watch: two each, of which none is false while the other is not true. */
  const watched = new Map<number, Clause[]>();
  const trail: number[] = [];
  /** Where each level begins in the trail. */
  const starts: number[] = [];
  let next = 0;
  let contradiction: Clause | undefined;
  let isPossible = true;
  let undone = 0;

  const of = (literal: number): number => {
    const value = values[Math.abs(literal) - 1]!;
    return literal > 0 ? value : -value;
  };
  const levelOf = (literal: number) => levels[Math.abs(literal) - 1]!;

  function assign(literal: number, reason: Clause | undefined): void {
    const pkg = Math.abs(literal) - 1;
    values[pkg] = literal > 0 ? 1 : -1;
    levels[pkg] = starts.length;
    reasons[pkg] = reason;
    trail.push(literal);
  }

  function watch(literal: number, clause: Clause): void {
    const list = watched.get(literal);
    if (list) list.push(clause);
    else watched.set(literal, [clause]);
  }

  function add(literals: readonly number[]): boolean {
    const clause = [...new Set(literals)];
    if (clause.some((l) => l > 0 && clause.includes(-l))) return isPossible;
    // First what is not false, then what became false last.
    const rank = (l: number) => (of(l) >= 0 ? Number.MAX_SAFE_INTEGER : levelOf(l));
    clause.sort((a, b) => rank(b) - rank(a));
    if (clause.length === 0) isPossible = false;
    if (clause.length > 1) {
      watch(clause[0]!, clause);
      watch(clause[1]!, clause);
    }
    const [first, second] = clause;
    if (first === undefined || of(first) > 0) return isPossible;
    if (of(first) < 0) contradiction ??= clause;
    else if (second === undefined || of(second) < 0) assign(first, clause);
    return isPossible;
  }

  /** Follows what was assigned to its end; gives a clause that does not hold. */
  function propagate(): Clause | undefined {
    while (contradiction === undefined && next < trail.length) {
      const literal = trail[next++]!;
      visit(-literal);
      const pkg = literal - 1;
      if (contradiction !== undefined || literal < 0 || pkg >= count || explained[pkg]) continue;
      explained[pkg] = 1;
      explain(pkg);
    }
    const found = contradiction;
    contradiction = undefined;
    return found;
  }

  /** Looks at the clauses that watch a literal which became false. */
  function visit(literal: number): void {
    const list = watched.get(literal);
    if (!list) return;
    let kept = 0;
    for (let i = 0; i < list.length; i++) {
      const clause = list[i]!;
      if (clause[0] === literal) {
        clause[0] = clause[1]!;
        clause[1] = literal;
      }
      const other = clause[0]!;
      if (of(other) > 0) {
        list[kept++] = clause;
        continue;
      }
      const at = clause.findIndex((l, k) => k > 1 && of(l) >= 0);
      if (at > 0) {
        clause[1] = clause[at]!;
        clause[at] = literal;
        watch(clause[1]!, clause);
        continue;
      }
      list[kept++] = clause;
      if (of(other) === 0) assign(other, clause);
      else {
        contradiction = clause;
        while (++i < list.length) list[kept++] = list[i]!;
      }
    }
    list.length = kept;
  }

  function backTo(level: number): void {
    const from = starts[level] ?? trail.length;
    for (const literal of trail.splice(from)) {
      values[Math.abs(literal) - 1] = 0;
      reasons[Math.abs(literal) - 1] = undefined;
    }
    starts.length = Math.min(starts.length, level);
    next = Math.min(next, from);
  }

  /** What follows from a contradiction: a clause whose first literal is the one that must be turned round. */
  function learn(broken: Clause): Clause {
    const seen = new Set<number>();
    const learnt: number[] = [0];
    let open = 0;
    let at = trail.length;
    let literal = 0;
    let reason: Clause | undefined = broken;
    do {
      for (const l of reason ?? []) {
        const pkg = Math.abs(l) - 1;
        if (l === literal || seen.has(pkg) || levels[pkg] === 0) continue;
        seen.add(pkg);
        if (levels[pkg] === starts.length) open++;
        else learnt.push(l);
      }
      do literal = trail[--at]!;
      while (!seen.has(Math.abs(literal) - 1));
      reason = reasons[Math.abs(literal) - 1];
      open--;
    } while (open > 0);
    learnt[0] = -literal;
    return learnt;
  }

  function settle(): boolean {
    for (;;) {
      const broken = propagate();
      if (!broken) return isPossible;
      // What does not hold may have been known on a lower level than that of now.
      const level = Math.max(0, ...broken.map(levelOf));
      backTo(level + 1);
      if (level === 0) {
        isPossible = false;
        return false;
      }
      undone++;
      const learnt = learn(broken);
      backTo(Math.max(0, ...learnt.slice(1).map(levelOf)));
      add(learnt);
    }
  }

  return {
    switch: () => (switches < size ? switches++ : undefined),
    value: (pkg) => values[pkg]!,
    add,
    decide(literal) {
      starts.push(trail.length);
      assign(literal, undefined);
      return settle();
    },
    settle,
    undone: () => undone,
    installed: () => trail.filter((l) => l > 0 && l <= count).map((l) => l - 1),
  };
}
