import { describe, expect, it } from 'vitest';
import { createWorld, type Spec, streamOf } from './world.ts';

const node = (stream: number, build: string) => `nodejs-1:${stream}.0-${build}.x86_64`;
const defaults = (module: string, stream: string) =>
  `document: modulemd-defaults\nversion: 1\ndata: { module: ${module}, stream: "${stream}" }\n`;
const obsoletes = (module: string, stream: string, by?: string) =>
  `document: modulemd-obsoletes\nversion: 1\ndata: { modified: 2020-01-01T00:00Z, module: ${module}, stream: "${stream}", message: old${by ? `, obsoleted_by: { module: ${module}, stream: "${by}" }` : ''} }\n`;
const translations = (module: string, stream: string) =>
  `document: modulemd-translations\nversion: 1\ndata: { module: ${module}, stream: "${stream}", modified: 1 }\n`;

const base: Spec = {
  packages: [
    node(16, '1'),
    node(18, '1'),
    node(18, '2'),
    'nodejs-6.0-1.x86_64',
    'bash-5-1.x86_64',
    'npm-1-1.noarch',
  ],
  modules: [
    streamOf('nodejs:16:9:aa', [node(16, '1'), 'npm-0:1-1.noarch']),
    streamOf('nodejs:18:10:bb', [node(18, '1')]),
    streamOf('nodejs:18:9:bb', [node(18, '2'), 'npm-1-1.noarch']),
    streamOf('nodejs:empty:1:cc', []),
    streamOf('elsewhere:1:1:cc', ['gone-0:1-1.x86_64']),
    defaults('nodejs', '16'),
    defaults('elsewhere', '1'),
    obsoletes('nodejs', '16', '18'),
    obsoletes('nodejs', '18'),
    translations('nodejs', '16'),
    'document: modulemd-packager\nversion: 3\ndata: { name: nodejs, stream: "16" }\n',
  ],
};

const whole = [
  'defaults elsewhere:1',
  'defaults nodejs:16',
  'elsewhere:1:1:cc',
  'nodejs:16:9:aa',
  'nodejs:18:10:bb',
  'nodejs:18:9:bb',
  'nodejs:empty:1:cc',
  'obsoletes nodejs:16',
  'obsoletes nodejs:18',
  'other',
  'translations nodejs:16',
];

describe('Of modules', () => {
  it('nothing changes where there is no filter', async () => {
    const world = await createWorld({ base });
    expect((await world.view(['base'])).modules).toEqual(whole);
  });

  it('an excluded stream goes with its packages, and with what is said of it', async () => {
    const world = await createWorld({ base });
    const filters = [{ modules: { exclude: ['nodejs:16'] } }];
    // npm is of another stream as well: what is excluded is out all the same.
    expect(await world.packages(['base'], filters)).toEqual([
      'bash-5-1.x86_64',
      'nodejs-6.0-1.x86_64',
      'nodejs-1:18.0-1.x86_64',
      'nodejs-1:18.0-2.x86_64',
    ]);
    expect((await world.view(['base'], filters)).modules).toEqual([
      'nodejs:18:10:bb',
      'nodejs:18:9:bb',
      'obsoletes nodejs:18',
      'other',
      'translations nodejs:16',
    ]);
  });

  it('an included stream brings its packages, and streams without any go', async () => {
    const world = await createWorld({ base });
    const { packages, modules } = await world.view(
      ['base'],
      [{ modules: { include: ['node*:18'] } }],
    );
    expect(packages.map((p) => p.split(' ')[0])).toEqual([
      'nodejs-1:18.0-1.x86_64',
      'nodejs-1:18.0-2.x86_64',
      'npm-0:1-1.noarch',
    ]);
    expect(modules).toEqual([
      'defaults nodejs:16',
      'nodejs:16:9:aa',
      'nodejs:18:10:bb',
      'nodejs:18:9:bb',
      'obsoletes nodejs:16',
      'obsoletes nodejs:18',
      'other',
      'translations nodejs:16',
    ]);
  });

  it('a stream goes when the last of its packages goes, and a default that is gone goes too', async () => {
    const world = await createWorld({ base });
    const { modules } = await world.view(
      ['base'],
      [{ packages: { exclude: ['nodejs-16.0', 'npm'] } }],
    );
    expect(modules).toEqual([
      'nodejs:18:10:bb',
      'nodejs:18:9:bb',
      'nodejs:empty:1:cc',
      'obsoletes nodejs:18',
      'other',
      'translations nodejs:16',
    ]);
  });

  it('the newest version of each stream stays whole, and does not compete with other packages', async () => {
    const world = await createWorld({ base });
    const { packages, modules } = await world.view(['base'], [{ latest_only: true }]);
    expect(packages.map((p) => p.split(' ')[0])).toEqual([
      'bash-0:5-1.x86_64',
      'nodejs-0:6.0-1.x86_64',
      'nodejs-1:16.0-1.x86_64',
      // Version 10 of the stream, though its build is older than that of version 9.
      'nodejs-1:18.0-1.x86_64',
      'npm-0:1-1.noarch',
    ]);
    expect(modules).toContain('nodejs:18:10:bb');
    expect(modules).not.toContain('nodejs:18:9:bb');
  });

  it('of one that two parents have, the first one is taken whole; what only the other has of it goes', async () => {
    const world = await createWorld({
      base,
      second: {
        packages: [node(16, '1'), node(16, '7'), 'zsh-1-1.x86_64'],
        modules: [
          streamOf('nodejs:16:9:aa', [node(16, '1'), node(16, '7')]),
          defaults('nodejs', '18'),
          defaults('zsh', '1'),
          obsoletes('nodejs', '17'),
        ],
      },
    });
    const { packages, modules } = await world.view(['base', 'second']);
    expect(modules).toEqual([...whole, 'defaults zsh:1'].sort());
    expect(packages.filter((p) => p.includes(' second '))).toEqual([
      expect.stringMatching(/^zsh-0:1-1\.x86_64 second /),
    ]);
  });
});

it('Modules that no parent has are told', async () => {
  const world = await createWorld({ base });
  const { content } = await world.view(
    ['base'],
    [{ modules: { exclude: ['perl', 'nodejs:17', 'nodejs:16'] } }],
  );
  expect(content.remarks).toEqual([
    'exclude modules perl: the parents have none',
    'exclude modules nodejs:17: the parents have none',
  ]);
});
