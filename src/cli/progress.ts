import { shownBytes } from '../base/units.ts';
import type { SyncEvent } from '../server/control/operations.ts';
import { shownCount } from './output.ts';

export interface Progress {
  event(event: SyncEvent): void;
  /** Clears what is drawn. */
  end(): void;
}

const barWidth = 24;
const redrawMs = 100;
/** For a terminal that does not say how wide it is. */
const defaultColumns = 80;

/** Shows syncs on standard error: a bar that is drawn anew on a terminal, a line for each step elsewhere. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? createBar(stream) : createLines(stream);
}

function createLines(stream: NodeJS.WriteStream): Progress {
  const steps = new Map<string, string>();
  return {
    event({ label, step }) {
      if (steps.get(label) === step) return;
      steps.set(label, step);
      stream.write(`${label}: ${stepNames[step] ?? step}\n`);
    },
    end() {},
  };
}

const stepNames: Record<string, string> = {
  repomd: 'asking upstream',
  fetch: 'fetching documents',
  tree: 'fetching the installation tree',
  cut: 'reading documents',
  index: 'indexing packages',
  packages: 'fetching packages',
  verify: 'reading what is stored',
  repair: 'repairing',
  rebuild: 'making the catalogue again',
};

function createBar(stream: NodeJS.WriteStream): Progress {
  const started = Date.now();
  const latest = new Map<string, SyncEvent>();
  let drawn = 0;
  let label = '';
  const draw = () => {
    const all = [...latest.values()];
    const sum = (pick: (e: SyncEvent) => number) => all.reduce((total, e) => total + pick(e), 0);
    const bytes = sum((e) => e.bytes);
    const total = Math.max(
      bytes,
      sum((e) => e.totalBytes),
    );
    const filled = total > 0 ? Math.floor((bytes / total) * barWidth) : 0;
    const rate = (bytes * 1000) / Math.max(1, Date.now() - started);
    const step = latest.get(label)?.step ?? '';
    const text = [
      `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}]`,
      `${shownBytes(bytes)} of ${shownBytes(total)}`,
      `${shownCount(sum((e) => e.packages))} packages`,
      `${shownBytes(rate)}/s`,
      `${label}: ${stepNames[step] ?? step}`,
    ].join('  ');
    stream.write(`\r\x1b[K${text.slice(0, Math.max(20, (stream.columns || defaultColumns) - 1))}`);
    drawn = Date.now();
  };
  return {
    event(event) {
      latest.set(event.label, event);
      label = event.label;
      if (Date.now() - drawn >= redrawMs) draw();
    },
    end() {
      if (drawn > 0) stream.write('\r\x1b[K');
    },
  };
}
