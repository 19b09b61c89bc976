import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type PrimaryPackage, readPrimary } from '../../src/repodata/primary.ts';
import { rpmPython } from '../support/tools.ts';
import { commented, elementsOf, failure, fixtures, repositories } from './documents.ts';

const sha256 = 'a1'.repeat(32);
/** A package as createrepo_c writes it, with some of its parts replaced. */
function element(parts: Record<string, string> = {}): string {
  const p = {
    open: '<package type="rpm">',
    name: '<name>weir</name>',
    arch: '<arch>x86_64</arch>',
    version: '<version epoch="1" ver="1.5" rel="2.el9"/>',
    checksum: `<checksum type="sha256" pkgid="YES">${sha256}</checksum>`,
    summary: '<summary>A weir</summary>',
    time: '<time file="20" build="10"/>',
    size: '<size package="300" installed="400" archive="500"/>',
    location: '<location href="Packages/weir.rpm"/>',
    format: '<format>\n<rpm:sourcerpm>weir.src.rpm</rpm:sourcerpm>\n</format>',
    close: '</package>',
    ...parts,
  };
  return `${p.open}\n  ${p.name}\n  ${p.arch}\n  ${p.version}\n  ${p.checksum}\n  ${p.summary}
  <description>Holds water</description>\n  <packager/>\n  <url/>
  ${p.time}\n  ${p.size}\n  ${p.location}\n  ${p.format}\n${p.close}`;
}

const time = '<time file="20" build="10"/>';
const lookalike = `${time}<size package="1" installed="1" archive="1"/><location href="x"/><format>`;

const plainPackage: PrimaryPackage = {
  name: 'weir',
  arch: 'x86_64',
  epoch: '1',
  version: '1.5',
  release: '2.el9',
  checksum: { type: 'sha256', value: sha256 },
  summary: 'A weir',
  packageSize: 300,
  installedSize: 400,
  buildTime: 10,
  location: 'Packages/weir.rpm',
  base: undefined,
  sourceRpm: 'weir.src.rpm',
};
const read = (xml: string) => readPrimary(Buffer.from(xml));

