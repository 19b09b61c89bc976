import { expect, it } from 'vitest';
import { keptResult, type ScriptResult } from '../../src/fleet/action-results.ts';
import { createActing } from './acting.ts';

const script = (data: object) => keptResult('script.run', data) as ScriptResult;

it.each([
  [0, { exitCode: 0, signal: null }],
  [768, { exitCode: 3, signal: null }],
  [65_280, { exitCode: 255, signal: null }],
  [15, { exitCode: null, signal: 15 }],
  [139, { exitCode: null, signal: 11 }],
  [-1, { exitCode: null, signal: null }],
  [1e9, { exitCode: null, signal: null }],
  ['0', { exitCode: null, signal: null }],
  [undefined, { exitCode: null, signal: null }],
])('A wait status of %j means %j', (status, ending) => {
  expect(script({ return_code: status })).toMatchObject(ending);
});

it('What a script wrote is decoded, with its times in UTC', () => {
  const output = `${Buffer.from('out\nerr\nroot\n').toString('base64')}\n`;
  const times = { process_start: '2026-11-22 09:40:00', process_end: 'later' };
  expect(script({ output, base64enc: 1, return_code: 0, ...times })).toEqual({
    ...{ output: 'out\nerr\nroot\n', outputBytes: 13, outputCut: false, exitCode: 0, signal: null },
    ...{ startedAt: '2026-11-22T09:40:00.000Z', finishedAt: null },
  });
  expect(script({ output: 'plain' }).output).toBe('plain');
  expect(script({ output: ['no'], base64enc: 1 }).output).toBe('');
});

it('Much output is cut at a limit, between characters', () => {
  const text = `${'x'.repeat(256 * 1024 - 1)}é and more`;
  const kept = script({ output: Buffer.from(text).toString('base64'), base64enc: 1 });
  expect(kept.output).toBe('x'.repeat(256 * 1024 - 1));
  expect(kept).toMatchObject({ outputCut: true, outputBytes: Buffer.byteLength(text) });
});

it('Other data is kept as it is, unless it is too large', () => {
  const failure = { version: '1', name: 'package_install_failure' };
  expect(keptResult('packages.update', failure)).toEqual(failure);
  expect(keptResult('packages.update', {})).toBeNull();
  expect(keptResult('packages.update', undefined)).toBeNull();
  expect(keptResult('packages.verify', { lines: 'x'.repeat(100_000) })).toEqual({
    leftOut: expect.stringContaining('100012 bytes'),
  });
});

it('The result of a script is kept with its action, and a message only as far as one is read', async () => {
  const { actions, one } = await createActing();
  const request = { kind: 'script.run', params: { script: '#!/bin/sh\nexit 3\n' } };
  const [a] = await actions.create([one.id], request, 'admin');
  await actions.next(one);
  const message = 'x'.repeat(10_000);
  const data = { output: 'b3V0Cg==', base64enc: 1, return_code: 768 };
  await actions.submit(one, a!.id, { status: 1, message, data });
  expect(await actions.show(a!.id)).toMatchObject({
    state: 'failed',
    status: 1,
    message: `${'x'.repeat(4096)}…`,
    result: { data: { output: 'out\n', exitCode: 3 } },
  });
});
