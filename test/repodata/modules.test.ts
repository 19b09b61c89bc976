import { describe, expect, it } from 'vitest';
import {
  cutModules,
  type ModuleStream,
  readModule,
  readModuleDocument,
} from '../../src/repodata/modules.ts';
import { documentOf, failure, fixtures, repositories } from './documents.ts';

const modulemd = (data: string) => `---\ndocument: modulemd\nversion: 2\ndata:\n${data}\n...\n`;
const minimal = '  name: ruby\n  stream: 3.1';
const plainStream: ModuleStream = {
  name: 'ruby',
  stream: '3.1',
  version: '0',
  context: '',
  arch: '',
  summary: '',
  artifacts: [],
  profiles: [],
};
const readAll = (yaml: string) => cutModules(yaml).map(readModule);

describe('modules.yaml', () => {
  it('is read as the fixture has it', async () => {
    const yaml = await documentOf(fixtures.find((f) => f.name === 'ol8')!, 'modules');
    const streams = readAll(yaml!.toString());
    expect(streams.map((s) => s && [s.stream, s.version, s.context])).toEqual([
      ['2.4', '8040020210721203015', '522a0ee4'],
      ['2.10', '8070020221108152201', '30918e27'],
      ['2.10', '8080020230424091733', '63b34585'],
      undefined,
    ]);
    expect(streams[2]).toEqual({
      name: 'millrace',
      stream: '2.10',
      version: '8080020230424091733',
      context: '63b34585',
      arch: 'x86_64',
      summary: 'Current that drives a mill wheel',
      artifacts: [
        'millrace-0:2.10.4-1.module+el8.8.0+21052+63b34585.x86_64',
        'millrace-doc-0:2.10.4-1.module+el8.8.0+21052+63b34585.noarch',
        'millrace-libs-0:2.10.4-1.module+el8.8.0+21052+63b34585.x86_64',
      ],
      profiles: [
        { name: 'common', packages: ['millrace'] },
        { name: 'minimal', packages: ['millrace-libs'] },
        { name: 'documented', packages: ['millrace', 'millrace-doc'] },
      ],
    });
  });

  it.each(repositories)('is read as published: $name', async (repo) => {
    const yaml = (await documentOf(repo, 'modules'))?.toString() ?? '';
    const streams = readAll(yaml);
    const kinds = [...yaml.matchAll(/^ *document: *(\S+)/gm)].map((m) => m[1]);
    expect(streams.map((s) => s !== undefined)).toEqual(kinds.map((k) => k === 'modulemd'));
    const artifacts = streams.flatMap((s) => s?.artifacts ?? []);
    const listed = yaml.match(/^ *- \S+-\d+:\S+\.(x86_64|noarch|i686|src|aarch64)$/gm) ?? [];
    expect(artifacts).toEqual(listed.map((line) => line.replace(/^ *- /, '')));
    for (const s of streams) {
      expect(s?.name).not.toBe('');
      expect(s?.stream).not.toBe('');
    }
  });

  it('keeps every scalar as the text it is', () => {
    const scalars = '2.10 010 1e3 0x10 true null ~ 2023-01-01 18446744073709551615 1_000'.split(
      ' ',
    );
    for (const stream of scalars) {
      const data = `  name: on\n  stream: ${stream}\n  version: 18446744073709551615\n  context: 00000000`;
      expect(readModule(modulemd(data))).toMatchObject({
        name: 'on',
        stream,
        version: '18446744073709551615',
        context: '00000000',
      });
    }
    expect(readModule(modulemd('  name: a\n  stream: "2.10"'))?.stream).toBe('2.10');
  });

  it('passes over what else a build says, such as its order', () => {
    const components =
      '  components:\n    rpms:\n      a:\n        buildorder: 18446744073709551615';
    expect(readModule(modulemd(`${minimal}\n${components}`))).toEqual(plainStream);
  });

  it.each([
    ['nothing', ''],
    ['null', '  artifacts:\n  profiles: null\n  summary: ~'],
    ['another shape', '  artifacts: [a]\n  profiles: [a]\n  context: [a]\n  arch: {a: b}'],
    ['lists that are none', '  artifacts: {rpms: a}\n  profiles: {}'],
  ])('may lack all but name and stream: %s', (_, data) => {
    expect(readModule(modulemd(`${minimal}\n${data}`))).toMatchObject({
      name: 'ruby',
      stream: '3.1',
      artifacts: [],
      profiles: [],
    });
  });

  it('takes a profile without packages for an empty one', () => {
    const profiles =
      '  profiles:\n    none: {description: d}\n    empty: {rpms: []}\n    one: {rpms: [a]}';
    expect(readModule(modulemd(`${minimal}\n${profiles}`))?.profiles).toEqual([
      { name: 'none', packages: [] },
      { name: 'empty', packages: [] },
      { name: 'one', packages: ['a'] },
    ]);
  });

  it('passes over defaults, also repeated ones, and other kinds', () => {
    const defaults = (stream: string) =>
      `---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: javapackages-tools\n  stream: ${stream}\n...\n`;
    const others = '---\ndocument: modulemd-obsoletes\n---\ndocument: modulemd-translations\n';
    expect(readAll(defaults('201801') + defaults('202001') + others)).toEqual(Array(4));
  });

  it('keeps two builds that claim to be the same', () => {
    const same = `${minimal}\n  version: 1\n  context: a\n  artifacts:\n    rpms:`;
    const streams = readAll(modulemd(`${same}\n    - a`) + modulemd(`${same}\n    - b`));
    expect(streams.map((s) => s?.artifacts)).toEqual([['a'], ['b']]);
  });

  it('lets the last of two equal keys win', () => {
    expect(readModule(modulemd(`${minimal}\n  summary: a\n  summary: b`))?.summary).toBe('b');
  });

  it.each([
    ['with an end', modulemd(minimal) + modulemd(minimal)],
    ['without an end', (modulemd(minimal) + modulemd(minimal)).replaceAll('...\n', '')],
    ['without a start', (modulemd(minimal) + modulemd(minimal)).slice(4)],
    ['with line ends of Windows', (modulemd(minimal) + modulemd(minimal)).replaceAll('\n', '\r\n')],
    ['with comments', `# a\n${modulemd(minimal)}# b\n---\n# c\n${modulemd(minimal)}`],
    ['with blanks', `\n\n${modulemd(minimal)}\n---\n\n...\n${modulemd(minimal)}---\n`],
    ['with a directive', `%YAML 1.2\n${modulemd(minimal)}%YAML 1.2\n${modulemd(minimal)}`],
    [
      'with a comment on the mark',
      (modulemd(minimal) + modulemd(minimal)).replaceAll('---', '--- # x'),
    ],
    ['with a byte order mark', `\ufeff${modulemd(minimal)}${modulemd(minimal)}`],
  ])('is cut into its documents: %s', (_, yaml) => {
    expect(readAll(yaml)).toEqual([plainStream, plainStream]);
  });

  it('is not cut where a text has dashes', () => {
    const data = `${minimal}\n  summary: |-\n    ---\n    a --- b\n  arch: x`;
    expect(readAll(modulemd(data))).toEqual([
      { ...plainStream, summary: '---\na --- b', arch: 'x' },
    ]);
  });

  it('has no documents where it is empty', () => {
    for (const yaml of ['', '\n', '---\n', '---\n...\n', '# a\n'])
      expect(cutModules(yaml)).toEqual([]);
  });

  const bomb = [
    'a: &a [x, x]',
    ...[...'bcdefghijklmnopqrstuvwxyz'].map((c, i) => {
      const before = String.fromCharCode(97 + i);
      return `${c}: &${c} [*${before}, *${before}, *${before}, *${before}]`;
    }),
  ].join('\n');
  it.each([
    ['text', 'no such file, sorry'],
    ['HTML', '<html><body>404</body></html>'],
    ['a list', '- document: modulemd'],
    ['no kind', 'version: 2'],
    ['a kind that is no text', 'document: [modulemd]'],
    ['broken YAML', modulemd('  name: [a\n  stream: b')],
    ['tabs', modulemd('\tname: a\n\tstream: b')],
    ['an alias of nothing', modulemd('  name: *a\n  stream: b')],
    ['no data', 'document: modulemd\nversion: 2'],
    ['no name', modulemd('  stream: b')],
    ['no stream', modulemd('  name: a')],
    ['a stream that is no text', modulemd('  name: a\n  stream: [b]')],
    ['aliases of aliases', `document: modulemd\ndata: {name: a, stream: b}\n${bomb}`],
    ['brackets too deep', modulemd(`  name: ${'['.repeat(10_000)}`)],
  ])('is refused: %s', (_, yaml) => {
    expect(failure(() => readModule(yaml))).toBe('invalid');
  });

  it.each([
    ['keys that are keys', modulemd(`  name: ${'? '.repeat(2000)}`)],
    ['keys in lists of keys', modulemd(`  name: ${'[? '.repeat(2000)}`)],
    ['flow maps', modulemd(`  name: ${'{a: '.repeat(5000)}`)],
    ['lists in lists', modulemd(`  name: ${'- '.repeat(5000)}`)],
    ['blank lines', modulemd(`  name: [${'\n'.repeat(100_000)}`)],
    ['dots and blanks', modulemd(`  name: [${'\n... \n'.repeat(20_000)}x`)],
    ['errors', modulemd(`  name: a\n${'  a: b: c\n'.repeat(10_000)}`)],
    ['merged maps', modulemd(`  name: &a {x: y}\n  z:\n${'  - {<<: *a}\n'.repeat(10_000)}`)],
  ])('is refused in no time where it is hostile: %s', (_, yaml) => {
    const started = performance.now();
    for (const document of cutModules(yaml))
      expect(failure(() => readModule(document))).toBe('invalid');
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('takes a key that is a map for none', () => {
    expect(readModule(modulemd(`${minimal}\n  ? {a: b}\n  : c`))).toEqual(plainStream);
  });

  it('is refused beyond a megabyte', () => {
    expect(
      failure(() => readModule(modulemd(`${minimal}\n  summary: ${'a'.repeat(1 << 20)}`))),
    ).toBe('limit');
  });
});

describe('Of the other documents', () => {
  const read = (kind: string, data: string) =>
    readModuleDocument(`document: ${kind}\nversion: 1\ndata: ${data}\n`);

  it('defaults name a stream, or none', () => {
    expect(read('modulemd-defaults', '{ module: perl, stream: 5.10 }')).toEqual({
      kind: 'defaults',
      name: 'perl',
      stream: '5.10',
    });
    expect(read('modulemd-defaults', '{ module: perl, profiles: {} }')).toMatchObject({
      stream: undefined,
    });
  });

  it('obsoletes name what has come to its end, and what takes its place', () => {
    expect(
      read(
        'modulemd-obsoletes',
        '{ module: a, stream: 1, obsoleted_by: { module: b, stream: 2 } }',
      ),
    ).toEqual({
      kind: 'obsoletes',
      name: 'a',
      stream: '1',
      context: undefined,
      by: { name: 'b', stream: '2' },
    });
    expect(read('modulemd-obsoletes', '{ module: a, stream: 1, context: c0 }')).toMatchObject({
      context: 'c0',
      by: undefined,
    });
  });

  it('translations name their stream', () => {
    expect(read('modulemd-translations', '{ module: a, stream: 1 }')).toEqual({
      kind: 'translations',
      name: 'a',
      stream: '1',
    });
  });

  it.each([
    ['modulemd-packager', '{ name: a }'],
    ['modulemd-defaults', '[]'],
    ['modulemd-defaults', '{ module: [] }'],
    ['modulemd-obsoletes', '{ module: a }'],
    ['modulemd-translations', '{ module: a, stream: {} }'],
  ])('%s of %s is none that is known', (kind, data) => {
    expect(read(kind, data)).toEqual({ kind: 'other' });
  });
});
