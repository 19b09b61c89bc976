import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPlace } from './headwater.ts';

it('Who may do what is managed by command', { timeout: 180_000 }, async () => {
  const place = await createPlace('');
  await place.serve();
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await place.run(...args);
    expect(stderr, args.join(' ')).toBe('');
    expect(code, args.join(' ')).toBe(0);
    return stdout;
  };
  expect(await run('compartment', 'create', 'lab', '--description', 'for trying')).toMatch(
    /^made the compartment lab\nocid1\.compartment\.oc1\.\.[a-z2-7]{60}\n$/,
  );
  await run('compartment', 'create', 'lab:web');
  await run('compartment', 'rename', 'lab:web', 'front');
  expect(await run('compartment', 'list')).toMatch(
    /^\(root\) headwater +ocid1\.tenancy\..*\nlab +.*for trying\nlab:front +/m,
  );
  await run('user-group', 'create', 'Operators');
  await run('user', 'add', 'ada', '--no-password', '--group', 'Operators');
  expect(await run('user', 'list')).toMatch(/^ada +Operators +no /m);
  expect(await run('user-group', 'list')).toMatch(/^Operators +ada /m);
  await run('dynamic-group', 'create', 'Web', '--rule', "ANY {tag.role.value = 'web'}");
  await run('dynamic-group', 'rule', 'Web', 'ANY {tag.web}');
  expect(await run('dynamic-group', 'list')).toMatch(/^Web +0 +ANY \{tag\.web\} +-$/m);
  const file = join(place.folder, 'statements.txt');
  await writeFile(
    file,
    '# who looks after the lab\n\nAllow group Operators to use osms-family in compartment front\n',
  );
  await run('policy', 'create', 'Lab', '--file', file, '--compartment', 'lab');
  expect(await run('policy', 'show', 'lab')).toMatch(
    /^policy Lab of lab, made .*\n {2}Allow group Operators to use/,
  );
  const wish = ['policy', 'test', 'read', 'osms-errata', '--user', 'ada', '--compartment'];
  expect(await run(...wish, 'lab:front')).toContain('allowed by the policy Lab: Allow group');
  expect(await place.run(...wish, 'lab')).toMatchObject({
    code: 1,
    stdout: 'not allowed: no statement grants it\n',
  });
  await run('source', 'add', 'extra', '--upstream', 'http://127.0.0.1:9/');
  const refused = await place.run(
    'policy',
    'set',
    'Lab',
    '--statement',
    'Allow group Operators too use',
  );
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('column 23: expected "," or "to", found "too"'),
  });
  const used = await place.run('user-group', 'remove', 'Operators');
  expect(used.stderr).toContain('the policy Lab names the group Operators');
  const { value } = await place.json<Record<string, unknown>[]>(
    'audit',
    '--event',
    'policy.created',
    '--since',
    '1h',
  );
  expect(value).toMatchObject([
    { event: 'policy.created', subject: 'Lab', result: null, request_id: null },
  ]);
  const added = await place.json<{ actor: string }[]>('audit', '--event', 'source.added');
  expect(added.value).toMatchObject([
    { subject: 'extra', actor: expect.stringMatching(/^user:./) },
  ]);
  expect(await run('audit', '--limit', '1')).toMatch(
    /^TIME +EVENT +BY +INSTANCE +ABOUT +FROM +RESULT +DETAIL +REQUEST$/m,
  );
});
