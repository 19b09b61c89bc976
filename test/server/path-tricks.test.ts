import { expect, it } from 'vitest';
import { raw, shareMirrored } from './mirrored.ts';

const shared = shareMirrored('ol8');

it('No path leads out of a channel', async () => {
  const { url } = shared();
  const up = '../'.repeat(12);
  const tricks = [
    `${up}etc/passwd`,
    `${up.replaceAll('.', '%2e')}etc/passwd`,
    `${up.replaceAll('../', '%2e%2e%2f')}etc/passwd`,
    `${up.replaceAll('../', '..%5c')}etc/passwd`,
    '../ol9/repodata/repomd.xml',
    '%2e%2e/ol9/repodata/repomd.xml',
    '..%2fol9%2frepodata%2frepomd.xml',
    '..%252fol9%252frepodata%252frepomd.xml',
    '../../state.sqlite',
    './repodata/repomd.xml',
    'repodata/../repodata/repomd.xml',
    'repodata/%2e%2e/repodata/repomd.xml',
    'repodata//repomd.xml',
    '/etc/passwd',
    '%2Fetc%2Fpasswd',
    'repodata/repomd.xml%00',
    '%00',
    'repodata/%',
    'repodata/%zz',
    'repodata/%c3%28',
    '%ff%fe',
    'repodata/repomd.xml/',
    'repodata/repomd.xml/more',
    'repodata',
    'repodata/',
    'REPODATA/repomd.xml',
    'a'.repeat(8000),
    `${'a/'.repeat(4000)}`,
    '%2e'.repeat(2500),
  ];
  for (const trick of tricks) {
    const answer = await raw(url, `/channels/ol8/${trick}`);
    expect(answer.status, trick.slice(0, 80)).toBe(404);
    expect(answer.body.toString(), trick.slice(0, 80)).toBe('there is no such file\n');
  }
  for (const label of ['..', '%2e%2e', '%', '%00', 'ol8%2F..', 'ol8%00', 'OL8', 'x'.repeat(8000)]) {
    const answer = await raw(url, `/channels/${label}/repodata/repomd.xml`);
    expect(answer.status, label.slice(0, 80)).toBe(404);
  }
  for (const target of ['/%', '/%zz', '/channels/%', '/channels/%.repo', '/channels', '*']) {
    const { status } = await raw(url, target);
    expect([400, 404], target).toContain(status);
  }
});

it('A request that is too long to read is refused', async () => {
  const { url } = shared();
  const answer = await raw(url, `/channels/ol8/${'a'.repeat(60_000)}`);
  expect(answer.status).toBe(431);
  expect((await raw(url, '/healthz')).status).toBe(200);
});
