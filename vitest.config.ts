import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const inProcessesOfTheirOwn = [
  // They put other modules in the place of the project's, which must not be there before.
  'test/mirror/bad-upstream.test.ts',
  'test/mirror/mixture.test.ts',
  // They measure the memory of their process.
  'test/fuzz/fuzz.test.ts',
  'test/repodata/codec-bounds.test.ts',
  'test/server/spacewalk/encodings.test.ts',
];

const common = {
  setupFiles: ['test/support/loopback-only.ts'],
  // What hangs is ended; how long a test may take is no test, and machines are slow at times.
  testTimeout: 180_000,
  hookTimeout: 180_000,
  // Programs that tests start read the project's modules as they were read before.
  env: { NODE_COMPILE_CACHE: join(tmpdir(), 'headwater-test-modules') },
};

export default defineConfig({
  test: {
    reporters: ['default', './test/support/counts-reporter.ts'],
    // One more than there are processors: each waits for the disk, and for programs, now and then.
    maxWorkers: availableParallelism() + 1,
    coverage: { provider: 'v8', include: ['src/**'] },
    projects: [
      {
        test: {
          ...common,
          ...{ name: 'tests', include: ['test/**/*.test.ts'], exclude: inProcessesOfTheirOwn },
          // Files share the modules of their process: to read them for each takes half of the time.
          isolate: false,
        },
      },
      { test: { ...common, name: 'alone', include: inProcessesOfTheirOwn } },
    ],
  },
});
