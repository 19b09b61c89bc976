import { expect, it } from 'vitest';
import { startApp } from '../../support/app.ts';
import { labelsOf, scrape } from '../metrics/scrape.ts';

const sources = [{ label: 'secret-project', upstream: 'file:fixtures/repodata/ol8/' }];

it('names sources in /metrics only to addresses that the configuration names, where channels are for instances', async () => {
  const app = await startApp(sources, { access: 'registered' });
  await app.sync('secret-project');
  const samples = await scrape(app.url);
  expect(labelsOf(samples).source).toBeUndefined();
  expect([...samples.keys()].join()).not.toContain('secret');
  expect(samples.has('headwater_objects_bytes') || samples.has('headwater_disk_free_bytes')).toBe(
    true,
  );
  const named = { ...app.config, metricsAllow: ['127.0.0.1'], metricsNamed: true };
  await app.app.reload(named);
  expect([...labelsOf(await scrape(app.url)).source!]).toEqual(['secret-project']);
  await app.app.reload({ ...app.config, access: 'open' });
  expect([...labelsOf(await scrape(app.url)).source!]).toEqual(['secret-project']);
});
