import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readComps } from '../../../src/repodata/comps.ts';
import { cutModules, readModule } from '../../../src/repodata/modules.ts';
import { projectRoot } from '../../support/tools.ts';
import { setOf, startRendering } from './rendering.ts';

const fixture = (name: string) => join(projectRoot, 'fixtures/repodata', name);

it('What was not cut is the upstream’s own file, except primary', async () => {
  const rendering = await startRendering({ ol8: fixture('ol8') });
  const { files } = await rendering.manifest('ol8');
  const rendered = await rendering.render([rendering.origin('ol8')], { compression: 'zstd' });
  for (const type of ['filelists', 'other', 'updateinfo', 'group', 'group_gz', 'modules']) {
    const upstream = files.find((f) => f.type === type)!;
    expect(rendered.files.find((f) => f.type === type)).toEqual({
      type,
      path: upstream.path,
      sha256: upstream.sha256,
      size: upstream.size,
      parts: [{ in: 'object', name: upstream.sha256, offset: 0, length: upstream.size }],
    });
  }
  expect(rendered.files.find((f) => f.type === 'primary')!.path).toMatch(/primary\.xml\.zst$/);
});

it('An upstream’s file whose name is no digest gets one; SQLite is left out', async () => {
  const rendering = await startRendering({ ol7: fixture('ol7') });
  const { files } = await rendering.manifest('ol7');
  const rendered = await rendering.render([rendering.origin('ol7')]);
  const { sha256 } = files.find((f) => f.type === 'filelists')!;
  expect(rendered.files.find((f) => f.type === 'filelists')!.path).toBe(
    `repodata/${sha256}-filelists.xml.gz`,
  );
  expect(rendered.files.map((f) => f.type).filter((t) => t.endsWith('_db'))).toEqual([]);
});

it('An upstream’s file that is gone is made again of its fragments', async () => {
  const rendering = await startRendering({ ol8: fixture('ol8') });
  const before = await rendering.render([rendering.origin('ol8')]);
  const texts = (r: typeof before) =>
    Promise.all(['filelists', 'other', 'updateinfo'].map((t) => rendering.text(r, t)));
  const lines = (text: string) => text.replace(/\s+/g, ' ').replaceAll('> <', '><').trim();
  const originals = (await texts(before)).map(lines);
  const { files } = await rendering.manifest('ol8');
  for (const file of files) {
    if (['filelists', 'other', 'updateinfo'].includes(file.type))
      await rm(rendering.paths.object(file.sha256));
  }
  const after = await rendering.render([rendering.origin('ol8')]);
  expect(after.files.find((f) => f.type === 'filelists')!.sha256).not.toBe(
    before.files.find((f) => f.type === 'filelists')!.sha256,
  );
  expect((await texts(after)).map(lines)).toEqual(originals);
});

it('Groups and modules keep to what remains', async () => {
  const rendering = await startRendering({ ol8: fixture('ol8') });
  const rows = rendering.rows('ol8').filter((r) => r.name !== 'weir');
  const { files } = await rendering.manifest('ol8');
  const whole = await rendering.render([rendering.origin('ol8')]);
  expect(files.some((f) => f.type === 'modules')).toBe(true);
  const { hash } = await import('node:crypto');
  const documents = cutModules(await rendering.text(whole, 'modules'));
  const kept = documents.filter((d) => readModule(d)?.stream !== '2.10');
  expect(kept.length).toBeLessThan(documents.length);
  const rendered = await rendering.render([
    rendering.origin('ol8', {
      packages: setOf(rows),
      modules: new Set(kept.map((d) => hash('sha256', d))),
    }),
  ]);
  const again = cutModules(await rendering.text(rendered, 'modules'));
  expect(again).toEqual(kept);
  const groups = async (r: typeof rendered) =>
    readComps(await rendering.text(r, 'group'), () => {}).map((g) => ({
      ...g,
      packages: g.packages.filter((p) => p.name !== 'weir'),
    }));
  expect(await groups(rendered)).toEqual(await groups(whole));
  expect(await rendering.text(rendered, 'group')).not.toContain('>weir<');
  expect(rendered.files.filter((f) => f.type.startsWith('group'))).toHaveLength(1);
  const none = await rendering.render([
    rendering.origin('ol8', { packages: setOf(rows), groups: new Set(), modules: new Set() }),
  ]);
  expect(readComps(await rendering.text(none, 'group'), () => {})).toEqual([]);
  expect(none.files.some((f) => f.type === 'modules')).toBe(false);
});
