import { expect, it } from 'vitest';
import { namedBuilds } from '../../../src/channels/content/named-builds.ts';
import { createWorld, type Spec, streamOf, type Written } from './world.ts';

const base: Spec = {
  packages: ['a-1-1.x86_64', 'a-1:2-1.x86_64', 'b-1-1.noarch', 'm-2-1.x86_64', 'm-3-1.x86_64'],
  modules: [
    streamOf('m:2:1:aa', ['m-0:1-1.x86_64']),
    streamOf('m:2:2:aa', ['m-0:2-1.x86_64', 'n-0:1-1.x86_64']),
    streamOf('m:3:1:aa', ['m-0:3-1.x86_64']),
  ],
};

it('Of some names there are the builds that a channel has, and the streams that these are of', async () => {
  const world = await createWorld({ base });
  const of = async (names: string[], filters?: Written) => {
    const content = await world.contents.of('view', await world.define(['base'], filters));
    const { builds, modular } = await world.contents.reading([content], (r) =>
      namedBuilds(r, content, names),
    );
    return {
      builds: builds.map((b) => `${b.name}-${b.epoch}:${b.version}`).sort(),
      modular: modular
        .map(({ build, stream }) => `${build.name}-${build.version} ${stream}`)
        .sort(),
    };
  };
  expect(await of(['a', 'b', 'nothing'])).toEqual({
    builds: ['a-0:1', 'a-1:2', 'b-0:1'],
    modular: [],
  });
  expect(await of(['m'])).toEqual({
    builds: ['m-0:2', 'm-0:3'],
    modular: ['m-1 m:2', 'm-2 m:2', 'm-3 m:3'],
  });
  expect(await of(['m', 'a'], [{ packages: { exclude: ['a-2'] } }])).toMatchObject({
    builds: ['a-0:1', 'm-0:2', 'm-0:3'],
  });
});
