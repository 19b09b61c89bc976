import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

/** This process, threads included, under the names that Prometheus' own clients use; and the event loop's delay. */
export function processMetrics(registry: Registry): { close(): void } {
  const registers = [registry];
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'nodejs_heap_size_used_bytes',
    help: "Heap in use by the main thread's JavaScript.",
    registers,
    collect() {
      this.set(process.memoryUsage().heapUsed);
    },
  });
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time spent, of user and system.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'When the process started.',
    registers,
  }).set(performance.timeOrigin / 1000);

  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  new Gauge({
    name: 'headwater_event_loop_delay_seconds',
    help: 'By how much the main thread was late since the metrics were read last (quantile 1: at most).',
    labelNames: ['quantile'],
    registers,
    collect() {
      for (const quantile of [0.5, 0.99, 1]) {
        const late = delay.percentile(quantile * 100) / 1e6 - resolution;
        this.set({ quantile }, Math.max(0, late) / 1000);
      }
      delay.reset();
    },
  });
  return { close: () => delay.disable() };
}

/** How often the delay is looked at, in milliseconds. */
const resolution = 10;
