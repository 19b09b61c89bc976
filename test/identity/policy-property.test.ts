import { expect, it } from 'vitest';
import type { Caller, ResourceType, Verb, Wish } from '../../src/identity/caller.ts';
import { randomFrom } from '../support/random.ts';
import { machine, openIdentity, type TestIdentity, user } from './identity.ts';

/** Written down here once more, so that the test does not ask what it tests. */
const verbs: Verb[] = ['inspect', 'read', 'use', 'manage'];
const osms: ResourceType[] = [
  ...(['osms-managed-instances', 'osms-software-sources', 'osms-errata', 'osms-events'] as const),
  ...(['osms-managed-instance-groups', 'osms-scheduled-jobs', 'osms-work-requests'] as const),
];
const others: ResourceType[] = ['compartments', 'users', 'groups', 'dynamic-groups', 'policies'];
const paths = ['', 'a', 'a:b', 'a:b:c', 'a:bb', 'ab', 'b', 'b:a'];
const people = { ada: ['Ops', 'All'], bob: ['Devs', 'All'], eve: [] as string[] };
const machines = {
  1: { compartment: 'a', tags: ['role=web'], in: ['Web'] },
  2: { compartment: 'b', tags: ['role=db', 'role=web'], in: ['Web', 'Db'] },
  3: { compartment: '', tags: [] as string[], in: [] as string[] },
};

interface Model {
  text: string;
  /** Of the policy. */
  of: string;
  isFor(caller: Caller): boolean;
  verb: Verb;
  types: ResourceType[];
  scope: string;
  condition: ((caller: Caller, wish: Wish) => boolean) | undefined;
}

type Pick = <T>(list: readonly T[]) => T;

const inGroup = (caller: Caller, names: readonly string[]) =>
  caller.kind === 'user' &&
  (people[caller.name as keyof typeof people] ?? []).some((g) => names.includes(g));
const inDynamic = (caller: Caller, names: readonly string[]) =>
  caller.kind === 'instance' &&
  machines[Number(caller.name) as keyof typeof machines].in.some((g) => names.includes(g));

function randomSubject(pick: Pick): Pick_<'text' | 'isFor'> {
  const kind = pick(['any-user', 'group', 'group', 'dynamic-group', 'service']);
  if (kind === 'any-user') return { text: 'any-user', isFor: () => true };
  if (kind === 'service') return { text: 'service osms', isFor: () => false };
  const known = kind === 'group' ? ['Ops', 'Devs', 'All'] : ['Web', 'Db'];
  const names = [...new Set([pick(known), pick(known)])];
  const written = names.map((name) => pick([name, name.toUpperCase(), `'${name}'`]));
  return {
    text: `${kind} ${written.join(', ')}`,
    isFor: (c) => (kind === 'group' ? inGroup(c, names) : inDynamic(c, names)),
  };
}
type Pick_<K extends keyof Model> = { [P in K]: Model[P] };

function randomCondition(
  pick: Pick,
  depth = 0,
): { text: string; holds: NonNullable<Model['condition']> } {
  const kind = depth < 3 ? pick(['test', 'test', 'all', 'any']) : 'test';
  if (kind !== 'test') {
    const of = Array.from({ length: pick([1, 2, 3]) }, () => randomCondition(pick, depth + 1));
    const holds: NonNullable<Model['condition']> = (c, w) =>
      kind === 'all' ? of.every((o) => o.holds(c, w)) : of.some((o) => o.holds(c, w));
    return { text: `${kind} {${of.map((o) => o.text).join(', ')}}`, holds };
  }
  const not = pick([true, false]);
  const [variable, value, fits] = pick<
    [string, string, (c: Caller, w: Wish) => boolean | undefined]
  >([
    ['request.operation', "'LISTThings'", (_, w) => w.operation && w.operation === 'listThings'],
    ['request.operation', '/get*/', (_, w) => w.operation?.startsWith('get')],
    ['request.operation', '/*things/', (_, w) => w.operation?.endsWith('Things')],
    ['request.user.name', "'ada'", (c) => (c.kind === 'user' ? c.name === 'ada' : undefined)],
    ['request.user.name', '/*b*/', (c) => (c.kind === 'user' ? c.name.includes('b') : undefined)],
    ['target.compartment.name', "'b'", (_, w) => /(^|:)b$/.test(w.compartment)],
    ['target.compartment.name', "'a:b'", (_, w) => w.compartment === 'a:b'],
    ['target.resource.id', "'ocid1.x'", (_, w) => w.target && w.target === 'ocid1.x'],
  ] as [string, string, (c: Caller, w: Wish) => boolean | undefined][]);
  return {
    text: `${variable} ${not ? '!=' : '='} ${value}`,
    holds: (c, w) => {
      const fit = fits(c, w);
      return typeof fit === 'boolean' && fit !== not;
    },
  };
}

