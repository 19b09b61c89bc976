import { expect, it, onTestFinished } from 'vitest';
import { createListing } from '../../../src/channels/listing/listing.ts';
import { createWorld, streamOf } from '../content/world.ts';
import { listFixtures } from './mirrored.ts';

it('Streams of modules are there with their profiles, and with the packages that a source has of them', async () => {
  const { listing, of } = await listFixtures('ol8');
  const streams = await listing.streams(of('ol8'));
  expect(streams).toEqual([
    {
      module: 'millrace',
      stream: '2.4',
      version: '8040020210721203015',
      arch: 'x86_64',
      isDefault: true,
      description:
        'The current of water that drives a mill wheel. This is the stream that runs if nobody says which.',
      profiles: [
        { name: 'common', description: '', packages: ['millrace'], isDefault: true },
        {
          name: 'minimal',
          description: 'Only the libraries',
          packages: ['millrace-libs'],
          isDefault: false,
        },
      ],
      packages: [
        'millrace-2.4.6-3.module+el8.4.0+20211+522a0ee4.x86_64',
        'millrace-libs-2.4.6-3.module+el8.4.0+20211+522a0ee4.x86_64',
      ],
    },
    {
      module: 'millrace',
      stream: '2.10',
      // The newest says what the stream is; the packages are of all.
      version: '8080020230424091733',
      arch: 'x86_64',
      isDefault: false,
      description: 'The current of water that drives a mill wheel, now with a größeres Rad.',
      profiles: [
        { name: 'common', description: '', packages: ['millrace'], isDefault: true },
        { name: 'minimal', description: '', packages: ['millrace-libs'], isDefault: false },
        {
          name: 'documented',
          description: '',
          packages: ['millrace', 'millrace-doc'],
          isDefault: false,
        },
      ],
      packages: [
        'millrace-2.10.1-1.module+el8.7.0+20844+30918e27.x86_64',
        'millrace-libs-2.10.1-1.module+el8.7.0+20844+30918e27.x86_64',
        'millrace-2.10.4-1.module+el8.8.0+21052+63b34585.x86_64',
        'millrace-doc-2.10.4-1.module+el8.8.0+21052+63b34585.noarch',
        'millrace-libs-2.10.4-1.module+el8.8.0+21052+63b34585.x86_64',
      ],
    },
  ]);
});

it('A view has the streams that its filters leave, and a source without modules none', async () => {
  const world = await createWorld({
    base: {
      packages: ['m-1-1.x86_64', 'm-2-1.x86_64', 'n-1-1.x86_64', 'a-1-1.x86_64'],
      modules: [
        streamOf('m:1:1:aa', ['m-0:1-1.x86_64', 'gone-0:1-1.x86_64']),
        streamOf('m:2:1:aa', ['m-0:2-1.x86_64']),
        'document: modulemd-defaults\nversion: 1\ndata:\n  module: m\n  stream: "2"\n',
        'document: modulemd\nversion: 2\ndata: [this, is, none]\n',
      ],
    },
    more: { packages: ['b-1-1.x86_64'] },
  });
  const listing = createListing({ objects: world.objects, paths: world.paths });
  onTestFinished(listing.close);
  const shown = async (manifest: string) =>
    (await listing.streams({ label: 'view', manifest })).map(
      (s) => `${s.module}:${s.stream} ${s.isDefault} ${s.packages.join(' ')}`,
    );
  const both = ['m:1 false m-1-1.x86_64', 'm:2 true m-2-1.x86_64'];
  expect(await shown(world.current.get('base')!)).toEqual(both);
  expect(await shown(await world.define(['more', 'base']))).toEqual(both);
  expect(await shown(world.current.get('more')!)).toEqual([]);
  expect(await shown(await world.define(['base'], [{ modules: { exclude: ['m:1'] } }]))).toEqual([
    both[1],
  ]);
});
