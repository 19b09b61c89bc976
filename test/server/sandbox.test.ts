import { expect, it } from 'vitest';
import { fixture } from '../cli/headwater.ts';
import { startApp } from '../support/app.ts';

it("No script among an upstream's bytes runs as a page of this server", async () => {
  const app = await startApp([
    { label: 'a', upstream: fixture('ol8'), packages: 'none' },
    { label: 'v', from: ['a'] },
  ]);
  await app.sync('a');
  for (const label of ['a', 'v']) {
    const answer = await fetch(`${app.url}/channels/${label}/repodata/repomd.xml`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-security-policy')).toBe('sandbox');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  }
});