describe('a package of primary', () => {
  it.each(repositories)('reads the same with and without shortcuts: $name', async (repo) => {
    for (const bytes of await elementsOf(repo, 'primary', 'metadata')) {
      expect(readPrimary(bytes)).toEqual(readPrimary(commented(bytes)));
    }
  });

  it.each<[string, Record<string, string>, Partial<PrimaryPackage>]>([
    ['nothing odd', {}, {}],
    ['single quotes', { version: "<version epoch='1' ver='1.5' rel='2.el9'/>" }, {}],
    ['another order', { version: '<version rel="2.el9" ver="1.5" epoch="1"/>' }, {}],
    ['blanks in a tag', { location: '<location\n\thref = "Packages/weir.rpm"\n/>' }, {}],
    ['no epoch', { version: '<version ver="1.5" rel="2.el9"/>' }, { epoch: '0' }],
    ['an empty epoch', { version: '<version epoch="" ver="1.5" rel="2.el9"/>' }, { epoch: '0' }],
    ['CDATA', { summary: '<summary>a <![CDATA[<&amp;]]> b</summary>' }, { summary: 'a <&amp; b' }],
    [
      'entities',
      { summary: '<summary>&lt;&#233;&#xe9;&#x1F30A;&amp;lt;</summary>' },
      { summary: '<éé🌊&lt;' },
    ],
    ['other scripts', { summary: '<summary>Zoë 渦 🌊</summary>' }, { summary: 'Zoë 渦 🌊' }],
    ['no character', { summary: '<summary>a&#0;b&#xD800;c&#x1F;</summary>' }, { summary: 'abc' }],
    ['an unknown entity', { summary: '<summary>&water;</summary>' }, { summary: '&water;' }],
    ['line ends of Windows', { summary: '<summary>a\r\nb&#13;</summary>' }, { summary: 'a\nb\r' }],
    ['an empty summary', { summary: '<summary/>' }, { summary: '' }],
    ['blanks around the name', { name: '<name> weir\n</name>' }, {}],
    [
      'an absolute base',
      { location: '<location xml:base="http://h/a" href="weir.rpm"/>' },
      { base: 'http://h/a', location: 'weir.rpm' },
    ],
    [
      'a base after a line end',
      { location: '<location href="weir.rpm"\nxml:base="http://h/a"/>' },
      { base: 'http://h/a', location: 'weir.rpm' },
    ],
    [
      'an href with entities',
      { location: '<location href="a&amp;b&gt;.rpm"/>' },
      { location: 'a&b>.rpm' },
    ],
    ['a > in an href', { location: '<location href="a>b.rpm"/>' }, { location: 'a>b.rpm' }],
    ["a ' in an href", { location: '<location href="it\'s.rpm"/>' }, { location: "it's.rpm" }],
    ['a comment like the rest of it', { time: `<!-- ${lookalike} -->${time}` }, {}],
    ['an instruction like the rest of it', { time: `<?x ${lookalike} ?>${time}` }, {}],
    ['no source rpm', { format: '<format><rpm:sourcerpm/></format>' }, { sourceRpm: '' }],
    ['no format', { format: '' }, { sourceRpm: '' }],
    [
      'a huge size',
      { size: '<size package="18446744073709551615" installed="-1" archive="0"/>' },
      { packageSize: 0, installedSize: 0 },
    ],
    ['a prefix', { open: '<c:package type="rpm">', close: '</c:package>' }, {}],
    [
      'md5',
      { checksum: `<checksum type="md5" pkgid="YES">${'0b'.repeat(16)}</checksum>` },
      { checksum: { type: 'md5', value: '0b'.repeat(16) } },
    ],
    [
      'sha',
      { checksum: `<checksum type="sha" pkgid="YES">${'0B'.repeat(20)}</checksum>` },
      { checksum: { type: 'sha', value: '0b'.repeat(20) } },
    ],
    [
      'sha512',
      { checksum: `<checksum pkgid="YES" type="sha512">${'0b'.repeat(64)}</checksum>` },
      { checksum: { type: 'sha512', value: '0b'.repeat(64) } },
    ],
  ])('reads %s', (_, parts, expected) => {
    expect(read(element(parts))).toEqual({ ...plainPackage, ...expected });
    expect(readPrimary(commented(Buffer.from(element(parts))))).toEqual({
      ...plainPackage,
      ...expected,
    });
  });

  it('takes any number of entities', () => {
    const summary = `<summary>${'&amp;'.repeat(150_000)}</summary>`;
    expect(read(element({ summary })).summary).toBe('&'.repeat(150_000));
    expect(read(element({ summary, open: "<package type='rpm'>" })).summary.length).toBe(150_000);
  });

  it.each<[string, Record<string, string>]>([
    ['no name', { name: '' }],
    ['an empty name', { name: '<name/>' }],
    ['a blank name', { name: '<name> </name>' }],
    ['no architecture', { arch: '' }],
    ['a blank architecture', { arch: '<arch> </arch>' }],
    ['no version', { version: '' }],
    ['an empty version', { version: '<version epoch="0" ver="" rel="1"/>' }],
    ['no location', { location: '' }],
    ['an empty location', { location: '<location href=""/>' }],
    ['no checksum', { checksum: '' }],
    ['a checksum of another type', { checksum: '<checksum type="crc" pkgid="YES">00</checksum>' }],
    ['a checksum too short', { checksum: '<checksum type="sha256" pkgid="YES">00</checksum>' }],
    ['a bare ampersand', { summary: '<summary>sand & water</summary>' }],
    ['tags that cross', { name: '<name>weir', arch: '</arch>' }],
    ['a DOCTYPE', { open: '<!DOCTYPE a><package type="rpm">' }],
  ])('refuses %s', (_, parts) => {
    expect(failure(() => read(element(parts)))).toBe('invalid');
  });

  it.skipIf(!rpmPython)('says what the headers of the rpms say', async () => {
    const packages = await Promise.all(
      fixtures.map(async (repo) =>
        (await elementsOf(repo, 'primary', 'metadata')).map((bytes) => ({
          file: join(repo.folder, readPrimary(bytes).location),
          pkg: readPrimary(bytes),
        })),
      ),
    );
    const script = `import hashlib, json, os, rpm, sys
ts = rpm.TransactionSet()
ts.setVSFlags(-1)
def header(file, type):
    with open(file, "rb") as f: h = ts.hdrFromFdno(f.fileno())
    with open(file, "rb") as f: value = hashlib.new(type, f.read()).hexdigest()
    return dict(name=h["name"], arch=h["arch"], epoch=str(h["epoch"] or 0), version=h["version"],
        release=h["release"], summary=h["summary"], packageSize=os.stat(file).st_size,
        installedSize=h["longsize"], buildTime=h["buildtime"], sourceRpm=h["sourcerpm"],
        checksum=dict(type=type, value=value))
print(json.dumps([header(*a) for a in json.load(sys.stdin)]))`;
    const input = JSON.stringify(packages.flat().map((p) => [p.file, p.pkg.checksum.type]));
    const answer = spawnSync(rpmPython!, ['-c', script], { input, encoding: 'utf8' });
    expect(answer.stderr).toBe('');
    const ours = packages.flat().map(({ pkg: { location, base, ...rest } }) => rest);
    expect(ours.length).toBeGreaterThan(40);
    expect(ours).toEqual(JSON.parse(answer.stdout));
  });
});
