import { expect, it } from 'vitest';
import { timeSchema } from '../../../src/server/osms/times.ts';

it.each([
  ['2026-03-01T09:05:06Z', '2026-03-01T09:05:06.000Z'],
  ['2026-03-01T9:05:06Z', '2026-03-01T09:05:06.000Z'],
  ['2026-03-01T00:30:00+02:00', '2026-02-28T22:30:00.000Z'],
  ['2026-03-01t09:05:06.123456z', '2026-03-01T09:05:06.123Z'],
])('reads %s', (text, time) => {
  expect(timeSchema.parse(text)).toBe(time);
});

it.each(['', 'now', '2026-03-01', '2026-13-01T00:00:00Z', '2026-03-01T25:00:00Z', '1'])(
  'refuses %j',
  (text) => {
    expect(timeSchema.safeParse(text).success).toBe(false);
  },
);
