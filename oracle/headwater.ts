import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createApp } from '../src/app.ts';
import { createLog } from '../src/base/log.ts';
import { loadConfig } from '../src/cli/config.ts';
import type { RandomProfile } from './random-profile.ts';

/** A machine's profile, and the sources that it has. */
export interface Machine extends RandomProfile {
  sources: readonly string[];
}

/** The program on a data folder of its own, with these sources, mirrored. */
export async function openHeadwater(
  work: string,
  { sources, release }: { sources: readonly Record<string, unknown>[]; release: string },
) {
  const file = join(work, 'headwater.yaml');
  const data = join(work, 'data');
  // JSON is YAML.
  const definitions = sources.map((source) => ({ ...source, release, arch: 'x86_64' }));
  await writeFile(file, JSON.stringify({ data, min_free: '1MB', sources: definitions }));
  const config = await loadConfig({ config: file, data, listen: '127.0.0.1:0' }, {});
  const app = await createApp(config, createLog('silent'));
  const { port } = await app.serve();
  const synced = await app.operations.sync({ labels: [] }, () => {});
  const failed = synced.filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0) throw new Error(failed.map((f) => `${f.label}: ${f.reason}`).join('\n'));
  let made = 0;

  return {
    ...{ app, updates: app.managed.updates },
    url: `http://127.0.0.1:${port}`,

    /** Registers a machine that says what is installed on it; gives its id. */
    async enrol({ sources: labels, installed, streams, isNoted }: Machine): Promise<number> {
      const { managed } = app;
      const key = await app.operations.createRegistrationKey({
        ...{ name: `key${++made}`, compartment: null, sources: [...labels], groups: [], tags: [] },
        ...{ uses: 1, expiresAt: null, reactivates: null, takeoverMs: null, by: 'oracle' },
      });
      const machine = { osName: 'oraclelinux-release', osRelease: release, arch: 'x86_64' };
      const { instance } = await managed.registration.register(
        { ...machine, name: `machine${made}`, keys: [key.key] },
        '127.0.0.1',
      );
      const packages = installed.map(({ name, epoch, version, release, arch }) => ({
        ...{ name, epoch, version, release, arch },
      }));
      await managed.profiles.replace(instance.id, packages);
      if (isNoted) {
        const settings = { module_streams: streams } as object;
        await managed.instanceChanges.setSettings(instance.id, settings, 'oracle');
      }
      managed.updates.changed({ instance: instance.id });
      return instance.id;
    },

    close: () => app.close(),
  };
}

export type Headwater = Awaited<ReturnType<typeof openHeadwater>>;
