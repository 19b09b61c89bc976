import { spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { createProgress } from '../../src/cli/progress.ts';
import { createPlace, execute, fixture, plainEnvironment, program } from './headwater.ts';

const event = {
  label: 'ol8',
  step: 'fetch',
  bytes: 5_000_000,
  totalBytes: 10_000_000,
  packages: 0,
};

function stream(terminal: boolean, columns = 200) {
  const out = Object.assign(new PassThrough(), { isTTY: terminal, columns });
  const text = () => String(out.read() ?? '');
  return { out: out as unknown as NodeJS.WriteStream, text };
}

it('Without a terminal there is a plain line for each step', () => {
  const { out, text } = stream(false);
  const progress = createProgress(out);
  for (const step of ['repomd', 'fetch', 'fetch', 'cut']) progress.event({ ...event, step });
  progress.event({ ...event, label: 'ol9', step: 'repomd' });
  progress.end();
  expect(text()).toBe(
    [
      'ol8: asking upstream',
      'ol8: fetching documents',
      'ol8: reading documents',
      'ol9: asking upstream',
      '',
    ].join('\n'),
  );
});

it('On a terminal there is a bar, drawn over itself and cleared at the end', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { out, text } = stream(true);
  const progress = createProgress(out);
  progress.event(event);
  vi.setSystemTime(Date.now() + 1000);
  progress.event({ ...event, bytes: 10_000_000, packages: 12_345, step: 'index' });
  progress.end();
  vi.useRealTimers();
  const [nothing, first, second, cleared] = text().split('\r\x1b[K');
  expect(nothing).toBe('');
  expect(first).toContain(`[${'#'.repeat(12)}${'.'.repeat(12)}]  5.0 MB of 10.0 MB`);
  expect(second).toMatch(
    /^\[#{24}\] {2}10\.0 MB of 10\.0 MB {2}12,345 packages {2}10\.0 MB\/s {2}ol8: indexing packages$/,
  );
  expect(cleared).toBe('');
});

it('The bar is no wider than the terminal', () => {
  const { out, text } = stream(true, 40);
  createProgress(out).event(event);
  expect(text().replace('\r\x1b[K', '')).toHaveLength(39);
});

const hasScript = spawnSync('script', ['--version']).status === 0;

it.skipIf(!hasScript)('A sync draws the bar where standard error is a terminal', async () => {
  const place = await createPlace(`sources: [{ label: ol8, upstream: "${fixture('ol8')}" }]`);
  const env = {
    ...plainEnvironment(),
    HEADWATER_CONFIG: place.file,
    HEADWATER_DATA: `${place.folder}/data`,
    SHELL: '/bin/sh',
  };
  const command = `${program} sync --all`;
  const { code, stdout } = await execute('script', ['-qec', command, '/dev/null'], {
    cwd: place.folder,
    env,
  });
  expect(code).toBe(0);
  const drawn = stdout.split('\r\x1b[K');
  expect(drawn[0]).toBe('');
  expect(drawn[1]).toMatch(/^\[[#.]{24}\] {2}/);
  expect(drawn.at(-1)).toMatch(/^ol8: revision 1, 13 packages/);
});
