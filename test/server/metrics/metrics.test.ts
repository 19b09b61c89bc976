import { spawnSync } from 'node:child_process';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fillIn } from '../../../src/base/fill-in.ts';
import { until } from '../../cli/headwater.ts';
import { invented, startRepository, writeRepository } from '../../mirror/repository.ts';
import { objectsIn } from '../../mirror/served.ts';
import { startApp } from '../../support/app.ts';
import { projectRoot, prometheusPython } from '../../support/tools.ts';
import { labelsOf, scrape } from './scrape.ts';

const brook = invented('brook', '1', 50_000);

it('counts syncs, their bytes, errors and records set aside, and knows them after a restart', async () => {
  const edit = (type: string, xml: string) =>
    type === 'updateinfo' ? xml.replace('<id>bad</id>', '') : xml;
  const repository = { packages: [brook], advisories: ['ELSA-1', 'bad'], edit };
  const { upstream } = await startRepository(repository);
  const sources = [{ label: 'a', upstream: upstream.url }];
  const test = await startApp(sources);
  const before = await scrape(test.url);
  expect(before.get('headwater_syncs_total{source="a",result="updated"}')).toBe(0);
  expect(before.has('headwater_source_revision{source="a"}')).toBe(false);

  const first = await test.sync('a');
  expect(first).toMatchObject({ outcome: 'updated', setAsideCount: 1 });
  const second = await test.sync('a');
  expect(second).toMatchObject({ outcome: 'unchanged' });
  await writeRepository(upstream.folder, { ...repository, time: 1_700_000_100 });
  expect(await test.sync('a')).toMatchObject({ outcome: 'updated' });
  upstream.fault = (_, response) => !!response.writeHead(403).end();
  expect(await test.sync('a')).toMatchObject({ outcome: 'failed', kind: 'refused' });

  const after = await scrape(test.url);
  const { history } = await test.app.operations.showSource('a');
  const known = {
    'headwater_source_revision{source="a"}': 2,
    'headwater_source_last_success_timestamp_seconds{source="a"}':
      Date.parse(history[1]!.finishedAt!) / 1000,
    'headwater_source_set_aside_records{source="a"}': 1,
  };
  expect(Object.fromEntries(after)).toMatchObject({
    ...known,
    'headwater_syncs_total{source="a",result="updated"}': 2,
    'headwater_syncs_total{source="a",result="unchanged"}': 1,
    'headwater_syncs_total{source="a",result="failed"}': 1,
    'headwater_syncs_total{source="a",result="cancelled"}': 0,
    'headwater_sync_duration_seconds_count{source="a"}': 4,
    'headwater_upstream_received_bytes_total{source="a"}': history.reduce((n, r) => n + r.bytes, 0),
    'headwater_upstream_errors_total{source="a",kind="refused"}': 1,
    'headwater_upstream_errors_total{source="a",kind="checksum"}': 0,
  });
  expect(first.bytes).toBeGreaterThan(0);

  await test.close();
  const again = await startApp(sources, { data: test.config.data });
  expect(Object.fromEntries(await scrape(again.url))).toMatchObject(known);
});

