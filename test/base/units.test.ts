import { expect, it } from 'vitest';
import { bytes, milliseconds, shownBytes } from '../../src/base/units.ts';

it.each([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['6h', 21_600_000],
  ['2d', 172_800_000],
  ['1w', 604_800_000],
  [' 5 m ', 300_000],
  ['0s', 0],
  ['', undefined],
  ['5', undefined],
  ['5x', undefined],
  ['1.5h', undefined],
  ['-5s', undefined],
  ['6H', undefined],
  ['6h30m', undefined],
  ['1234567s', undefined],
])('The duration %j is %s milliseconds', (text, value) => {
  expect(milliseconds(text)).toBe(value);
});

it.each([
  ['0', 0],
  ['512', 512],
  ['10B', 10],
  ['500MB', 500_000_000],
  [' 500 MB ', 500_000_000],
  ['1GiB', 1_073_741_824],
  ['1.5GB', 1_500_000_000],
  ['2k', 2000],
  ['2Ki', 2048],
  ['1tb', 1_000_000_000_000],
  ['', undefined],
  ['MB', undefined],
  ['-1MB', undefined],
  ['1.MB', undefined],
  ['1XB', undefined],
  ['1PB', undefined],
] as [string, number | undefined][])('The size %j is %s bytes', (text, value) => {
  expect(bytes(text)).toBe(value);
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [12_345, '12.3 kB'],
  [123_456, '123 kB'],
  [12_345_678, '12.3 MB'],
  [5_000_000_000, '5.0 GB'],
  [7_000_000_000_000_000, '7000 TB'],
])('%d bytes are shown as %s', (count, text) => {
  expect(shownBytes(count)).toBe(text);
});
