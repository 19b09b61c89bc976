import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseXml } from '../../../src/base/xml.ts';
import { invented, writeRepository } from '../../mirror/repository.ts';
import { temporaryFolder } from '../../support/app.ts';
import { projectRoot } from '../../support/tools.ts';
import { setOf, startRendering } from './rendering.ts';

it('Documents of several sources are joined, each record once', async () => {
  const fixture = (name: string) => join(projectRoot, 'fixtures/repodata', name);
  const rendering = await startRendering({ ol7: fixture('ol7'), ol8: fixture('ol8') });
  const names = (label: string) => rendering.rows(label).map((r) => r.name);
  const rows = rendering.rows('ol7').filter((r) => !names('ol8').includes(r.name));
  expect(rows.length).toBeGreaterThan(0);
  const rendered = await rendering.render([
    rendering.origin('ol8'),
    rendering.origin('ol7', { packages: setOf(rows) }),
  ]);
  expect(rendered.packages.size).toBe(rows.length + rendering.rows('ol8').length);
  for (const type of ['primary', 'filelists', 'other']) {
    const xml = await rendering.text(rendered, type);
    expect(xml.match(/<package /g)).toHaveLength(rendered.packages.size);
    expect(xml).toContain(` packages="${rendered.packages.size}"`);
    parseXml(xml, type);
  }
  const advisories = await rendering.text(rendered, 'updateinfo');
  expect(advisories).toContain('ELSA-2099-0101');
  parseXml(advisories, 'updateinfo');
  expect(rendered.files.filter((f) => f.type === 'group')).toHaveLength(1);
  parseXml(await rendering.text(rendered, 'group'), 'comps');
});

it('A prefix that means two things is told apart', async () => {
  const [one, two] = [await temporaryFolder(), await temporaryFolder()];
  await writeRepository(one, { packages: [invented('a'), invented('b')] });
  await writeRepository(two, {
    packages: [invented('c'), invented('d')],
    edit: (_, xml) =>
      xml.replace('xmlns:rpm="urn:rpm"', 'xmlns:rpm="urn:other" xmlns:own="urn:own"'),
  });
  const rendering = await startRendering({ one, two });
  const rendered = await rendering.render([rendering.origin('one'), rendering.origin('two')]);
  const xml = await rendering.text(rendered, 'primary');
  expect(xml).toMatch(/<metadata [^>]*xmlns:rpm="urn:rpm" packages="4" xmlns:own="urn:own">/);
  expect(xml.match(/<package type="rpm">/g)).toHaveLength(2);
  expect(xml.match(/<package xmlns:rpm="urn:other" type="rpm">/g)).toHaveLength(2);
  parseXml(xml, 'primary');
});

it('Pieces are shared with a document of the source alone', async () => {
  const [one, two] = [await temporaryFolder(), await temporaryFolder()];
  const many = (name: string) =>
    Array.from({ length: 300 }, (_, i) => invented(`${name}-${i}`, '1', 10));
  await writeRepository(one, { packages: many('one') });
  await writeRepository(two, { packages: many('two') });
  const rendering = await startRendering({ one, two });
  const places = (r: Awaited<ReturnType<typeof rendering.render>>) =>
    r.files
      .find((f) => f.type === 'primary')!
      .parts.flatMap((p) => ('bytes' in p ? [] : [`${p.name} ${p.offset} ${p.length}`]));
  const alone = places(await rendering.render([rendering.origin('two')]));
  const both = places(await rendering.render([rendering.origin('one'), rendering.origin('two')]));
  expect(alone.length).toBeGreaterThan(0);
  expect(both).toEqual(expect.arrayContaining(alone));
});
