import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { fillIn } from '../../src/base/fill-in.ts';
import { createLog } from '../../src/base/log.ts';
import type { SourceDefinition } from '../../src/base/source.ts';
import { readApi } from '../../src/cli/api-section.ts';
import type { Config } from '../../src/cli/config.ts';
import { readFleet } from '../../src/cli/fleet-section.ts';
import { defaultLimits } from '../../src/cli/limits-section.ts';
import { readNotifications } from '../../src/cli/notifications-section.ts';
import { readSpace } from '../../src/cli/space-section.ts';
import { aboutRequest } from '../../src/identity/request-context.ts';
import type { Address } from '../../src/listeners.ts';
import type { SyncResult } from '../../src/server/control/operations.ts';
import { projectRoot } from './tools.ts';

/** A folder of the test's own, removed when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headwater-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of a fixture repository that the test may change. */
export async function fixtureCopy(name: 'ol7' | 'ol8' | 'ol9'): Promise<string> {
  const folder = join(await temporaryFolder(), name);
  await cp(join(projectRoot, 'fixtures/repodata', name), folder, { recursive: true });
  return folder;
}

export interface TestApp {
  app: App;
  config: Config;
  /** Where it listens, without a slash at the end. */
  url: string;
  address: Address;
  /** What it logged, as JSON values. */
  logged: Record<string, unknown>[];
  sync(label: string): Promise<SyncResult>;
  close(): Promise<void>;
}

/** The whole program in this process, on a port of its own, with sources as the configuration file would define them. */
export async function startApp(
  sources: SourceDefinition[],
  overrides: Partial<Config> = {},
): Promise<TestApp> {
  const data = overrides.data ?? join(await temporaryFolder(), 'data');
  const config: Config = {
    file: 'headwater.yaml',
    listen: { host: '127.0.0.1', port: 0 },
    publicUrl: 'http://127.0.0.1:0',
    trustedProxies: [],
    metricsAllow: ['loopback'],
    metricsNamed: false,
    tls: undefined,
    logLevel: 'info',
    minFree: 0,
    graceMs: 86_400_000,
    access: 'open',
    fleet: readFleet({}),
    defaults: [],
    notifications: readNotifications({}),
    signing: [],
    space: readSpace({}),
    api: readApi({}),
    limits: defaultLimits,
    sources: sources.map((s) => fillIn(s, projectRoot, 'file')),
    ...overrides,
    data,
  };
  const logged: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const app = await createApp(
    config,
    createLog('info', { destination: sink, mixin: aboutRequest }),
  );
  let closed = false;
  const close = async () => {
    if (!closed) await app.close();
    closed = true;
  };
  onTestFinished(close);
  const address = await app.serve();
  const { port } = address;
  return {
    app,
    config,
    url: `http://127.0.0.1:${port}`,
    address,
    logged,
    async sync(label) {
      const [result] = await app.operations.sync({ labels: [label] }, () => {});
      return result!;
    },
    close,
  };
}
