import { expect, it } from 'vitest';
import { createWorld } from './world.ts';

const packages = [
  'bash-5.1-1.x86_64',
  'bash-5.2-1.x86_64',
  'bash-doc-5.2-1.noarch',
  'bind-32:9.16-3.x86_64',
  'bind-32:9.16-3.i686',
  'a-b-1-2.noarch',
  'a-b-1-c-9-1.noarch',
  'libstdc++-8-1.x86_64',
  '389-ds-1-1.x86_64',
];

it('All that any include names is in, and what any exclude names is out', async () => {
  const made = await createWorld({
    base: {
      packages,
      advisories: [{ id: 'A-1', packages: ['bind-32:9.16-3.x86_64', 'bash-5.1-1.x86_64'] }],
      groups: { servers: ['389-ds', 'bash-doc'] },
    },
  });
  expect(
    await made.packages(
      ['base'],
      [
        { packages: { include: ['libstdc++'], exclude: ['bash'] } },
        { advisories: { include: [{ id: ['A-1'] }] } },
        { groups: { include: ['servers'] } },
      ],
    ),
  ).toEqual([
    '389-ds-1-1.x86_64',
    'bash-doc-5.2-1.noarch',
    'bind-32:9.16-3.x86_64',
    'libstdc++-8-1.x86_64',
  ]);
});

it('Filters that leave nothing are refused', async () => {
  const made = await createWorld({ base: { packages } });
  await expect(made.view(['base'], [{ packages: { include: ['bosh'] } }])).rejects.toMatchObject({
    kind: 'invalid',
    message: 'the filters leave none of the packages',
    hint: 'include packages bosh: the parents have none',
  });
});

it('What a filter does not cut stays whole; where it cuts, what cannot be read goes, and that is said', async () => {
  const made = await createWorld({ base: { packages, unreadable: 2 } });
  const whole = await made.view(['base'], [{ packages: { exclude: ['emacs'] } }]);
  expect(whole.content.origins).toMatchObject([{ packages: 'all', advisories: 'all' }]);
  const cut = await made.view(['base'], [{ packages: { exclude: ['bash'] } }]);
  expect(cut.content.origins[0]!.packages).toHaveProperty('size', packages.length - 2);
  expect(cut.content.remarks).toEqual([
    '2 packages of base that cannot be read are left out, as others of it are',
  ]);
});
