import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { lockHolder, takeLock } from '../../src/store/lock.ts';
import { temporaryFolder } from '../support/app.ts';

const lockFile = async () => join(await temporaryFolder(), 'lock');

it('is held by one, who can be asked for its socket, until it is given back', async () => {
  const path = await lockFile();
  expect(lockHolder(path)).toBeUndefined();
  const lock = takeLock(path, '/run/one');
  expect(lock).toBeDefined();
  expect(takeLock(path, '/run/two')).toBeUndefined();
  expect(lockHolder(path)).toEqual({ socket: '/run/one', pid: process.pid });
  expect(takeLock(path, '/run/two')).toBeUndefined();
  lock!.release();
  expect(lockHolder(path)).toBeUndefined();
  const next = takeLock(path, '/run/two');
  expect(lockHolder(path)).toEqual({ socket: '/run/two', pid: process.pid });
  next!.release();
});

it('is free again when its holder was killed', async () => {
  const path = await lockFile();
  const module = new URL('../../src/store/lock.ts', import.meta.url).href;
  const script = `import { takeLock } from ${JSON.stringify(module)};
    globalThis.kept = takeLock(${JSON.stringify(path)}, '/run/killed');
    process.stdout.write('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  expect(takeLock(path, '/run/other')).toBeUndefined();
  expect(lockHolder(path)).toEqual({ socket: '/run/killed', pid: child.pid });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(lockHolder(path)).toBeUndefined();
  const lock = takeLock(path, '/run/other');
  expect(lock).toBeDefined();
  lock!.release();
});

it('is never held by two, and nobody fails who only looks, however many come and go', async () => {
  const path = await lockFile();
  const module = new URL('../../src/store/lock.ts', import.meta.url).href;
  // Counts holders, takings, and what went wrong besides being refused.
  const counts = new Int32Array(new SharedArrayBuffer(12));
  const script = `
    const { workerData } = require('node:worker_threads');
    const { path, counts, module } = workerData;
    import(module).then(({ takeLock, lockHolder }) => {
      const end = Date.now() + 1000;
      while (Date.now() < end) {
        try {
          const lock = takeLock(path, '/run/x');
          if (lock) {
            if (Atomics.add(counts, 0, 1) !== 0) Atomics.add(counts, 2, 1000000);
            Atomics.add(counts, 1, 1);
            Atomics.sub(counts, 0, 1);
            lock.release();
          }
          lockHolder(path);
        } catch (error) {
          if (error.kind !== 'locked') Atomics.add(counts, 2, 1);
        }
      }
    });`;
  const threads = Array.from({ length: 3 }, () => {
    const workerData = { path, counts, module };
    return new Worker(script, { eval: true, workerData });
  });
  await Promise.all(threads.map((thread) => once(thread, 'exit')));
  expect(counts[1]).toBeGreaterThan(10);
  expect(counts[2]).toBe(0);
});
