import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMessage, generateKey, readPrivateKey, sign } from 'openpgp';
import { expect, it } from 'vitest';
import { fixtureFolder } from './folder.ts';
import { createPlace } from './headwater.ts';

it('source show tells what was found of a signature, and which keys the source has', async () => {
  const place = await createPlace('');
  const made = await generateKey({ type: 'ecc', userIDs: [{ name: 'V' }] });
  const signingKeys = await readPrivateKey({ armoredKey: made.privateKey });
  const fingerprint = signingKeys.getFingerprint();
  const stranger = await generateKey({ type: 'ecc', userIDs: [{ name: 'S' }] });
  const repository = join(place.folder, 'repository');
  await cp(fixtureFolder('ol9'), repository, { recursive: true });
  const repomd = join(repository, 'repodata/repomd.xml');
  const message = await createMessage({ binary: await readFile(repomd) });
  await writeFile(`${repomd}.asc`, await sign({ message, signingKeys, detached: true }));
  await writeFile(join(place.folder, 'vendor.asc'), made.publicKey);
  await writeFile(join(place.folder, 'stranger.asc'), stranger.publicKey);
  await place.write(`sources:
  - label: known
    upstream: file:repository/
    gpg_keys: [ { key: vendor.asc, fingerprint: ${fingerprint.toUpperCase()} } ]
    verify: { repomd: required }
  - label: unknown
    upstream: file:repository/
    gpg_keys: [ stranger.asc ]
`);
  expect((await place.run('sync', '--all')).code).toBe(0);
  const known = (await place.run('source', 'show', 'known')).stdout;
  expect(known).toMatch(new RegExp(`signature +required, found verified by ${fingerprint}\\n`));
  expect(known).toMatch(new RegExp(`fingerprint +${fingerprint}\\n`));
  expect(known).toMatch(/rpms checked +digest\n/);
  const id = fingerprint.slice(-16);
  expect((await place.run('source', 'show', 'unknown')).stdout).toMatch(
    new RegExp(
      `signature +optional, found unverified: it is by key ${id}, which is none of gpg_keys\\n`,
    ),
  );
  const { value } = await place.json('source', 'show', 'unknown');
  expect(value).toMatchObject({
    trust: { result: 'unverified', problem: 'unknown_key', keyId: id },
    keys: [{ from: join(place.folder, 'stranger.asc') }],
  });
});