it('counts requests by door, bytes sent, and where packages came from', async () => {
  const { upstream } = await startRepository({ packages: [brook], only: ['primary'] });
  const test = await startApp([
    { label: 'a', upstream: upstream.url },
    { label: 'away', upstream: upstream.url, packages: 'none' },
  ]);
  await test.sync('away');
  await fetch(`${test.url}/channels/away/${brook.href}`, { redirect: 'manual' });
  await test.sync('a');
  const address = `${test.url}/channels/a/${brook.href}`;
  expect((await (await fetch(address)).bytes()).length).toBe(brook.bytes.length);
  await (await fetch(address)).bytes();
  // Asks for no bytes.
  await fetch(address, { method: 'HEAD' });
  for (const path of ['/', '/healthz', '/nowhere', '/channels/a/none', '/channels/none/x']) {
    await (await fetch(test.url + path)).bytes();
  }

  const expected = {
    'headwater_package_requests_total{result="miss"}': 1,
    'headwater_package_requests_total{result="hit"}': 1,
    'headwater_package_requests_total{result="redirected"}': 1,
    'headwater_http_requests_total{door="yum",status="2xx"}': 4,
    'headwater_http_requests_total{door="yum",status="3xx"}': 1,
    'headwater_http_requests_total{door="yum",status="4xx"}': 2,
    'headwater_http_requests_total{door="health",status="2xx"}': 1,
    'headwater_http_requests_total{door="none",status="4xx"}': 1,
    'headwater_http_request_duration_seconds_count{door="yum"}': 7,
    'headwater_http_requests_open{door="yum"}': 0,
    'headwater_http_requests_open{door="metrics"}': 1,
    headwater_package_downloads_open: 0,
  };
  await until(async () => {
    const counted = await scrape(test.url);
    return Object.entries(expected).every(([name, value]) => counted.get(name) === value);
  });
  const counted = await scrape(test.url);
  const sent = counted.get('headwater_http_sent_bytes_total{door="yum"}')!;
  expect(sent).toBeGreaterThan(2 * brook.bytes.length);
  expect(sent).toBeLessThan(2 * brook.bytes.length + 10_000);
  // No label takes values from outside: neither paths nor addresses, and no channel that does not exist.
  const { source, door, status, kind, result, quantile, le, ...others } = labelsOf(counted);
  expect([...source!].sort()).toEqual(['a', 'away']);
  expect([...door!].sort()).toEqual(['health', 'metrics', 'none', 'yum']);
  expect([...status!].every((s) => /^([2-5]xx|broken_off)$/.test(s))).toBe(true);
  expect([kind!.size, result!.size, quantile!.size]).toEqual([6, 7, 3]);
  expect(le!.size).toBeLessThan(30);
  expect(others).toEqual({});
});

it('counts answers that break off, and packages that are on their way', async () => {
  const { upstream } = await startRepository({ packages: [brook], only: ['primary'] });
  const test = await startApp([{ label: 'a', upstream: upstream.url }]);
  await test.sync('a');
  upstream.fault = (asked, response) => {
    if (!asked.url!.endsWith('.rpm')) return false;
    response.writeHead(200, { 'content-length': brook.bytes.length });
    response.write(brook.bytes.subarray(0, 10_000));
    return true;
  };
  const answer = await fetch(`${test.url}/channels/a/${brook.href}`);
  expect((await scrape(test.url)).get('headwater_package_downloads_open')).toBe(1);
  await answer.body!.cancel();
  await until(async () => {
    const counted = await scrape(test.url);
    return counted.get('headwater_http_requests_total{door="yum",status="broken_off"}') === 1;
  });
  await upstream.close();
});

