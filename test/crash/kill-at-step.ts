/**
 * Preloaded (`--import`) into the real program and its threads. Writes each step of a sync down in the folder
 * STEPS_FOLDER, a line in a file of that step's name; where KILL_AT is that step and KILL_NTH the number of lines by now,
 * the process kills itself.
 */
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StepAnnouncement } from '../../src/base/steps.ts';

const { STEPS_FOLDER, KILL_AT, KILL_NTH } = process.env;

subscribe('headwater:sync', (message) => {
  const { source, step } = message as StepAnnouncement;
  const file = join(STEPS_FOLDER!, step);
  appendFileSync(file, `${source}\n`);
  const count = statSync(file).size / (source.length + 1);
  if (step === KILL_AT && count >= Number(KILL_NTH)) process.kill(process.pid, 'SIGKILL');
});
