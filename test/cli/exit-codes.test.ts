import { expect, it } from 'vitest';
import { startUpstream } from '../support/upstream.ts';
import { createPlace, execute, fixture, plainEnvironment, program } from './headwater.ts';

it('Usage errors end with 2, the reason and how it is done', async () => {
  const place = await createPlace('');
  const cases: [string[], RegExp][] = [
    [['nonsense'], /unknown command 'nonsense'/],
    [['sync', '--nonsense'], /unknown option '--nonsense'/],
    [['source', 'show'], /missing required argument 'label'/],
    [[], /Usage: headwater/],
    [['source'], /Usage: headwater source/],
    [['sync'], /no source is named: give labels, or --all/],
    [['source', 'add'], /no label is given/],
    [['source', 'add', '--from-catalogue', 'ol8_ksplice-x86_64'], /--region/],
  ];
  await Promise.all(
    cases.map(async ([args, reason]) => {
      const { code, stdout, stderr } = await place.run(...args);
      expect(stderr, args.join(' ')).toMatch(reason);
      expect(code, args.join(' ')).toBe(2);
      expect(stdout, args.join(' ')).toBe('');
    }),
  );
});

it('A definition that is none ends with 2 and says what is allowed', async () => {
  const place = await createPlace('');
  await place.serve();
  const cases: [string[], RegExp][] = [
    [['a', '--upstream', 'nonsense'], /upstream.*an address that starts with/],
    [
      ['a', '--upstream', 'https://h/', '--every', '6h', '--cron', '1 1 * * *'],
      /either every or cron/,
    ],
    [['a/b', '--upstream', 'https://h/'], /label.*letters, digits/],
  ];
  await Promise.all(
    cases.map(async ([args, reason]) => {
      const { code, stderr } = await place.run('source', 'add', ...args);
      expect(stderr, args.join(' ')).toMatch(reason);
      expect(code, args.join(' ')).toBe(2);
    }),
  );
});

it('Help and version end with 0', async () => {
  const place = await createPlace('');
  for (const args of [['--version'], ['source', 'add', '--help']]) {
    const { code, stdout, stderr } = await place.run(...args);
    expect([code, stderr], args.join(' ')).toEqual([0, '']);
    expect(stdout.length).toBeGreaterThan(4);
  }
});

it('A reader that goes away is no failure', async () => {
  const place = await createPlace('');
  const command = '{ "$0" source list; echo "ended with $?" >&2; } | true';
  const { stderr } = await execute('sh', ['-c', command, program], {
    cwd: place.folder,
    env: { ...plainEnvironment(), HEADWATER_CONFIG: place.file },
  });
  expect(stderr).toBe('ended with 0\n');
});

it('A sync ends with 1 if any source failed, prints the reason, and syncs the others', async () => {
  const refusing = await startUpstream('/nowhere');
  const place = await createPlace(
    `sources: [{ label: good, upstream: "${fixture('ol8')}" }, { label: bad, upstream: "${refusing.url}" }]`,
  );
  const { code, stdout } = await place.run('sync', '--all');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^good: revision 1, 13 packages, 13 added/m);
  expect(stdout).toMatch(/^bad: failed: .*repodata\/repomd\.xml answered 404/m);

  const alone = await place.run('sync', 'good');
  expect(alone.code).toBe(0);
  expect(alone.stdout).toMatch(/^good: nothing new/);
});

it('What does not exist, or cannot be used, ends with 1 and a hint', async () => {
  const place = await createPlace(`sources: [{ label: ol8, upstream: "${fixture('ol8')}" }]`);
  await place.serve();
  const cases: [string[], RegExp][] = [
    [['sync', 'none'], /there is no source none: `headwater source list`/],
    [['source', 'show', 'none'], /there is no source none/],
    [
      ['source', 'remove', 'ol8'],
      new RegExp(`source ol8 is in ${place.file}: take it out of that file`),
    ],
    [['source', 'add', 'ol8', '--upstream', fixture('ol8')], /source ol8 exists already/],
    [
      ['source', 'add', '--from-catalogue', 'ol8_none-x86_64'],
      /the catalogue has no source ol8_none-x86_64: it has ol8_/,
    ],
    [['source', 'list', '--config', '/nowhere/h.yaml'], /\/nowhere\/h\.yaml does not exist/],
    [['source', 'list', '--data', '/dev/null'], /data folder \/dev\/null cannot be used/],
  ];
  await Promise.all(
    cases.map(async ([args, reason]) => {
      const { code, stdout, stderr } = await place.run(...args);
      expect(stderr, args.join(' ')).toMatch(reason);
      expect(stderr, args.join(' ')).not.toMatch(/internal error|^ +at /m);
      expect([code, stdout], args.join(' ')).toEqual([1, '']);
    }),
  );
});
