import { expect, it } from 'vitest';
import { readModuleDefaults, readModuleTexts } from '../../src/repodata/module-texts.ts';
import { cutModules } from '../../src/repodata/modules.ts';
import { documentOf, repositories } from './documents.ts';

it.each(repositories)(
  'What modules say to people is read as published: $name',
  async (repository) => {
    const yaml = (await documentOf(repository, 'modules'))?.toString() ?? '';
    const documents = cutModules(yaml);
    const streams = documents.filter((d) => /^document: modulemd$/m.test(d));
    for (const document of streams) {
      const { description, profiles } = readModuleTexts(document);
      const says = /^ {2}(description|summary): *\S/m.test(document);
      expect(description !== '').toBe(says);
      for (const { name, packages } of profiles) {
        expect(document).toContain(name);
        for (const one of packages) expect(document).toContain(one);
      }
    }
    const defaults = documents.flatMap((d) => readModuleDefaults(d) ?? []);
    const announced = documents.filter((d) => /^document: modulemd-defaults$/m.test(d));
    expect(defaults).toHaveLength(announced.length);
  },
);

it('What is not as it should be says nothing', () => {
  const nothing = { description: '', profiles: [] };
  for (const document of ['', '[', 'data: []', 'data:\n  description: [a]\n  profiles: 7\n'])
    expect(readModuleTexts(document)).toEqual(nothing);
  expect(readModuleTexts('data:\n  summary: In short\n').description).toBe('In short');
  expect(readModuleTexts('data:\n  profiles:\n    a: {rpms: 1}\n    b: 2\n').profiles).toEqual([]);
  expect(readModuleDefaults('document: modulemd-defaults\ndata: {}\n')).toBeUndefined();
  expect(readModuleDefaults('document: modulemd-defaults\ndata: {module: m}\n')).toEqual({
    ...{ module: 'm', stream: undefined, profiles: {} },
  });
});
