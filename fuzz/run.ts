import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, explain } from '../src/base/errors.ts';
import { fuzz } from './fuzz.ts';
import { inputOf } from './input.ts';
import { createRandom } from './random.ts';
import { readers } from './readers.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    only: { type: 'string', multiple: true },
    /** A file to read instead, with the one reader that --only names. */
    replay: { type: 'string' },
    failures: { type: 'string', default: 'fuzz/failures' },
  },
});
const names = values.only ?? Object.keys(readers);
for (const name of names) {
  if (!readers[name]) {
    console.error(`there is no reader ${name}; there are ${Object.keys(readers).join(', ')}`);
    process.exit(2);
  }
}
process.exitCode = values.replay ? await replay(values.replay) : await run();

/** Fuzzes every reader that is named. Gives the exit code. */
async function run(): Promise<number> {
  const seed = Number(values.seed);
  const each = Math.ceil(Number(values.inputs) / names.length);
  console.log(`seed ${seed}, ${each} inputs for each of ${names.length} readers`);
  const total = { inputs: 0, seconds: 0, peakRss: 0, failures: 0 };
  for (const name of names) {
    const result = await fuzz({ name, seed, inputs: each });
    total.inputs += result.inputs;
    total.seconds += result.seconds;
    total.peakRss = Math.max(total.peakRss, result.peakRss);
    total.failures += result.failures.length;
    const { slowest } = result;
    console.log(
      `${name.padEnd(11)} ${result.inputs} inputs, ${result.refused} refused, ${result.seconds.toFixed(1)} s, slowest ${slowest.ms.toFixed(0)} ms (${slowest.index}), ${result.failures.length} failures`,
    );
    for (const { index, error } of result.failures) await keep({ name, seed, index }, error);
  }
  console.log(
    `${total.inputs} inputs in ${total.seconds.toFixed(0)} s, at most ${(total.peakRss / 1e6).toFixed(0)} MB resident, ${total.failures} failures`,
  );
  return total.failures > 0 ? 1 : 0;
}

/** Writes a failing input, and says how to read it again. */
async function keep(
  at: { name: string; seed: number; index: number },
  error: string,
): Promise<void> {
  const reader = readers[at.name]!;
  const { input } = inputOf(reader, await reader.samples(), at);
  mkdirSync(values.failures, { recursive: true });
  const file = join(values.failures, `${at.name}-${at.seed}-${at.index}`);
  writeFileSync(file, input);
  writeFileSync(`${file}.txt`, `${error}\n`);
  console.log(`  ${error.split('\n')[0]!.slice(0, 300)}`);
  console.log(`  npm run fuzz -- --only ${at.name} --replay ${file}`);
}

/** Reads one input again; the pieces that it comes in are tried in many sizes. Gives the exit code. */
async function replay(file: string): Promise<number> {
  const [name] = names;
  if (names.length !== 1) {
    console.error('--replay goes with one --only');
    return 2;
  }
  const input = readFileSync(file);
  let said = 'it is read';
  for (let seed = 0; seed < 200; seed++) {
    try {
      await readers[name!]!.check(input, createRandom(seed));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      said = `it is refused: ${explain(error)}`;
    }
  }
  console.log(said);
  return 0;
}
