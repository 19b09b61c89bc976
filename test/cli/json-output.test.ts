import { expect, it } from 'vitest';
import { createPlace, fixture } from './headwater.ts';

it('With --json standard output is one JSON value and nothing else; progress goes to standard error', async () => {
  const place = await createPlace(`sources: [{ label: ol8, upstream: "${fixture('ol8')}" }]`);
  await place.serve();
  const before = await place.json('source', 'list');
  expect(before).toMatchObject({
    code: 0,
    value: [{ label: 'ol8', origin: 'file', revision: null, packages: null, lastSync: null }],
  });

  const sync = await place.json('sync', '--all');
  expect(sync).toMatchObject({
    code: 0,
    value: [{ label: 'ol8', outcome: 'updated', revision: 1, packages: 13, reason: null }],
  });
  expect(sync.stderr).toContain('ol8: fetching documents\n');

  const show = await place.json<Record<string, unknown>>('source', 'show', 'ol8');
  expect(show).toMatchObject({
    code: 0,
    value: {
      label: 'ol8',
      packages: 13,
      policy: {
        packages: 'on_demand',
        verifyRepomd: 'optional',
        verifyPackages: 'digest',
        gpgKeys: [],
        sync: 'by hand',
      },
      trust: { result: 'unsigned' },
      history: [{ outcome: 'updated', revision: 1 }],
    },
  });
  expect(show.value.documents).toContainEqual(
    expect.objectContaining({ type: 'repomd', path: 'repodata/repomd.xml' }),
  );

  const add = await place.json('source', 'add', 'mine', '--upstream', 'https://host/repo/');
  expect(add).toMatchObject({ code: 0, value: { label: 'mine', origin: 'state' } });
  const remove = await place.json('source', 'remove', 'mine');
  expect(remove).toEqual({ code: 0, value: { removed: 'mine' }, stderr: '' });

  const doctor = await place.json<{ status: string }[]>('doctor');
  expect(doctor.code).toBe(0);
  expect(new Set(doctor.value.map((c) => c.status))).toEqual(new Set(['ok']));
});

it('A sync that failed is JSON too', async () => {
  const place = await createPlace('sources: [{ label: bad, upstream: "file:nowhere/" }]');
  expect(await place.json('sync', 'bad')).toMatchObject({
    code: 1,
    value: [{ label: 'bad', outcome: 'failed', kind: 'refused', revision: null }],
  });
});
