import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonical, etagOf } from '../../../src/server/osms/etag.ts';

it('is the same for the same values, in whatever order their members stand', () => {
  expect(etagOf({ a: 1, b: { c: [1, 2], d: null } })).toBe(
    etagOf({ b: { d: null, c: [1, 2], e: undefined }, a: 1 }),
  );
  expect(etagOf({ a: [1, 2] })).not.toBe(etagOf({ a: [2, 1] }));
  expect(etagOf({ a: null })).not.toBe(etagOf({}));
  expect(etagOf({})).toMatch(/^"[0-9a-f]{32}"$/);
});

it('says in canonical form what JSON says', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
