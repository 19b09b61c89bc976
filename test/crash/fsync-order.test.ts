import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { dataPaths } from '../../src/store/paths.ts';
import { plainEnvironment } from '../cli/headwater.ts';
import { invented, startRepository } from '../mirror/repository.ts';
import { temporaryFolder } from '../support/app.ts';
import { hasStrace, projectRoot } from '../support/tools.ts';
import { readTrace, type SystemCall } from './system-calls.ts';

const traced = 'fsync,fdatasync,rename,renameat,renameat2,write,pwrite64,pwritev,mkdir';
const recorder = fileURLToPath(new URL('kill-at-step.ts', import.meta.url));

/** The system calls of a first sync; its steps show as writes to files of their names, in `steps`. */
async function traceSync(): Promise<{ data: string; steps: string; calls: SystemCall[] }> {
  const folder = await temporaryFolder();
  const [data, steps, log] = ['data', 'steps', 'log'].map((name) => join(folder, name));
  await mkdir(steps!);
  const { upstream } = await startRepository({
    packages: [invented('brook')],
    checksum: 'sha512',
    advisories: ['ELSA-1'],
  });
  const source = { label: 'a', upstream: `file:${upstream.folder}/`, packages: 'immediate' };
  const config = join(folder, 'headwater.yaml');
  await writeFile(config, JSON.stringify({ min_free: '1MB', sources: [source] }));
  const main = join(projectRoot, 'src/main.ts');
  execFileSync(
    'strace',
    ['-f', '-y', '-qq', '-s', '0', '-e', 'signal=none', '-e', `trace=${traced}`, '-o', log!]
      .concat([process.execPath, '--import', recorder, main, 'sync', 'a', '--config', config])
      .concat(['--data', data!]),
    { env: { ...plainEnvironment(), STEPS_FOLDER: steps }, stdio: 'ignore' },
  );
  return { data: data!, steps: steps!, calls: readTrace(await readFile(log!, 'utf8')) };
}

it.skipIf(!hasStrace)(
  'tells the disk what is to last, in order, before the ref moves',
  async () => {
    const { data, steps, calls } = await traceSync();
    const paths = dataPaths(data);
    const wrote = calls.filter((c) => /^(write|pwrite)/.test(c.name));
    const synced = calls.filter((c) => /^f(data)?sync$/.test(c.name));
    const renamed = calls.filter(
      (c) => c.name.startsWith('rename') && c.paths[1]!.startsWith(data),
    );
    const of = (list: SystemCall[], path: string) => list.filter((c) => c.paths[0] === path);
    const step = (name: string) => of(wrote, join(steps, name))[0]!.begins;

    // The transaction that moves the ref: what is written to the state's log between these steps, and synced.
    const [from, until] = [step('catalogue indexed'), step('ref published')];
    const moves = of(wrote, `${paths.state}-wal`).filter((c) => c.begins > from && c.ends < until);
    expect(moves.length).toBeGreaterThan(0);
    const told = of(synced, `${paths.state}-wal`).find((c) => c.begins > moves.at(-1)!.ends);
    expect(told?.ends).toBeLessThan(until);

    // repomd.xml, four documents, their packs and trees, and the manifest; after the ref a package and its alias.
    const before = renamed.filter((c) => c.begins < moves[0]!.begins);
    expect([before.length, renamed.length]).toEqual([14, 16]);
    for (const { paths: names, begins, ends } of renamed) {
      const [temporary, place] = names as [string, string];
      expect(dirname(temporary)).toBe(paths.tmp);
      const whole = of(synced, temporary).filter((c) => c.ends < begins);
      expect(whole.length, `${place} was synced before it was renamed`).toBe(1);
      const written = of(wrote, temporary);
      expect(written.every((c) => c.ends < whole[0]!.begins)).toBe(true);
      const folder = of(synced, dirname(place)).filter((c) => c.begins > ends);
      expect(folder.length, `the folder of ${place} was synced after`).toBeGreaterThan(0);
      if (begins < from) expect(folder[0]!.ends).toBeLessThan(moves[0]!.begins);
    }
    const folders = calls.filter(
      (c) => c.name === 'mkdir' && /^\/(objects|aliases)/.test(c.paths[0]!.slice(data.length)),
    );
    expect(folders.length).toBeGreaterThan(4);
    for (const { paths: names, ends } of folders) {
      const above = of(synced, dirname(names[0]!)).find((c) => c.begins > ends);
      expect(above, `the name of ${names[0]} was synced`).toBeDefined();
      if (ends < from) expect(above!.ends).toBeLessThan(moves[0]!.begins);
    }
  },
);
