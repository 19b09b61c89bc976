import { expect, it } from 'vitest';
import { failed, packages, synced } from './limited.ts';
import type { RepositoryOptions } from './repository.ts';

const alsoAs = (type: string) => ({
  editRepomd: (xml: string) =>
    xml.replace(/(<data type=")primary(".*?<\/data>)/, `$1primary$2$1${type}$2`),
});

it.each([
  ['primary', 'primary'],
  ['filelists', 'filelists'],
  ['other', 'other'],
  ['updateinfo', 'updateinfo'],
] as const)('a larger %s than limits.%s is refused', async (type, key) => {
  const { kind, reason } = await failed({ [key]: 50 });
  expect(kind).toBe('limit');
  expect(reason).toMatch(new RegExp(`-${type}.xml.gz is larger than 50 bytes: .*limits in the`));
});

it.each([
  ['group', 'comps'],
  ['group_gz', 'comps'],
  ['modules', 'modules'],
  ['productid', 'document'],
] as const)('a larger %s than limits.%s is refused', async (type, key) => {
  const { kind, reason } = await failed({ [key]: 50 }, alsoAs(type));
  expect(kind).toBe('limit');
  expect(reason).toContain('is larger than 50 bytes');
});

it('a larger repomd.xml than limits.smallDocument is refused', async () => {
  const { kind, reason } = await failed({ smallDocument: 100 });
  expect(kind).toBe('limit');
  expect(reason).toContain('repomd.xml is larger than 100 bytes');
});

it('a document that says it is too large is refused before its bytes come', async () => {
  let sent = 0;
  const { kind } = await failed(
    { primary: 1000 },
    {},
    {
      fault: (request, response) => {
        if (!request.url!.includes('primary')) return false;
        response.writeHead(200, { 'content-length': 100_000_000 });
        const timer = setInterval(() => {
          response.write(Buffer.alloc(500));
          sent += 500;
        }, 200);
        response.on('close', () => clearInterval(timer));
        return true;
      },
    },
  );
  expect(kind).toBe('limit');
  expect(sent).toBeLessThanOrEqual(500);
});

const long = (xml: string) => xml.replace('</metadata>', `${' '.repeat(2_000_000)}</metadata>`);
const onPrimary = (change: (xml: string) => string) => ({
  only: ['primary'] as RepositoryOptions['only'] & {},
  edit: (type: string, xml: string) => (type === 'primary' ? change(xml) : xml),
});

it('a document that opens to more than limits.openDocument, or by a greater ratio, is refused', async () => {
  for (const [change, key] of [
    [{ openDocument: 1_000_000 }, 'open_document'],
    [{ openRatio: 10 }, 'open_ratio'],
  ] as const) {
    const { kind, reason } = await failed(change, onPrimary(long));
    expect(kind).toBe('limit');
    expect(reason).toContain('opens to more than is allowed');
    expect(reason).toContain(`limits.${key} allows more`);
  }
  const { result } = await synced({ openDocument: 3_000_000 }, onPrimary(long));
  expect(result).toMatchObject({ outcome: 'updated' });
});

it('modules that open to more than limits.openModules are refused', async () => {
  const { kind, reason } = await failed({ openModules: 300 }, alsoAs('modules'));
  expect(kind).toBe('invalid');
  expect(reason).toContain('limits.open_modules allows more');
});

it('comps that open to more than limits.wholeDocument are set aside', async () => {
  const { result } = await synced({ wholeDocument: 300 }, alsoAs('group'));
  expect(result).toMatchObject({ outcome: 'updated', setAsideCount: 1 });
  expect(result.setAside[0]).toMatchObject({
    document: 'group',
    reason: expect.stringMatching(/opens to more than is allowed .*limits.whole_document allows/),
  });
});

it('a primary with more packages than limits.packages is refused', async () => {
  const { kind, reason } = await failed({ packages: 2 }, { only: ['primary'] });
  expect(kind).toBe('limit');
  expect(reason).toMatch(/primary.xml.gz has more than 2 packages: .*limits.packages/);
  const { result } = await synced({ packages: 3 });
  expect(result).toMatchObject({ outcome: 'updated', packages: 3, warnings: [] });
});

it('an element of more bytes than limits.element is refused', async () => {
  const { kind, reason } = await failed({ element: 400 }, { only: ['primary'] });
  expect(kind).toBe('limit');
  expect(reason).toMatch(/has an element of more than 400 bytes: .*limits.element allows more/);
});

it('an element deeper than limits.elementDepth is set aside, and such a repomd.xml refused', async () => {
  const nested = `<x>${'<y>'.repeat(20)}<!-- -->${'</y>'.repeat(20)}</x>`;
  const deep = onPrimary((xml) => xml.replace('<format>', `${nested}<format>`));
  const { result } = await synced({ elementDepth: 15 }, deep);
  expect(result).toMatchObject({ outcome: 'updated', packages: 2, setAsideCount: 1 });
  expect(result.setAside[0]!.reason).toMatch(/nested/);
  expect((await synced({ elementDepth: 40 }, deep)).result).toMatchObject({ packages: 3 });
  const { kind, reason } = await failed(
    { elementDepth: 15 },
    { editRepomd: (xml) => xml.replace('</repomd>', `${nested}</repomd>`) },
  );
  expect(kind).toBe('invalid');
  expect(reason).toMatch(/nested/);
});

it('a package larger than limits.package is refused, by the sync and to clients', async () => {
  const { result, url } = await synced({ package: 2999 }, {}, { packages: 'immediate' });
  expect(result).toMatchObject({ outcome: 'failed', kind: 'limit' });
  expect(result.reason).toContain('is larger than 2999 bytes');
  const answer = await fetch(`${url}/channels/a/${packages[0]!.href}`);
  expect(answer.status).toBe(502);
  expect(await answer.text()).toContain('is larger than 2999 bytes');
});
