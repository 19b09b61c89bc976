import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModuleRequires } from '../../../src/repodata/module-dependencies.ts';
import { temporaryFolder } from '../../support/app.ts';
import { hasRepoclosure } from '../../support/tools.ts';
import { checked } from './checked.ts';
import { type Invented, writeInvented } from './invented.ts';
import { defaultStream, stream } from './modular.ts';
import { repoclosure } from './repoclosure.ts';

const build = (name: string, evr: string, requires: string[] = []): Invented => ({
  name,
  evr,
  provides: [`${name}-of-${evr}`],
  requires,
});
const el8 = { platform: ['el8'] };

const packages = [
  ...['10-1', '1-1', '1-2', '2-1'].map((evr) => build('m', evr)),
  { name: 'like-m', provides: ['m', 'like-m-too'] },
  build('n', '1-1'),
  build('n', '0-1'),
  build('o', '1-1', ['nothing']),
  ...['1-1', '2-1', '9-1'].map((evr) => build('p', evr)),
  ...['1-1', '2-1'].map((evr) => build('q', evr)),
  build('s', '1-1'),
  build('t', '1-1'),
  build('t', '2-1'),
  build('u', '1-1'),
];
const yaml = [
  // Several versions, of which all show; another stream; packages that are shadowed by name and by what they provide.
  stream(['mm', '1', 1, 'aaaa'], ['m-0:1-1.noarch', 'm-0:1-1.src']),
  stream(['mm', '1', 2, 'aaaa'], ['m-0:1-2.noarch']),
  stream(['mm', '2', 1, 'bbbb'], ['m-0:2-1.noarch']),
  defaultStream('mm', '1'),
  // A default that cannot be used, for it needs a module that is not there.
  stream(['nn', '1', 1, 'cccc'], ['n-0:1-1.noarch'], { ...el8, none: ['x'] }),
  defaultStream('nn', '1'),
  // No default.
  stream(['oo', '1', 1, 'dddd'], ['o-0:1-1.noarch']),
  // Two contexts, of which one goes with the default of another module.
  stream(['pp', '1', 1, 'eeee'], ['p-0:1-1.noarch'], { ...el8, qq: ['1'] }),
  stream(['pp', '1', 1, 'ffff'], ['p-0:2-1.noarch'], { ...el8, qq: ['2'] }),
  defaultStream('pp', '1'),
  stream(['qq', '1', 1, 'eeee'], ['q-0:1-1.noarch']),
  stream(['qq', '2', 1, 'eeee'], ['q-0:2-1.noarch']),
  defaultStream('qq', '2'),
  // A default that needs a module without default, and one for another platform.
  stream(['ss', '1', 1, 'aaaa'], ['s-0:1-1.noarch'], { ...el8, tt: ['2'] }),
  defaultStream('ss', '1'),
  stream(['tt', '1', 1, 'aaaa'], ['t-0:1-1.noarch']),
  stream(['tt', '2', 1, 'aaaa'], ['t-0:2-1.noarch']),
  stream(['uu', '1', 1, 'aaaa'], ['u-0:1-1.noarch'], { platform: ['el9'] }),
  defaultStream('uu', '1'),
].join('');

describe('Modules hide packages as they do for dnf', () => {
  it.runIf(hasRepoclosure)('that was told of no module', async () => {
    const folder = await temporaryFolder();
    const capabilities = packages.flatMap((p) => [p.name, ...(p.provides ?? [])]);
    const requiring = capabilities.map((c) => ({ name: `wants-${c}`, requires: [c] }));
    await writeInvented(join(folder, 'repo'), [...packages, ...requiring], { modules: yaml });
    const dnf = await repoclosure(join(folder, 'dnf'), join(folder, 'repo'));
    const own = await checked(join(folder, 'repo'));
    expect(own.byPackage).toEqual(dnf);
    const hidden = [
      ...['like-m', 'like-m-too', 'm-of-10-1', 'm-of-2-1', 'n-of-1-1', 'o', 'o-of-1-1', 'p-of-1-1'],
      ...['p-of-9-1', 'q-of-1-1', 't-of-1-1', 'u', 'u-of-1-1'],
    ];
    expect(Object.keys(own.byPackage)).toEqual(hidden.map((c) => `wants-${c}-1-1.noarch`));
  });

  it('and a stream that lacks another is told', async () => {
    const folder = await temporaryFolder();
    await writeInvented(folder, packages, { modules: yaml });
    const { modules } = await checked(folder);
    expect(modules).toEqual([{ stream: 'nn:1', requires: 'none:x', lost: false }]);
  });
});

describe('What a module requires', () => {
  const text = stream(['a', '1', 1, 'c'], ['a-0:1-1.noarch'], { ...el8, b: ['1', '-2'] });

  it.each([
    ['as libmodulemd writes it', text],
    [
      'in another layout',
      `---\n${JSON.stringify({ document: 'modulemd', data: { dependencies: [{ requires: { platform: ['el8'], b: ['1', '-2'] } }] } })}`,
    ],
    [
      'as version 1 has it',
      '---\ndocument: modulemd\nversion: 1\ndata:\n  dependencies:\n    requires:\n      platform: el8\n      b: ["1", "-2"]\n',
    ],
    [
      'with a description that speaks of it',
      text.replace(
        '  description: Invented',
        '  description: >-\n    dependencies:\n    - requires: {z: []}',
      ),
    ],
  ])('is read %s', (_, document) => {
    expect(readModuleRequires(document)).toEqual([{ platform: ['el8'], b: ['1', '-2'] }]);
  });

  it.each([
    '',
    'dependencies: [',
    '---\ndata:\n  dependencies:\n  - 7\n',
    `---\ndata: ${'['.repeat(2000)}dependencies`,
  ])('is nothing where it cannot be read: %#', (document) => {
    expect(readModuleRequires(document).flatMap((r) => Object.keys(r))).toEqual([]);
  });
});
