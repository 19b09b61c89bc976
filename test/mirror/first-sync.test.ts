import { expect, it } from 'vitest';
import { fixtureCopy, startApp } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';

it('mirrors a repository and serves its documents byte for byte', async () => {
  const folder = await fixtureCopy('ol8');
  const upstream = await startUpstream(folder);
  const { url, sync } = await startApp([{ label: 'ol8', upstream: upstream.url }]);

  const result = await sync('ol8');
  expect(result).toMatchObject({ outcome: 'updated', revision: 1, packages: 13, setAsideCount: 0 });

  for (const path of upstream.requests.filter((p) => !p.endsWith('.asc'))) {
    const [ours, theirs] = await Promise.all([
      fetch(`${url}/channels/ol8${path}`).then((r) => r.bytes()),
      fetch(upstream.url + path.slice(1)).then((r) => r.bytes()),
    ]);
    expect(Buffer.from(ours).equals(Buffer.from(theirs)), path).toBe(true);
  }
  await upstream.close();
});
