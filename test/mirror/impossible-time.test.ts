import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { invented, startRepository, writeRepository } from './repository.ts';

it.each([9_007_199_254_740_991, 8_640_000_000_001, 32_503_680_000])(
  'a timestamp of %d seconds does not stand in the way of the next sync',
  async (time) => {
    const only = ['primary' as const];
    const { upstream } = await startRepository({ only, packages: [invented('brook')], time });
    const { sync } = await startApp([{ label: 'a', upstream: upstream.url }]);
    expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 1 });
    await writeRepository(upstream.folder, {
      only,
      packages: [invented('brook'), invented('weir')],
    });
    expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 2 });
  },
);
