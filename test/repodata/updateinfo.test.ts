import { describe, expect, it } from 'vitest';
import { type Advisory, readAdvisory } from '../../src/repodata/updateinfo.ts';
import { commented, elementsOf, failure, repositories } from './documents.ts';

const reference = '<reference href="https://h/a" id="CVE-1" title="CVE-1" type="cve"/>';
const pkg =
  '<package name="weir" version="1.4" release="3.el7" epoch="1" arch="x86_64" src="weir.src.rpm"><filename>weir.rpm</filename></package>';
const list = (packages: string) =>
  `<pkglist><collection short="a"><name>A</name>${packages}</collection></pkglist>`;

/** An advisory as vendors write it, with some of its parts replaced. */
function element(parts: Record<string, string> = {}): Buffer {
  const p = {
    open: '<update from="a@h" status="final" type="security" version="2.0">',
    id: '<id>ELSA-1</id>',
    title: '<title>Weir security update</title>',
    issued: '<issued date="2019-03-14 00:00:00"/>',
    updated: '<updated date="2019-03-15"/>',
    severity: '<severity>Important</severity>',
    references: `<references>${reference}</references>`,
    pkglist: list(pkg),
    close: '</update>',
    ...parts,
  };
  return Buffer.from(`${p.open}\n ${p.id}\n ${p.title}\n ${p.issued}\n ${p.updated}\n ${p.severity}
 <description>Fix &lt; and &amp;</description>\n ${p.references}\n ${p.pkglist}\n${p.close}`);
}

const weir = { name: 'weir', arch: 'x86_64', epoch: '1', version: '1.4', release: '3.el7' };
const cve = { id: 'CVE-1', type: 'cve', href: 'https://h/a', title: 'CVE-1' };
const plainAdvisory: Advisory = {
  id: 'ELSA-1',
  type: 'security',
  title: 'Weir security update',
  severity: 'Important',
  issued: '2019-03-14 00:00:00',
  updated: '2019-03-15',
  references: [cve],
  packages: [weir],
};

describe('an advisory', () => {
  it.each(repositories)('reads the same with and without shortcuts: $name', async (repo) => {
    for (const bytes of await elementsOf(repo, 'updateinfo', 'updates')) {
      expect(readAdvisory(bytes)).toEqual(readAdvisory(commented(bytes)));
    }
  });

  it.each<[string, Record<string, string>, Partial<Advisory>]>([
    ['nothing odd', {}, {}],
    [
      'single quotes',
      { open: "<update type='security'>", issued: "<issued date='2019-03-14 00:00:00'/>" },
      {},
    ],
    [
      'line ends in tags',
      { open: '<update\n type="security"\n>', pkglist: list(pkg.replaceAll(' ', '\n')) },
      {},
    ],
    [
      'blanks around =',
      { references: `<references>${reference.replaceAll('=', ' = ')}</references>` },
      {},
    ],
    [
      'a > in an attribute',
      {
        references: `<references>${reference.replace('title="CVE-1"', 'title="a > b"')}</references>`,
      },
      { references: [{ ...cve, title: 'a > b' }] },
    ],
    [
      'entities',
      {
        title: '<title>&lt;&#233;&#xe9;&amp;lt;</title>',
        references: `<references>${reference.replace('title="CVE-1"', 'title="&quot;&apos;"')}</references>`,
      },
      { title: '<éé&lt;', references: [{ ...cve, title: '"\'' }] },
    ],
    ['CDATA', { title: '<title><![CDATA[<tr>]]></title>' }, { title: '<tr>' }],
    ['other scripts', { title: '<title>Zoë 渦 🌊</title>' }, { title: 'Zoë 渦 🌊' }],
    ['a line end of Windows', { title: '<title>a\r\nb</title>' }, { title: 'a\nb' }],
    ['blanks around the id', { id: '<id>\n ELSA-1 </id>' }, {}],
    ['no severity', { severity: '' }, { severity: '' }],
    ['an empty severity', { severity: '<severity/>' }, { severity: '' }],
    ['no dates', { issued: '', updated: '<updated/>' }, { issued: '', updated: '' }],
    ['no references', { references: '' }, { references: [] }],
    [
      'several references',
      { references: `<references>${reference}\n${reference}</references>` },
      { references: [cve, cve] },
    ],
    ['no packages', { pkglist: '<pkglist/>' }, { packages: [] }],
    [
      'several collections',
      {
        pkglist: `<pkglist><collection>${pkg}</collection><collection>${pkg}</collection></pkglist>`,
      },
      { packages: [weir, weir] },
    ],
    ['several lists', { pkglist: list(pkg) + list(pkg) }, { packages: [weir, weir] }],
    [
      'no epoch',
      { pkglist: list(pkg.replace('epoch="1"', '')) },
      { packages: [{ ...weir, epoch: '0' }] },
    ],
    [
      'an empty package',
      {
        pkglist: list(
          '<package name="weir" version="1.4" release="3.el7" epoch="1" arch="x86_64"/>',
        ),
      },
      {},
    ],
    [
      'a package without attributes',
      { pkglist: list('<package/>') },
      { packages: [{ name: '', arch: '', epoch: '0', version: '', release: '' }] },
    ],
    ['a prefix', { open: '<u:update type="security">', close: '</u:update>' }, {}],
  ])('reads %s', (_, parts, expected) => {
    expect(readAdvisory(element(parts))).toEqual({ ...plainAdvisory, ...expected });
    expect(readAdvisory(commented(element(parts)))).toEqual({ ...plainAdvisory, ...expected });
  });

  it('takes thousands of packages and entities', () => {
    const many = element({
      pkglist: list(pkg.repeat(5000)),
      title: `<title>${'&amp;'.repeat(150_000)}</title>`,
    });
    for (const bytes of [many, commented(many)]) {
      expect(readAdvisory(bytes).packages.length).toBe(5000);
      expect(readAdvisory(bytes).title.length).toBe(150_000);
    }
  });

  it.each<[string, Record<string, string>]>([
    ['a title with a tag that is not closed', { title: '<title> <tr></title>' }],
    ['no id', { id: '' }],
    ['an empty id', { id: '<id></id>' }],
    ['a blank id', { id: '<id> </id>' }],
    ['a bare ampersand', { title: '<title>sand & water</title>' }],
    ['a bare <', { title: '<title>a < b</title>' }],
    ['a value without quotes', { open: '<update type=security>' }],
    ['a value that is not closed', { updated: '<updated date="2019/>' }],
    ['no end', { close: '' }],
    ['tags that cross', { pkglist: '<pkglist><collection></pkglist></collection>' }],
    ['a DOCTYPE', { open: '<!DOCTYPE a><update type="security">' }],
  ])('refuses %s', (_, parts) => {
    expect(failure(() => readAdvisory(element(parts)))).toBe('invalid');
  });
});
