import { describe, expect, it } from 'vitest';
import { readComps } from '../../src/repodata/comps.ts';
import { documentOf, failure, fixtures, repositories } from './documents.ts';

/** The groups, and what was set aside. */
function read(xml: string) {
  const setAside: string[] = [];
  return { groups: readComps(xml, (reason) => setAside.push(reason)), setAside };
}
const repo = (name: string) => fixtures.find((f) => f.name === name)!;

describe('comps.xml', () => {
  it('is read with its DOCTYPE, its translations and its kinds of packages', async () => {
    const xml = await documentOf(repo('ol7'), 'group');
    expect(xml?.toString()).toContain('<!DOCTYPE comps PUBLIC');
    const of = (type: string, names: string) => names.split(' ').map((name) => ({ name, type }));
    expect(read(xml!.toString())).toEqual({
      groups: [
        {
          id: 'core',
          name: 'Core',
          packages: [
            ...of('mandatory', 'headwater-release riverbed'),
            ...of('default', 'kernel-hwk'),
          ],
        },
        {
          id: 'river-tools',
          name: 'River Tools',
          packages: [
            ...of('mandatory', 'weir sluice'),
            ...of('default', 'tailwater penstock'),
            ...of('optional', 'millrace gauge-c++'),
            ...of('conditional', 'weir-doc'),
          ],
        },
      ],
      setAside: [],
    });
    expect(await documentOf(repo('ol7'), 'group_gz')).toEqual(xml);
  });

  it.each(repositories)('is read as published: $name', async (repository) => {
    for (const type of ['group', 'group_gz']) {
      const xml = (await documentOf(repository, type).catch(() => undefined))?.toString();
      if (xml === undefined || !xml.includes('<comps')) continue;
      const { groups, setAside } = read(xml);
      const lists = xml.match(/<group>[\s\S]*?<\/group>/g) ?? [];
      expect(groups.length).toBe(lists.length);
      expect(groups.map((g) => g.packages.length)).toEqual(
        lists.map((list) => list.match(/<packagereq/g)?.length ?? 0),
      );
      expect(groups.map((g) => g.id)).toEqual(lists.map((list) => /<id>(.*?)</.exec(list)?.[1]));
      expect(setAside).toEqual([]);
    }
  });

  it.each(['<comps/>', '<comps></comps>', '<comps>\n</comps>', '<comps><category/></comps>'])(
    'may have no group: %j',
    (xml) => {
      expect(read(xml)).toEqual({ groups: [], setAside: [] });
    },
  );

  it('sets a group without an id aside, and goes on', () => {
    const group = (id: string) => `<group>${id}<name>A</name></group>`;
    const ids = ['', '<id/>', '<id> </id>', '<id> core\n</id>'];
    const { groups, setAside } = read(`<comps>${ids.map(group).join('')}</comps>`);
    expect(groups).toEqual([{ id: 'core', name: 'A', packages: [] }]);
    expect(setAside.length).toBe(3);
  });

  it('names a group by its id where it has no name, and takes packages for mandatory', () => {
    const list = '<packagelist><packagereq>weir&amp;co</packagereq></packagelist>';
    expect(read(`<comps><group><id>core</id>${list}</group></comps>`).groups).toEqual([
      { id: 'core', name: 'core', packages: [{ name: 'weir&co', type: 'mandatory' }] },
    ]);
  });

  const group = '<comps><group><id>core</id></group></comps>';
  it.each([
    '<!DOCTYPE comps>',
    '<!DOCTYPE comps SYSTEM "comps.dtd">',
    `<!DOCTYPE comps\n  PUBLIC '-//Red Hat, Inc.//DTD Comps info//EN'\n  'comps.dtd'>`,
  ])('may have the DOCTYPE %j', (doctype) => {
    expect(read(`<?xml version="1.0"?>\n${doctype}\n${group}`).groups.length).toBe(1);
  });

  it.each([
    ['nothing', ''],
    ['text', 'comps'],
    ['another root', '<groups/>'],
    ['HTML', '<!DOCTYPE html><html></html>'],
    ['half of it', group.slice(0, -9)],
    ['a DOCTYPE with entities', `<!DOCTYPE comps [<!ENTITY a "b">]>${group}`],
    [
      'a DOCTYPE with a DTD and entities',
      `<!DOCTYPE comps SYSTEM "comps.dtd" [<!ENTITY a "b">]>${group}`,
    ],
    ['two DOCTYPEs', `<!DOCTYPE comps><!DOCTYPE comps [<!ENTITY a "b">]>${group}`],
    ['elements too deep', `<comps>${'<a>'.repeat(100)}${'</a>'.repeat(100)}</comps>`],
  ])('is refused: %s', (_, xml) => {
    expect(failure(() => read(xml))).toBe('invalid');
  });
});
