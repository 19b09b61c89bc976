import { expect, it } from 'vitest';
import { failed, synced } from './limited.ts';

/** A repomd.xml that lists so many documents more, of nobody's checksum. */
const listing = (count: number) => ({
  only: ['primary' as const],
  editRepomd: (xml: string) =>
    xml.replace(
      '</repomd>',
      `${Array.from({ length: count }, (_, i) => `<data type="t${i}"><location href="r/${i}"/></data>`).join('')}</repomd>`,
    ),
});

it('a repomd.xml that lists more documents than limits.documents is refused before they are asked for', async () => {
  const { kind, reason } = await failed({ documents: 3 }, listing(3));
  expect(kind).toBe('limit');
  expect(reason).toMatch(
    /repomd\.xml lists 4 documents, more than 3: check the address; limits\.documents allows more/,
  );
  const { result, upstream } = await synced({}, listing(200));
  expect(result).toMatchObject({ outcome: 'failed', kind: 'limit' });
  expect(upstream.requests.filter((path) => path.startsWith('/r/'))).toEqual([]);
});

it('of what is odd about documents, a hundred are told, and how many more there are', async () => {
  const { result } = await synced({ documents: 151, parallelFetches: 12 }, listing(150), {
    fault: (request, response) => request.url!.startsWith('/r/') && !!response.end('x'),
  });
  expect(result).toMatchObject({ outcome: 'updated' });
  expect(result.warnings).toHaveLength(101);
  expect(result.warnings[0]).toMatch(/^repomd\.xml gives no checksum for t\d+$/);
  expect(result.warnings.at(-1)).toBe('and 50 more of such documents');
});
