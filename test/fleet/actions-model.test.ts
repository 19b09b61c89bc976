import fc from 'fast-check';
import { expect, it } from 'vitest';
import { refusalOf } from '../../src/fleet/refusals.ts';
import { createActing, minute } from './acting.ts';

/** What is known of an action, as the documentation tells it. */
interface Modelled {
  id: number;
  state: 'queued' | 'picked_up' | 'completed' | 'failed' | 'unknown' | 'expired' | 'cancelled';
  earliest: number;
  expires: number;
  after: Modelled | undefined;
  tries: number;
  last: number;
}

type Step =
  | { do: 'create'; in: number; lasts: number | null; after: number | null }
  | { do: 'next' }
  | { do: 'prune' }
  | { do: 'submit'; which: number; status: number | null }
  | { do: 'cancel'; which: number }
  | { do: 'wait'; minutes: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Step>({ do: 'next' }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      in: fc.integer({ min: -2, max: 5 }),
      lasts: fc.option(fc.integer({ min: 3, max: 12 })),
      after: fc.option(fc.nat(8)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      which: fc.nat(8),
      status: fc.option(fc.constantFrom(0, 0, 0, 6, 39)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'prune' }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(1, 3, 15) }),
  },
);

const patience = 10 * minute;
const mostTries = 2;

const inOrder = (a: Modelled, b: Modelled) => a.earliest - b.earliest || a.id - b.id;

/** The queue of one instance, in so many words. */
function createModel() {
  const all: Modelled[] = [];
  const isOpen = (a: Modelled) => a.state === 'queued' || a.state === 'picked_up';

  function end(action: Modelled, state: Modelled['state']): void {
    action.state = state;
    if (state === 'completed') return;
    for (const a of all) if (a.after === action && isOpen(a)) end(a, 'failed');
  }

  function endOverdue(now: number): void {
    for (const a of all.toSorted(inOrder)) {
      if (a.state === 'queued' && a.expires <= now) end(a, 'expired');
      if (a.state === 'picked_up' && a.last + patience <= now) end(a, 'unknown');
    }
  }

  function next(now: number): Modelled | undefined {
    endOverdue(now);
    const due = all
      .filter(isOpen)
      .filter((a) =>
        a.state === 'picked_up'
          ? a.expires > now
          : a.earliest <= now && (!a.after || a.after.state === 'completed'),
      )
      .sort(inOrder);
    for (const a of due) {
      // What waited for one before it may have failed meanwhile.
      if (!isOpen(a)) continue;
      if (a.tries === mostTries) end(a, 'unknown');
      else {
        a.tries++;
        a.state = 'picked_up';
        a.last = now;
        return a;
      }
    }
    return undefined;
  }

  return { all, isOpen, end, endOverdue, next };
}

it('Whatever happens, the queue does as its model does', async () => {
  const { actions, one, time, settings, db } = await createActing();
  settings.actionPatienceMs = patience;
  settings.actionTries = mostTries;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      await db.deleteFrom('action').execute();
      const model = createModel();
      for (const s of steps) {
        const pick = (n: number) => model.all[n % Math.max(model.all.length, 1)];
        if (s.do === 'create') {
          const after = s.after === null ? undefined : pick(s.after);
          const earliest = time.now + s.in * minute;
          const expires = s.lasts === null ? Number.POSITIVE_INFINITY : earliest + s.lasts * minute;
          const request = {
            ...{ kind: 'packages.refresh_list', params: {}, after: after?.id ?? null },
            earliestAt: new Date(earliest).toISOString(),
            expiresAt: s.lasts === null ? null : new Date(expires).toISOString(),
          };
          const made = await actions.create([one.id], request, 'admin').catch((e) => e);
          const possible = !after || model.isOpen(after) || after.state === 'completed';
          if (!possible) expect(made).toMatchObject({ kind: 'conflict' });
          else {
            const [{ id }] = made;
            model.all.push({ id, state: 'queued', earliest, expires, after, tries: 0, last: 0 });
          }
        } else if (s.do === 'next') {
          expect((await actions.next(one))?.id).toBe(model.next(time.now)?.id);
        } else if (s.do === 'prune') {
          model.endOverdue(time.now);
          await actions.prune();
        } else if (s.do === 'wait') time.now += s.minutes * minute;
        else if (s.do === 'cancel') {
          const a = pick(s.which);
          const error = a && (await actions.cancel(a.id, 'admin').catch((e) => e));
          if (a && !model.isOpen(a)) expect(error).toMatchObject({ kind: 'conflict' });
          else if (a) model.end(a, 'cancelled');
        } else {
          const a = pick(s.which);
          const said = { status: s.status ?? undefined, message: 'said', data: {} };
          const error = await actions.submit(one, a?.id ?? 1, said).catch((e) => e);
          if (!a || a.tries === 0) expect(refusalOf(error)).toBe('no_such_action');
          else {
            expect(error).toBeUndefined();
            const takes = ['picked_up', 'unknown', 'cancelled'].includes(a.state);
            if (takes) model.end(a, s.status === 0 ? 'completed' : 'failed');
          }
        }
        const kept = (await actions.list(one.id, 1000)).reverse();
        expect(kept.map((a) => [a.id, a.state, a.tries])).toEqual(
          model.all.map((a) => [a.id, a.state, a.tries]),
        );
        expect(await actions.length(one)).toBe(model.all.filter(model.isOpen).length);
      }
    }),
    { numRuns: 100, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: false },
  );
}, 60_000);
