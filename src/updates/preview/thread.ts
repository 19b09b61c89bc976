import { createIdleWorker } from '../../store/idle-worker.ts';
import type { PreviewQuestion } from './answer.ts';
import type { Preview } from './preview.ts';

/** After so long without a question the thread ends, in milliseconds, with what it read of channels: some hundred megabytes at most. */
const idleTime = 10 * 60_000;
/** To read channels makes much that dies soon, and much that stays. */
const youngMegabytes = 32;

/** Says what would be done on machines, in a thread that is there while it is needed. */
export function createPreviewThread({ root }: { root: string }, idle = idleTime) {
  const module = new URL('worker.ts', import.meta.url);
  const { ask, close } = createIdleWorker<PreviewQuestion, Preview>(
    module,
    { root },
    { idle, youngMegabytes },
  );
  return {
    preview: (question: PreviewQuestion) => ask<Preview>(question),
    /** Ends the thread; the next question starts another. */
    close,
  };
}
