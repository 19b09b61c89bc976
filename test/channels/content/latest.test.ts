import { expect, it } from 'vitest';
import { createWorld } from './world.ts';

it('With latest_only there is the newest version of each name and architecture, by rpm’s order', async () => {
  const world = await createWorld({
    base: {
      packages: [
        'a-1.9-1.x86_64',
        'a-1.10-1.x86_64',
        'a-1.10-1.i686',
        'a-1.8-1.i686',
        'b-1:1-1.x86_64',
        'b-9-1.x86_64',
        'c-1~rc1-1.x86_64',
        'c-1-1.x86_64',
        'd-1.0-1.x86_64',
        'd-1.00-1.x86_64',
        'e-1-1.noarch',
        'e-1-1.noarch again',
      ],
    },
  });
  expect(await world.packages(['base'], [{ latest_only: true }])).toEqual([
    'a-1.10-1.i686',
    'a-1.10-1.x86_64',
    'b-1:1-1.x86_64',
    'c-1-1.x86_64',
    // The same to rpm.
    'd-1.0-1.x86_64',
    'd-1.00-1.x86_64',
    // Two files of one name in one source stay so.
    'e-1-1.noarch',
    'e-1-1.noarch',
  ]);
});

it('It is the newest of what the other filters leave, and of all parents', async () => {
  const world = await createWorld({
    base: { packages: ['a-1-1.x86_64', 'a-2-1.x86_64', 'b-1-1.x86_64'] },
    more: { packages: ['a-3-1.x86_64', 'b-2-1.x86_64'] },
  });
  const filters = [{ latest_only: true, packages: { exclude: ['a-3'] } }];
  expect(await world.packages(['base', 'more'], filters)).toEqual(['a-2-1.x86_64', 'b-2-1.x86_64']);
});
