import { Gauge, type Registry } from 'prom-client';
import type { MetricsDeps } from './metrics.ts';

/** Objects, disk space, and packages on their way. */
export function storeMetrics(
  registry: Registry,
  deps: Pick<MetricsDeps, 'measureObjects' | 'freeBytes' | 'openDownloads'>,
): void {
  const registers = [registry];
  const measured = nowAndThen(deps.measureObjects);
  new Gauge({
    name: 'headwater_objects',
    help: 'Objects in the data folder, as counted some minutes ago at most.',
    registers,
    collect() {
      show(this, measured()?.count);
    },
  });
  new Gauge({
    name: 'headwater_objects_bytes',
    help: 'Bytes of the objects in the data folder, as counted some minutes ago at most.',
    registers,
    collect() {
      show(this, measured()?.bytes);
    },
  });
  new Gauge({
    name: 'headwater_disk_free_bytes',
    help: "Bytes free on the data folder's disk.",
    registers,
    async collect() {
      show(this, await deps.freeBytes().catch(() => undefined));
    },
  });
  new Gauge({
    name: 'headwater_package_downloads_open',
    help: 'Packages that are being fetched because clients asked for them.',
    registers,
    collect() {
      this.set(deps.openDownloads());
    },
  });
}

/** What is not known is left out. */
function show(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.remove({});
  else gauge.set(value);
}

/** How old a count may be, in milliseconds, and for how many times as long as it took it stands at least. */
const stands = { least: 60_000, times: 20 };

/** The last result of something costly, begun anew in the background when the last is old; undefined before the first. */
function nowAndThen<T>(measure: () => Promise<T>): () => T | undefined {
  let known: T | undefined;
  let due = 0;
  return () => {
    const started = Date.now();
    if (started >= due) {
      due = Number.POSITIVE_INFINITY;
      void measure()
        .then(
          (value) => {
            known = value;
          },
          () => {},
        )
        .finally(() => {
          const now = Date.now();
          due = now + Math.max(stands.least, stands.times * (now - started));
        });
    }
    return known;
  };
}
