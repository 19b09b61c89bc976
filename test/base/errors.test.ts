import { expect, it } from 'vitest';
import { AppError, explain, oneLine } from '../../src/base/errors.ts';

it.each([
  ['a\nwarning: all is well', 'a warning: all is well'],
  ['a\r\n\tb\u2028c\u2029d\u0085e', 'a b c d e'],
  ['\u001b[2Jgone\u0007\u0000', '\ufffd[2Jgone\ufffd\ufffd'],
  ['a\u009b1mb\u007f', 'a\ufffd1mb\ufffd'],
  ['gpj.\u202egnp', 'gpj.\ufffdgnp'],
  ['größer, 大きい, 🎉 and two  blanks', 'größer, 大きい, 🎉 and two  blanks'],
])('what an upstream wrote is one line without control characters: %j', (text, line) => {
  expect(oneLine(text)).toBe(line);
  expect(explain(new AppError('invalid', text))).toBe(line);
  expect(explain(new AppError('refused', 'it refuses', { hint: text }))).toBe(
    `it refuses: ${line}`,
  );
  expect(explain(new Error(text))).toBe(`Error: ${line}`);
  expect(explain(text)).toBe(line);
});

it('what is wrong with the configuration may be several lines', () => {
  expect(explain(new AppError('config', 'line 3: a\nline 4: b\u001b'))).toBe(
    'line 3: a\nline 4: b\ufffd',
  );
});
