import { expect, it } from 'vitest';
import { readComps } from '../../src/repodata/comps.ts';
import { cutComps, joinComps } from '../../src/repodata/cut-comps.ts';
import { documentOf, repositories } from './documents.ts';

const group = (id: string, ...names: string[]) => `<group>
    <id>${id}</id><name xml:lang="de">Gruppe ${id}</name>
    <packagelist>
${names.map((n) => `      <packagereq type="default">${n}</packagereq>\n`).join('')}    </packagelist>
  </group>`;

const comps = `<?xml version="1.0"?>
<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">
<comps>
  ${group('one', 'a', 'b')}
  ${group('two', 'c', 'x&amp;y')}
  <category><id>cat</id><grouplist><groupid>two</groupid></grouplist></category>
  <environment><id>env</id><grouplist><groupid>one</groupid><groupid>elsewhere</groupid></grouplist>
    <optionlist><groupid default="true">two</groupid></optionlist></environment>
  <langpacks><match install="a-%s" name="a"/></langpacks>
</comps>
`;

const all = { hasGroup: () => true, isGone: () => false };

it('Groups that do not remain go, and what names nothing else', () => {
  const { elements } = cutComps(comps, { ...all, hasGroup: (id) => id === 'one' });
  expect(elements.map((e) => [e.kind, e.id])).toEqual([
    ['group', 'one'],
    ['environment', 'env'],
    ['langpacks', ''],
  ]);
  expect(elements[0]!.text).toBe(group('one', 'a', 'b'));
  // What never was a group of this document stays, as another source may have it.
  expect(elements[1]!.text).toContain('<groupid>elsewhere</groupid>');
  expect(elements[1]!.text).not.toContain('two');
});

it('Packages that are gone are taken out of groups', () => {
  const gone = new Set(['b', 'x&y']);
  const { elements } = cutComps(comps, { ...all, isGone: (name) => gone.has(name) });
  expect(elements[0]!.text).toBe(group('one', 'a'));
  expect(elements[1]!.text).toBe(group('two', 'c'));
});

it('Of several documents each group is taken once, from the first that has it', () => {
  const other = `<comps>${group('two', 'other')}${group('three', 'd')}</comps>`;
  const joined = joinComps([cutComps(comps, all), cutComps(other, all)]);
  expect(joined).not.toContain('DOCTYPE');
  expect(readComps(joined, () => {}).map((g) => [g.id, g.packages.map((p) => p.name)])).toEqual([
    ['one', ['a', 'b']],
    ['two', ['c', 'x&y']],
    ['three', ['d']],
  ]);
});

it.each(repositories)('$name: uncut it has the same groups', async (repository) => {
  for (const type of ['group', 'group_gz']) {
    const xml = (await documentOf(repository, type))?.toString('utf8');
    if (xml === undefined) continue;
    const joined = joinComps([cutComps(xml, all)]);
    expect(readComps(joined, () => {})).toEqual(readComps(xml, () => {}));
  }
});

it('What is not well-formed is refused', () => {
  expect(() => cutComps('<comps><group></comps>', all)).toThrow('not well-formed');
});
