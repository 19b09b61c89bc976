import { expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { requireSnapshotName } from '../../src/channels/snapshots-names.ts';

it.each([
  ...['7', '0x10', '1e3', '1.5', 'Infinity', 'current', 'Current'],
  ...['2026-11-22', '2026-11-22T10:00:00Z', '2026-13-45', '2026-02-30t1'],
  ...['', '.', '..', '.hidden', '-3', '-x', 'a b', 'a/b', 'a@b', 'a:b', 'ü', 'x'.repeat(129)],
])('No snapshot is called %j', (name) => {
  expect(() => requireSnapshotName(name)).toThrow(AppError);
});

it.each(['2026-q4', '2026-11', '7th', 'before_upgrade', 'v1.2.3', '2026-11-22-evening', 'x', '_'])(
  'One may be called %s',
  (name) => {
    expect(() => requireSnapshotName(name)).not.toThrow();
  },
);
