import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPlace, fixture } from '../cli/headwater.ts';

const text = `sources: [{ label: ol8, upstream: "${fixture('ol8')}" }]`;

it.each([3000, 5000, 9000])(
  'says in a sentence that the state was cut to %i bytes',
  async (size) => {
    const place = await createPlace(text);
    await place.run('doctor');
    await truncate(join(place.folder, 'data/state.sqlite'), size);
    const { code, stderr } = await place.run('source', 'list');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/state\.sqlite is damaged \(SQLITE_\w+\)/);
    expect(stderr).toContain('restore it from a backup');
    expect(stderr).not.toMatch(/internal error|\n +at /);
  },
);

it('says in a sentence that the lock file is garbage', async () => {
  const place = await createPlace(text);
  await place.run('doctor');
  await writeFile(join(place.folder, 'data/headwater.lock'), Buffer.alloc(5000, 'garbage '));
  for (const command of [['source', 'list'], ['serve']]) {
    const { code, stderr } = await place.run(...command);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/lock file \S+headwater\.lock is damaged \(SQLITE_NOTADB\)/);
    expect(stderr).not.toMatch(/internal error|\n +at /);
  }
});
