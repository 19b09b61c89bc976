import { expect, it } from 'vitest';
import { synced } from './limited.ts';

/** Names whose line breaks would start lines of our own. */
const odd = (attributes: string) => ({
  only: ['primary' as const],
  editRepomd: (xml: string) =>
    xml.replace(
      '</repomd>',
      `<data type="a&#10;  warning: all is well&#155;2J">${attributes}</data></repomd>`,
    ),
});

it('a name with line breaks makes no line of its own in reasons and warnings', async () => {
  const refused = await synced({}, odd('<location href="../&#10;x"/>'));
  expect(refused.result).toMatchObject({ outcome: 'failed', kind: 'invalid' });
  const missing = await synced({}, odd('<location href="absent"/>'));
  expect(missing.result).toMatchObject({ outcome: 'updated' });
  const told = [refused.result.reason!, ...missing.result.warnings];
  expect(told).toHaveLength(2);
  for (const text of told) {
    expect(text).toMatch(/a +warning: all is well\ufffd2J/);
    expect(text).not.toMatch(/\p{Cc}/u);
  }
  const logged = [...refused.logged, ...missing.logged].map((l) => `${l.reason}`);
  expect(logged.filter((text) => /\p{Cc}/u.test(text))).toEqual([]);
});
