import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { expect, it } from 'vitest';
import { collectingSteps } from '../../src/base/steps.ts';
import { invented, startRepository, writeRepository } from '../mirror/repository.ts';
import { expectTidy, objectsIn, served } from '../mirror/served.ts';
import { startForgetful } from '../store/collect/space.ts';
import { temporaryFolder } from '../support/app.ts';
import { projectRoot } from '../support/tools.ts';
import { ended } from './scene.ts';

const killer = fileURLToPath(new URL('kill-at-step.ts', import.meta.url));
const packages = (version: string) => [invented('brook'), invented('weir', version)];

/** A data folder with a revision that is served and two whose time is over. */
async function threeRevisions(sources: { label: string; upstream: string }[], folder: string) {
  const { sync, close, config } = await startForgetful(sources, { data: join(folder, 'old') });
  await sync('a');
  const upstreamFolder = sources[0]!.upstream.replace('file:', '');
  let documents: Awaited<ReturnType<typeof writeRepository>> | undefined;
  for (const version of ['2', '3']) {
    documents = await writeRepository(upstreamFolder, {
      packages: packages(version),
      advisories: [`A-${version}`],
      time: 1_700_000_000 + Number(version),
    });
    await sync('a');
  }
  await close();
  const paths = ['repodata/repomd.xml', ...Object.values(documents!)];
  return { data: config.data, paths: [...paths, ...packages('3').map((p) => p.href)] };
}

it('collecting space may be killed at every step', { timeout: 120_000 }, async () => {
  const folder = await temporaryFolder();
  const { upstream } = await startRepository({ packages: packages('1'), advisories: ['A-1'] });
  const source = {
    label: 'a',
    upstream: `file:${upstream.folder}/`,
    packages: 'immediate',
  } as const;
  const { data: old, paths } = await threeRevisions([source], folder);
  const config = join(folder, 'headwater.yaml');
  const settings = { channels: { grace: '1ms' }, space: { margin: '1ms' }, min_free: '1MB' };
  const sources = [{ ...source, keep_revisions: '1ms' }];
  await writeFile(config, JSON.stringify({ ...settings, sources }));

  async function collect(kill?: { step: string; nth: number }) {
    const data = join(await mkdtemp(join(folder, 'data-')), 'data');
    await cp(old, data, { recursive: true });
    const steps = await mkdtemp(join(folder, 'steps-'));
    const at = kill && { KILL_AT: kill.step, KILL_NTH: String(kill.nth) };
    const main = join(projectRoot, 'src/main.ts');
    const sockets = join(folder, 'sockets');
    await mkdir(sockets, { recursive: true });
    const child = spawn(
      process.execPath,
      ['--import', killer, main, 'gc', '--json', '--config', config, '--data', data],
      {
        env: { PATH: process.env.PATH, TMPDIR: sockets, STEPS_FOLDER: steps, ...at },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const [code, signal] = await ended(child);
    const counts = new Map<string, number>();
    for (const step of await readdir(steps)) {
      counts.set(step, (await readFile(join(steps, step), 'utf8')).split('\n').length - 1);
    }
    return { data, code, signal, counts };
  }

  const whole = await collect();
  expect(whole).toMatchObject({ code: 0, signal: null });
  expect([...whole.counts.keys()].sort()).toEqual([...collectingSteps].sort());
  const left = [...(await objectsIn(whole.data)).keys()].sort();
  const kills = [...whole.counts].flatMap(([step, count]) =>
    [...new Set([1, Math.ceil(count / 2), count])].map((nth) => ({ step, nth })),
  );
  const slots = pLimit(2);
  const problems: unknown[] = [];
  await Promise.all(
    kills.map((kill) =>
      slots(async () => {
        const { data, signal } = await collect(kill);
        expect({ kill, signal }).toEqual({ kill, signal: 'SIGKILL' });
        const { app, url, gc, sync, close } = await startForgetful([source], { data });
        try {
          for (const [path, answer] of Object.entries(await served(url, 'a', paths))) {
            expect(answer, path).toMatch(/^200 /);
          }
          expect((await app.operations.doctor()).filter((c) => c.status !== 'ok')).toEqual([]);
          // What was left is garbage, and nothing else.
          await gc();
          expect([...(await objectsIn(data)).keys()].sort()).toEqual(left);
          expect(await sync('a')).toMatchObject({ outcome: 'unchanged', packagesFetched: 0 });
          expect(await app.operations.verifySource('a', { repair: false }, () => {})).toMatchObject(
            { intact: true },
          );
        } catch (error) {
          problems.push({ kill, error });
        }
        await close();
        await expectTidy(data);
      }),
    ),
  );
  expect(problems).toEqual([]);
});
