import { createMessage, generateKey, type PrivateKey, readPrivateKey, sign } from 'openpgp';
import { expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { dearmor } from '../../../src/mirror/trust/armor.ts';
import { type Certificate, readCertificates } from '../../../src/mirror/trust/certificates.ts';
import { createJudge } from '../../../src/mirror/trust/verify.ts';
import { signVersion3 } from '../../support/version-3.ts';

const data = Buffer.from('what is signed');
const signed = async function* () {
  yield data;
};

async function make(type: 'rsa' | 'ecc'): Promise<{ key: PrivateKey; certificate: Buffer }> {
  const { privateKey, publicKey } = await generateKey({
    type,
    ...(type === 'rsa' && { rsaBits: 2048 }),
    userIDs: [{ name: 'V' }],
  });
  const key = await readPrivateKey({ armoredKey: privateKey });
  return { key, certificate: dearmor(Buffer.from(publicKey), 'PUBLIC KEY BLOCK') };
}

/** The same numbers each time. */
function createRandom(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

function mutated(bytes: Buffer, random: (below: number) => number): Buffer {
  const copy = Buffer.from(random(6) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes);
  // What says how things are to be read stands at the beginning.
  const reach = random(2) === 0 ? 24 : copy.length;
  for (let i = 0; i <= random(3) && copy.length > 0; i++) {
    copy[random(Math.min(reach, copy.length))] = random(256);
  }
  return copy;
}

const judgeBy = (signature: Buffer, certificates: Certificate[]) =>
  createJudge(signed, { certificates, when: 'now', allowSha1: true })(signature);

it('finds no changed signature good but where what was changed says nothing, and never breaks', async () => {
  const random = createRandom(11);
  for (const type of ['rsa', 'ecc'] as const) {
    const { key, certificate } = await make(type);
    const certificates = await readCertificates(certificate);
    const message = await createMessage({ binary: data });
    const made = await sign({ message, signingKeys: key, detached: true, format: 'binary' });
    const signatures: Buffer[] = [Buffer.from(made as Uint8Array)];
    if (type === 'rsa') signatures.push(signVersion3(key, data));
    for (const signature of signatures) {
      expect((await judgeBy(signature, certificates)).problem).toBeUndefined();
      let good = 0;
      for (let round = 0; round < 300; round++) {
        const verdict = await judgeBy(mutated(signature, random), certificates);
        if (!verdict.problem) good++;
        else expect(verdict.reason, `round ${round}`).not.toBe('');
      }
      // The packet's own head and unhashed parts may be written in more than one way.
      expect(good).toBeLessThan(60);
    }
  }
});

it('reads a key, or says that it is none, whatever bytes are changed, and judges by what it read', async () => {
  const random = createRandom(12);
  const { key, certificate } = await make('rsa');
  const signature = signVersion3(key, data);
  const problems = new Set<string>();
  for (let round = 0; round < 300; round++) {
    try {
      const certificates = await readCertificates(mutated(certificate, random));
      problems.add((await judgeBy(signature, certificates)).problem ?? 'good');
    } catch (error) {
      expect(error, `round ${round}`).toBeInstanceOf(AppError);
      problems.add('no key');
    }
  }
  expect(problems).toContain('no key');
  expect(problems).toContain('unknown_key');
});

it('takes no key id for every key', async () => {
  const { key, certificate } = await make('rsa');
  const certificates = await readCertificates(certificate);
  const signature = signVersion3(key, data);
  signature.fill(0, 3 + 7, 3 + 15);
  expect((await judgeBy(signature, certificates)).problem).toBe('unknown_key');
});
