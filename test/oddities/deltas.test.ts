import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { buildRpm, createRepository } from '../support/rpm-repository.ts';
import { hasDeltarpm } from '../support/tools.ts';
import { startUpstream } from '../support/upstream.ts';
import { hex, publishOdd } from './publish.ts';

const bytes = Buffer.from('the difference between two brooks');

const delta = (filename: string, sum: string, type = 'sha256') =>
  `<delta oldepoch="0" oldversion="1" oldrelease="1"><filename>${filename}</filename><sequence>brook-1-1-ab</sequence><size>${bytes.length}</size><checksum type="${type}">${sum}</checksum></delta>`;

const list = (...deltas: string[]) =>
  `<?xml version="1.0"?>\n<prestodelta><newpackage name="brook" epoch="0" version="2" release="1" arch="noarch">${deltas.join('\n')}</newpackage></prestodelta>`;

async function publishDeltas(document: string | Buffer) {
  const packages = [{ name: 'brook', version: '2' }];
  const odd = await publishOdd({ packages, documents: { prestodelta: document } });
  await mkdir(join(odd.upstream.folder, 'drpms'), { recursive: true });
  for (const name of ['a', 'wrong']) {
    await writeFile(join(odd.upstream.folder, `drpms/${name}.drpm`), bytes);
  }
  await odd.sync('odd');
  return odd;
}

it('delta rpms are fetched once when they are asked for, and only with the digest that is listed', async () => {
  const { upstream, get } = await publishDeltas(
    list(
      delta('drpms/a.drpm', hex('sha256', bytes)),
      delta('drpms/wrong.drpm', '0'.repeat(64)),
      delta('../outside.drpm', hex('sha256', bytes)),
      '<delta><filename>drpms/none.drpm</filename></delta>',
    ),
  );
  for (let i = 0; i < 2; i++) {
    expect(await get('drpms/a.drpm')).toEqual({ status: 200, bytes });
  }
  expect(upstream.requests.filter((path) => path === '/drpms/a.drpm')).toHaveLength(1);
  await expect(get('drpms/wrong.drpm')).rejects.toThrow();
  for (const path of ['drpms/none.drpm', 'drpms/b.drpm', 'outside.drpm', '%2E%2E/outside.drpm']) {
    expect((await get(path)).status).toBe(404);
  }
});

it('a list of deltas that cannot be read lists none', async () => {
  const { get } = await publishDeltas(Buffer.from('\0ZCK1 bytes'));
  expect((await get('drpms/a.drpm')).status).toBe(404);
  expect((await get('brook-2-1.noarch.rpm')).status).toBe(200);
});

it.skipIf(!hasDeltarpm)('serves the deltas that createrepo_c makes', async () => {
  const folder = join(await temporaryFolder(), 'repository');
  for (const version of ['1', '2']) await buildRpm(folder, 'brook', version);
  await createRepository(folder, '--deltas', '--oldpackagedirs', join(folder, 'Packages'));
  const upstream = await startUpstream(folder);
  const { url, sync } = await startApp([{ label: 'deltas', upstream: upstream.url }]);
  expect(await sync('deltas')).toMatchObject({ outcome: 'updated', packages: 2, warnings: [] });
  const names = await readdir(join(folder, 'drpms'));
  expect(names).toEqual(['brook-1-1_2-1.noarch.drpm']);
  const answer = await fetch(`${url}/channels/deltas/drpms/${names[0]}`);
  expect(answer.status).toBe(200);
  const bytesOfIt = Buffer.from(await answer.arrayBuffer());
  expect(bytesOfIt.equals(await readFile(join(folder, 'drpms', names[0]!)))).toBe(true);
});
