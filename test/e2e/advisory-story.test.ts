import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createPlace, until } from '../cli/headwater.ts';
import { startReceiver } from '../notify/receiver.ts';
import { temporaryFolder } from '../support/app.ts';
import { buildRpm, createRepository } from '../support/rpm-repository.ts';
import { hasCreaterepo, hasDnf, hasRpmbuild } from '../support/tools.ts';
import { createRootedMachine } from './rooted-machine.ts';

const run = promisify(execFile);
const capable = hasDnf && hasCreaterepo && hasRpmbuild;

const advisory = (id: string, cve: string, [name, version]: [string, string]) => `
<update from="secalert@example.com" status="final" type="security" version="2.0">
  <id>${id}</id>
  <title>${name} security update</title>
  <issued date="2026-11-20 00:00:00"/>
  <severity>IMPORTANT</severity>
  <rights>None</rights>
  <description>Water came in.</description>
  <references><reference href="https://cve.example.com/${cve}" id="${cve}" title="${cve}" type="cve"/></references>
  <pkglist><collection short="river"><name>river</name>
    <package name="${name}" version="${version}" release="1" epoch="0" arch="noarch" src="${name}-${version}-1.src.rpm">
      <filename>${name}-${version}-1.noarch.rpm</filename>
    </package>
  </collection></pkglist>
</update>`;

interface Updates {
  updates: { name: string; available: string; advisories: string[] }[];
}

interface Cve {
  instances: { instance: number; state: 'affected' | 'fixed' }[];
}

it.skipIf(!capable)(
  'a security advisory comes by sync, the right instances show it, a job for their group installs it, they say so, and the CVE is fixed',
  async () => {
    const folder = await temporaryFolder();
    const repository = join(folder, 'river');
    for (const name of ['weir', 'sluice', 'lock']) await buildRpm(repository, name, '1.0');
    await createRepository(repository);
    const source = { label: 'river', arch: 'x86_64', release: '8' };
    const place = await createPlace(
      JSON.stringify({
        min_free: '1MB',
        channels: { access: 'registered' },
        sources: [{ ...source, upstream: `file:${repository}/` }],
      }),
    );
    expect(await place.run('sync', 'river')).toMatchObject({ code: 0 });
    const { url } = await place.serve();
    const ops = await startReceiver();
    expect(await place.run('webhook', 'add', 'ops', ops.url)).toMatchObject({ code: 0 });
    const told = (event: string) =>
      ops.received.filter((r) => r.event.event === event).map((r) => r.event.about);

    // Two machines of a group have what will turn out to be vulnerable, and so has one outside; another has not.
    expect((await place.run('group', 'create', 'web')).code).toBe(0);
    const makeKey = (...args: string[]) =>
      place.json<{ key: string }>('key', 'create', '--sources', 'river', ...args);
    const inGroup = (await makeKey('--name', 'web', '--group', 'web')).value.key;
    const outside = (await makeKey('--name', 'other')).value.key;
    const machine = (name: string, key: string) =>
      createRootedMachine(join(folder, name), { url, key, name });
    const web1 = await machine('web1', inGroup);
    const web2 = await machine('web2', inGroup);
    const web3 = await machine('web3', inGroup);
    const lone = await machine('lone', outside);
    for (const one of [web1, web2, lone]) await one.install('weir', 'lock');
    await web3.install('sluice');
    expect(await web1.installed()).toEqual(['lock-1.0-1.noarch', 'weir-1.0-1.noarch']);

    // Upstream mends weir, and publishes newer builds of others beside it.
    for (const name of ['weir', 'sluice', 'lock']) await buildRpm(repository, name, '1.1');
    await createRepository(repository);
    const updateinfo = join(folder, 'updateinfo.xml');
    const text = advisory('ELSA-2026-0001', 'CVE-2026-0001', ['weir', '1.1']);
    await writeFile(updateinfo, `<?xml version="1.0"?>\n<updates>${text}\n</updates>\n`);
    await run('modifyrepo_c', ['--mdtype=updateinfo', updateinfo, join(repository, 'repodata')]);
    expect(await place.run('sync', 'river')).toMatchObject({ code: 0 });

    // The right instances show it.
    const security = async (id: string) => {
      const { value } = await place.json<Updates>(
        ...['instance', 'updates', id, '--kind', 'security'],
      );
      return value.updates.map(({ name, available, advisories }) => [
        name,
        available,
        ...advisories,
      ]);
    };
    const lacking = [['weir', '1.1-1', 'ELSA-2026-0001']];
    expect(await security(web1.id)).toEqual(lacking);
    expect(await security(web2.id)).toEqual(lacking);
    expect(await security(lone.id)).toEqual(lacking);
    expect(await security(web3.id)).toEqual([]);
    const cve = async () => {
      const { value } = await place.json<Cve>('cve', 'CVE-2026-0001');
      return Object.fromEntries(value.instances.map((i) => [i.instance, i.state]));
    };
    const [a, b, c] = [web1.id, web2.id, lone.id];
    expect(await cve()).toEqual({ [a]: 'affected', [b]: 'affected', [c]: 'affected' });
    await until(() => told('advisory.security').length === 1);
    expect(told('advisory.security')).toMatchObject([
      { count: 1, instances: 3, advisories: [{ id: 'ELSA-2026-0001', cves: ['CVE-2026-0001'] }] },
    ]);

    // A job for the group, due in a moment.
    expect(await web1.checkIn()).toEqual([]);
    const at = new Date(Date.now() + 3000).toISOString();
    const made = await place.json<{ id: number }>(
      ...['job', 'create', 'mend', 'update-all', 'security', '--group', 'web', '--at', at],
    );
    expect(made).toMatchObject({ code: 0 });
    const job = async () => {
      const { value } = await place.json<{ runs: { id: number; status: string }[] }>(
        ...['job', 'show', String(made.value.id)],
      );
      return value.runs;
    };
    await until(async () => (await job()).length === 1);

    // Machines fetch the work, do it with dnf, and say what they have now.
    expect(await web1.checkIn()).toEqual(['packages.update']);
    expect(await web1.installed()).toEqual(['lock-1.0-1.noarch', 'weir-1.1-1.noarch']);
    expect(await cve()).toEqual({ [a]: 'fixed', [b]: 'affected', [c]: 'affected' });
    expect(await web2.checkIn()).toEqual(['packages.update']);
    expect(await web3.checkIn()).toEqual([]);
    expect(await lone.checkIn()).toEqual([]);
    await until(async () => (await job())[0]!.status === 'SUCCEEDED');
    await until(() => told('job.finished').length === 1);
    expect(told('job.finished')).toMatchObject([
      { job: { id: made.value.id, name: 'mend' }, status: 'SUCCEEDED', counts: { done: 3 } },
    ]);

    // It is fixed where the job was for, and nowhere else; what is no security update stayed away.
    expect(await cve()).toEqual({ [a]: 'fixed', [b]: 'fixed', [c]: 'affected' });
    expect(await security(web1.id)).toEqual([]);
    expect(await security(lone.id)).toEqual(lacking);
    expect(await web3.installed()).toEqual(['sluice-1.0-1.noarch']);
    expect(await web1.checkIn()).toEqual([]);
    expect(told('job.failed')).toEqual([]);
  },
);
