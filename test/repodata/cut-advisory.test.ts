import { describe, expect, it } from 'vitest';
import { cutAdvisory } from '../../src/repodata/cut-advisory.ts';
import { readAdvisory } from '../../src/repodata/updateinfo.ts';
import { randomFrom } from '../support/random.ts';
import { elementsOf, repositories } from './documents.ts';

const build = (name: string) =>
  `<package name="${name}" arch="x" epoch="0" version="1" release="1">\n<filename>${name}.rpm</filename></package>`;

const advisory = `<update type="security"><id>A-1</id><description>é <![CDATA[<package/>]]></description>
  <pkglist>
    <collection short="one"><name>One</name>
      ${build('a')}
      <!-- ${build('no')} -->
      ${build('b')}
    </collection>
    <collection short="two">${build('c')}<package name="d" arch="x" epoch="0" version="1" release="1"/></collection>
  </pkglist>
</update>`;

const cut = (...remains: boolean[]) => cutAdvisory(Buffer.from(advisory), remains)?.toString();

it('Entries that do not remain are cut out, and all else stays', () => {
  expect(cut(true, true, true, true)).toBe(advisory);
  expect(cut(true, false, true, true)).toBe(advisory.replace(`\n      ${build('b')}`, ''));
  expect(cut(true, true, false, true)).toBe(advisory.replace(build('c'), ''));
});

it('A collection that loses all of its entries goes', () => {
  expect(cut(false, false, true, true)).toBe(
    advisory.replace(/\s*<collection short="one">[\s\S]*?<\/collection>/, ''),
  );
  const empty = advisory.replace(/<collection[\s\S]*<\/collection>/, '<collection short="none"/>');
  expect(cutAdvisory(Buffer.from(empty), [])?.toString()).toBe(empty);
});

it('Another number of entries than expected gives nothing', () => {
  expect(cut(true)).toBeUndefined();
  expect(() => cutAdvisory(Buffer.from('<update><a></update>'), [])).toThrow('not well-formed');
});

describe.each(repositories)('$name', (repository) => {
  it('Of its advisories those builds remain that were to remain', async () => {
    const random = randomFrom(4);
    for (const bytes of await elementsOf(repository, 'updateinfo', 'updates')) {
      let before: ReturnType<typeof readAdvisory>;
      try {
        before = readAdvisory(bytes);
      } catch {
        // It is set aside.
        continue;
      }
      const remains = before.packages.map(() => random() < 0.5);
      const after = readAdvisory(cutAdvisory(bytes, remains)!);
      const packages = before.packages.filter((_, i) => remains[i]);
      expect(after).toEqual({ ...before, packages });
    }
  });
});
