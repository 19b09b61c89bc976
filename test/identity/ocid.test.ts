import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createOcids } from '../../src/identity/ocid.ts';

const ocids = createOcids(randomBytes(16));

it('names things as OCI does, and reads their numbers back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (id) => {
      const ocid = ocids.of('osmssoftwaresource', id);
      expect(ocid).toMatch(/^ocid1\.osmssoftwaresource\.oc1\.\.[a-z2-7]{60}$/);
      expect(ocids.read('osmssoftwaresource', ocid)).toBe(id);
    }),
  );
});

it('reads no id of another type or installation, and none that was changed', () => {
  const ocid = ocids.of('user', 7);
  expect(ocids.read('group', ocid)).toBeUndefined();
  expect(ocids.read('group', ocid.replace('.user.', '.group.'))).toBeUndefined();
  expect(createOcids(randomBytes(16)).read('user', ocid)).toBeUndefined();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 59 }), fc.constantFrom(...'abcxyz2347'), (at, char) => {
      const from = ocid.length - 60 + at;
      const changed = ocid.slice(0, from) + char + ocid.slice(from + 1);
      expect(ocids.read('user', changed)).toBe(changed === ocid ? 7 : undefined);
    }),
  );
});

it.each([
  '',
  'ocid1.user.oc1..',
  `ocid1.user.oc1..${'a'.repeat(60)}`,
  `ocid1.user.oc1..${'!'.repeat(60)}`,
])('finds nothing behind %j', (text) => {
  expect(ocids.read('user', text)).toBeUndefined();
});