function randomStatement(pick: Pick): Model {
  const subject = randomSubject(pick);
  const verb = pick(verbs);
  const type = pick([...osms, ...others, 'osms-family', 'all-resources'] as const);
  const types =
    type === 'all-resources' ? [...osms, ...others] : type === 'osms-family' ? osms : [type];
  const of = pick(['', '', 'a', 'a:b']);
  const scope = pick(paths.filter((p) => of === '' || p.startsWith(`${of}:`) || p === of));
  const below =
    scope === of ? of.split(':').at(-1)! : of === '' ? scope : scope.slice(of.length + 1);
  const where = scope === '' ? 'tenancy' : `compartment ${below}`;
  const condition = pick([true, false]) ? randomCondition(pick) : undefined;
  const text = `Allow ${subject.text} to ${verb} ${type} in ${where}${condition ? ` where ${condition.text}` : ''}`;
  return { ...subject, text, of, verb, types, scope, condition: condition?.holds };
}

const randomCaller = (pick: Pick): Caller => {
  if (pick([true, true, false])) return user(pick([...Object.keys(people), 'gone']));
  const id = pick([1, 2, 3] as const);
  return machine(id, machines[id].compartment, machines[id].tags);
};

const randomWish = (pick: Pick): Wish => ({
  ...{ verb: pick(verbs), type: pick([...osms, ...others]), compartment: pick(paths) },
  ...pick([{}, { operation: 'listThings' }, { operation: 'getThing' }]),
  ...pick([{}, { target: 'ocid1.x' }, { target: 'ocid1.y' }]),
});

/** What a statement may just grant, or just not. */
const wishNear = (model: Model, pick: Pick): Wish => ({
  ...randomWish(pick),
  type: pick(model.types),
  verb: pick([model.verb, pick(verbs)]),
  compartment: pick(paths.filter((p) => p.startsWith(model.scope))),
});

/** Whether a statement grants something, as its own parts say. */
function grants(model: Model, caller: Caller, wish: Wish): boolean {
  if (caller.name === 'gone' || !model.isFor(caller)) return false;
  if (verbs.indexOf(wish.verb) > verbs.indexOf(model.verb)) return false;
  if (!model.types.includes(wish.type)) return false;
  const isIn = model.scope === '' || `${wish.compartment}:`.startsWith(`${model.scope}:`);
  return isIn && (model.condition?.(caller, wish) ?? true);
}

async function createWorld(): Promise<TestIdentity> {
  const world = await openIdentity();
  for (const { name } of world.policies.all()) await world.policies.remove(name, 'test');
  for (const path of paths.slice(1)) await world.compartments.create(path, '', 'test');
  for (const [name, groups] of Object.entries(people)) await world.person(name, ...groups);
  for (const [name, value] of [
    ['Web', 'web'],
    ['Db', 'db'],
  ] as const) {
    const rule = `ANY {tag.role.value = '${value}'}`;
    await world.dynamicGroups.create({ name, rule, description: '' }, 'test');
  }
  return world;
}

it('No statement grants more than its verb and scope, nor less', { timeout: 60_000 }, async () => {
  const world = await createWorld();
  const random = randomFrom(20_190_801);
  const pick: Pick = (list) => list[Math.floor(random() * list.length)]!;
  const counts = { allowed: 0, refused: 0 };
  for (let round = 0; round < 150; round++) {
    const models = Array.from({ length: pick([1, 1, 2, 4]) }, () => randomStatement(pick));
    const names = [];
    for (const { text, of } of models) names.push(await world.allow(text, of));
    for (let n = 0; n < 400; n++) {
      const caller = randomCaller(pick);
      const wish = pick([true, false]) ? randomWish(pick) : wishNear(pick(models), pick);
      const granting = models.find((model) => grants(model, caller, wish));
      const said = world.why(caller, wish);
      if ((said !== undefined) !== (granting !== undefined)) {
        expect.fail(`${JSON.stringify({ caller, wish, models, said })}`);
      }
      counts[granting ? 'allowed' : 'refused']++;
    }
    for (const name of names) await world.policies.remove(name, 'test');
  }
  // Neither side is there only for show.
  expect(counts.allowed).toBeGreaterThan(3000);
  expect(counts.refused).toBeGreaterThan(3000);
});