it('counts objects without looking at the disk for each scrape, and free bytes', async () => {
  const { upstream } = await startRepository({ packages: [brook], only: ['primary'] });
  const test = await startApp([{ label: 'a', upstream: upstream.url, packages: 'immediate' }]);
  await test.sync('a');
  let counted = await scrape(test.url);
  await until(async () => {
    counted = await scrape(test.url);
    return counted.has('headwater_objects');
  });
  const root = join(test.config.data, 'objects');
  const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((f) =>
    f.isFile(),
  );
  const sizes = await Promise.all(files.map((f) => stat(join(f.parentPath, f.name))));
  expect(counted.get('headwater_objects')).toBe(files.length);
  expect(counted.get('headwater_objects_bytes')).toBe(sizes.reduce((n, s) => n + s.size, 0));
  expect(counted.get('headwater_disk_free_bytes')).toBeGreaterThan(1_000_000);
  expect(counted.get('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
  expect(counted.get('process_cpu_seconds_total')).toBeGreaterThan(0);

  await writeRepository(upstream.folder, { packages: [], only: ['primary'], time: 1_700_000_100 });
  await test.sync('a');
  const blockedUntil = performance.now() + 300;
  while (performance.now() < blockedUntil);
  const soon = await scrape(test.url);
  expect(soon.get('headwater_objects')).toBe(files.length);
  const delay = soon.get('headwater_event_loop_delay_seconds{quantile="1"}');
  expect(delay).toBeGreaterThan(0.2);
  expect(delay).toBeLessThan(60);
});

it('forgets a source that is taken out', async () => {
  const { upstream } = await startRepository({ packages: [brook], only: ['primary'] });
  const test = await startApp([{ label: 'a', upstream: upstream.url }]);
  await test.app.operations.addSource({ label: 'b', upstream: upstream.url });
  await test.sync('a');
  await test.sync('b');
  expect([...labelsOf(await scrape(test.url)).source!].sort()).toEqual(['a', 'b']);
  await test.app.operations.removeSource('b');
  expect([...labelsOf(await scrape(test.url)).source!]).toEqual(['a']);
  const other = fillIn({ label: 'c', upstream: upstream.url }, projectRoot, 'file');
  await test.app.reload({ ...test.config, sources: [other] });
  expect([...labelsOf(await scrape(test.url)).source!]).toEqual(['c']);
});

it('begins anew for a source that gets the label of one that was taken out', async () => {
  const { upstream } = await startRepository({ packages: [brook], only: ['primary'] });
  const test = await startApp([]);
  const { operations } = test.app;
  await operations.addSource({ label: 'b', upstream: upstream.url });
  await test.sync('b');
  await scrape(test.url);
  await operations.removeSource('b');
  await operations.addSource({ label: 'b', upstream: upstream.url });
  const samples = await scrape(test.url);
  expect(samples.get('headwater_syncs_total{source="b",result="updated"}')).toBe(0);
  expect(samples.get('headwater_upstream_received_bytes_total{source="b"}')).toBe(0);
  expect(samples.has('headwater_source_revision{source="b"}')).toBe(false);
  expect(samples.has('headwater_source_last_success_timestamp_seconds{source="b"}')).toBe(false);
  expect(samples.has('headwater_sync_duration_seconds_count{source="b"}')).toBe(false);
});

it('counts the objects also where something else lies in their folder', async () => {
  const { upstream } = await startRepository({ packages: [brook], only: ['primary'] });
  const test = await startApp([{ label: 'a', upstream: upstream.url }]);
  await test.sync('a');
  const count = (await objectsIn(test.config.data)).size;
  await writeFile(join(test.config.data, 'objects/junk'), '');
  await until(async () => (await scrape(test.url)).get('headwater_objects') === count);
});

/** The status that `/metrics` answers to a request with these headers. */
function statusFor(url: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/metrics`, { headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    });
    sent.on('error', reject).end();
  });
}

it('shows itself to loopback, or to whom the configuration names, and to no others', async () => {
  const test = await startApp([]);
  expect(await statusFor(test.url)).toBe(200);
  // A proxy on this machine that nobody said is to be believed: who stands behind it is not known.
  expect(await statusFor(test.url, { 'x-forwarded-for': '127.0.0.1' })).toBe(404);
  const reload = (metricsAllow: string[], trustedProxies: string[]) =>
    test.app.reload({ ...test.config, metricsAllow, trustedProxies });
  await reload(['10.1.0.0/16'], ['loopback']);
  expect(await statusFor(test.url)).toBe(404);
  expect(await statusFor(test.url, { 'x-forwarded-for': '10.1.2.3' })).toBe(200);
  expect(await statusFor(test.url, { 'x-forwarded-for': '10.2.2.3' })).toBe(404);
  // The first address may be made up: only what the trusted proxy saw counts.
  expect(await statusFor(test.url, { 'x-forwarded-for': '10.1.2.3, 10.2.2.3' })).toBe(404);
  await reload([], []);
  expect(await statusFor(test.url)).toBe(404);
});

const parse = `
import sys
from prometheus_client.parser import text_string_to_metric_families as families
for family in families(sys.stdin.read()):
    print(family.name, family.type, len(family.documentation) > 0)
`;

it.skipIf(!prometheusPython)(
  'is what the Prometheus parser takes, each family explained',
  async () => {
    const test = await startApp([]);
    const input = await (await fetch(`${test.url}/metrics`)).text();
    const { status, stdout, stderr } = spawnSync(prometheusPython!, ['-c', parse], { input });
    expect({ status, said: String(stderr) }).toEqual({ status: 0, said: '' });
    const families = String(stdout).trim().split('\n');
    expect(families).toContain('headwater_syncs counter True');
    expect(
      families.filter((line) => !/ (counter|gauge|histogram|summary) True$/.test(line)),
    ).toEqual([]);
  },
);
