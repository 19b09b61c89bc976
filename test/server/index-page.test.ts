import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';

const hostile = `<script>alert("1")</script> & 'co'`;
const sources = [
  { label: 'ol8', name: hostile, arch: '<b>', upstream: 'file:fixtures/repodata/ol8/' },
  { label: 'site:ol9', parent: 'ol8', release: 9, upstream: 'file:fixtures/repodata/ol9/' },
];

it('A browser gets a page on which names are text and every link leads somewhere', async () => {
  const { url, sync } = await startApp(sources);
  await sync('ol8');
  for (const accept of [
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    '*/*',
    'text/html;q=0.9,application/json;q=0.1',
  ]) {
    const response = await fetch(url, { headers: { accept } });
    expect(response.headers.get('content-type'), accept).toBe('text/html; charset=utf-8');
    expect(response.headers.get('vary')).toBe('Accept');
    await response.text();
  }
  const page = await (await fetch(url)).text();
  expect(page).not.toContain('<script');
  expect(page).not.toContain('<b>');
  expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;co&#39;');
  expect(page.match(/not mirrored yet/g)).toHaveLength(1);

  const links = [...page.matchAll(/href="([^"]+)"/g)].map((m) => m[1]!);
  expect(links).toHaveLength(2);
  for (const link of links) expect((await fetch(new URL(link, url))).status, link).toBe(200);
});

it('A program gets the same as JSON', async () => {
  const { url } = await startApp(sources);
  const response = await fetch(url, { headers: { accept: 'application/json' } });
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(response.headers.get('vary')).toBe('Accept');
  const { channels } = (await response.json()) as { channels: Record<string, unknown>[] };
  expect(channels).toEqual([
    {
      label: 'ol8',
      name: hostile,
      arch: '<b>',
      release: null,
      parent: null,
      url: `${url}/channels/ol8/`,
      ready: false,
      repo: await (await fetch(`${url}/channels/ol8.repo`)).text(),
    },
    {
      label: 'site:ol9',
      name: 'site:ol9',
      arch: null,
      release: '9',
      parent: 'ol8',
      url: `${url}/channels/site:ol9/`,
      ready: false,
      repo: await (await fetch(`${url}/channels/site:ol9.repo`)).text(),
    },
  ]);
});
