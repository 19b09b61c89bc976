import { expect, it } from 'vitest';
import { defaultStream, stream } from '../channels/check/modular.ts';
import { createScene, type InventedRepository, pkg } from './scene.ts';

const built = (name: string, version: string) => `${name}-${version}-1.module+el8+1.x86_64`;
const all = [
  ...['1.0', '1.1'].map((v) => built('node', v)),
  ...['2.0', '2.1'].map((v) => built('node', v)),
  built('perl', '5.1'),
];

/** Two streams of node of which 1 is the default, a stream of perl that is none, and packages of no module. */
const base: InventedRepository = {
  packages: [...all, 'node-9-1.x86_64', 'perl-4.1-1.x86_64', 'tool-2-1.x86_64'].map((n) => pkg(n)),
  modules: [
    stream(['node', '1', 1, 'c'], ['node-0:1.0-1.module+el8+1.x86_64']),
    stream(['node', '1', 2, 'c'], ['node-0:1.1-1.module+el8+1.x86_64']),
    stream(['node', '2', 1, 'c'], [built('node', '2.0'), built('node', '2.1')]),
    stream(['perl', '5', 1, 'c'], [built('perl', '5.1')]),
    defaultStream('node', '1'),
  ],
  advisories: [
    { id: 'N1', packages: [built('node', '1.1')] },
    { id: 'N2', packages: [built('node', '2.1')] },
    { id: 'P5', packages: [built('perl', '5.1')] },
  ],
};

it('Streams in use decide what is seen: those installed, else the default', async () => {
  const scene = await createScene({ base });
  const lacking = async (...installed: string[]) => {
    const id = await scene.instance(installed, ['base']);
    const updates = await scene.updates.of(id, 'now');
    const advisories = await scene.updates.advisoriesOf(id);
    return [updates.map((u) => `${u.name}-${u.available}`), advisories.map((a) => a.id)];
  };
  expect(await lacking(built('node', '1.0'))).toEqual([['node-1.1-1.module+el8+1'], ['N1']]);
  expect(await lacking(built('node', '2.0'))).toEqual([['node-2.1-1.module+el8+1'], ['N2']]);
  expect(await lacking(built('node', '2.1'))).toEqual([[], []]);
  // The default hides the package of no module, whose place a modular one may take.
  expect(await lacking('node-0-1.x86_64')).toEqual([['node-1.1-1.module+el8+1'], ['N1']]);
  expect(await lacking('perl-4.0-1.x86_64')).toEqual([['perl-4.1-1'], []]);
  expect(await lacking('tool-1-1.x86_64')).toEqual([['tool-2-1'], []]);
});

it('A package of no module is hidden as well where it provides a name of a stream in use', async () => {
  const provides = (name: string, ...more: string[]) => ({ provides: [`${name} = 2-1`, ...more] });
  const like: InventedRepository = {
    ...base,
    packages: [
      ...base.packages,
      pkg('like-node-2-1.x86_64', provides('like-node', 'node = 9')),
      pkg('like-perl-2-1.x86_64', provides('like-perl', 'perl', 'perl(Own)')),
      pkg('successor-2-1.x86_64', { ...provides('successor', 'node'), obsoletes: ['old'] }),
    ],
  };
  const plain = { packages: like.packages };
  const scene = await createScene({ plain, like });
  const lacking = async (source: string, noted: object = {}) => {
    const installed = ['like-node-1-1.x86_64', 'like-perl-1-1.x86_64', 'old-1-1.x86_64'];
    const id = await scene.instance(installed, [source]);
    await scene.note(id, noted);
    return (await scene.updates.of(id, 'now')).map((u) => u.name);
  };
  // Without modules nothing is hidden, nor read for it; with them it is, also of packages that were read before.
  expect(await lacking('plain')).toEqual(['like-node', 'like-perl', 'successor']);
  expect(await lacking('like')).toEqual(['like-perl']);
  expect(await lacking('like', { perl: { stream: '5', profiles: [] } })).toEqual([]);
  const disabled = { node: { stream: null, profiles: [] } };
  expect(await lacking('like', disabled)).toEqual(['like-node', 'like-perl', 'successor']);
});

it('What a machine said of its modules counts more than its packages', async () => {
  const scene = await createScene({ base });
  const id = await scene.instance([built('node', '1.0'), 'perl-4.0-1.x86_64'], ['base']);
  const note = async (module_streams: unknown) => {
    await scene.note(id, module_streams);
    return (await scene.updates.of(id, 'now')).map((u) => `${u.name}-${u.available}`);
  };
  const states = async () =>
    (await scene.updates.modules(id)).map((m) => `${m.module}:${m.stream} ${m.state}`);
  expect(await states()).toEqual(['node:1 enabled', 'node:2 none', 'perl:5 none']);
  expect(await note({ node: { stream: '2', profiles: [] } })).toEqual([
    'node-2.1-1.module+el8+1',
    'perl-4.1-1',
  ]);
  expect(await note({ node: { stream: null, profiles: [] } })).toEqual(['node-9-1', 'perl-4.1-1']);
  expect(await states()).toEqual(['node:1 disabled', 'node:2 disabled', 'perl:5 none']);
  expect(await note({ perl: { stream: '5', profiles: [] } })).toEqual([
    'node-1.1-1.module+el8+1',
    'perl-5.1-1.module+el8+1',
  ]);
  expect(await states()).toEqual(['node:1 default', 'node:2 none', 'perl:5 enabled']);
});
