import { expect, it } from 'vitest';
import { kindOf, shortCounts, shownCounts } from '../../src/cli/update-words.ts';
import { noUpdates } from '../../src/updates-operations.ts';

const some = { ...noUpdates, reported: true, security: 2, bugfix: 3, other: 1, total: 6 };

it('What an instance lacks is said in a few words', () => {
  expect(shortCounts(undefined)).toBe('-');
  expect(shortCounts(noUpdates)).toBe('-');
  expect(shortCounts({ ...noUpdates, reported: true })).toBe('0');
  expect(shortCounts({ ...some, security: 0 })).toBe('6');
  expect(shortCounts(some)).toBe('6, 2 security');
});

it('What an instance lacks is said in a sentence, the most urgent first', () => {
  expect(shownCounts(noUpdates)).toBe('not known: it did not say yet what is installed');
  expect(shownCounts({ ...noUpdates, reported: true })).toBe('none');
  expect(shownCounts({ ...some, heldBack: 4, reboot: true })).toBe(
    '6 (2 security, 3 bugfix, 1 other); 4 more held back; to be rebooted',
  );
});

it('Kinds are typed in whatever case, and others are refused with those that there are', () => {
  expect(kindOf(undefined)).toBeUndefined();
  expect(kindOf('Security')).toBe('security');
  expect(() => kindOf('urgent')).toThrow('urgent is no kind of updates');
});
