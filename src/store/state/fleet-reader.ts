import { openForReading } from '../sqlite.ts';
import type { Nevra } from './profiles.ts';

/** What a thread that writes nothing reads of instances. */
export type FleetReader = ReturnType<typeof createFleetReader>;

/** When a machine booted last (RFC 3339), and the kernel that runs, as far as it said. */
export interface Boot {
  bootedAt: string | null;
  kernel: string | null;
}

/** Reads the state database on a connection of its own: what is committed. */
export function createFleetReader(path: string) {
  const db = openForReading(path);
  const among = 'IN (SELECT value FROM json_each(?))';
  const nevras = db.prepare(
    `SELECT id, name, epoch, version, release, arch FROM nevra WHERE id ${among}`,
  );
  const profiles = db
    .prepare(`SELECT instance, packages FROM profile WHERE instance ${among}`)
    .raw();
  const settings = db
    .prepare(`SELECT instance, value FROM instance_setting WHERE name = ? AND instance ${among}`)
    .raw();
  const boots = db.prepare('SELECT id, booted_at, kernel FROM instance').raw();
  const boot = db.prepare('SELECT booted_at, kernel FROM instance WHERE id = ?').raw();

  return {
    nevras: (ids: readonly number[]) =>
      nevras.all(JSON.stringify(ids)) as (Nevra & { id: number })[],

    /** Packed (packed-profile.ts), by instance; those that there are. */
    profiles: (instances: readonly number[]) =>
      new Map(profiles.all(JSON.stringify(instances)) as [number, Buffer][]),

    /** A setting of instances, those that have it. */
    settings(name: string, instances: readonly number[]): Map<number, unknown> {
      const rows = settings.all(name, JSON.stringify(instances)) as [number, string][];
      return new Map(rows.map(([instance, value]) => [instance, JSON.parse(value)]));
    },

    boots: () =>
      new Map(
        (boots.all() as [number, string | null, string | null][]).map(
          ([id, bootedAt, kernel]): [number, Boot] => [id, { bootedAt, kernel }],
        ),
      ),

    boot(instance: number): Boot | undefined {
      const row = boot.get(instance) as [string | null, string | null] | undefined;
      return row && { bootedAt: row[0], kernel: row[1] };
    },

    close: (): void => void db.close(),
  };
}
