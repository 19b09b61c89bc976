import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** `scrypt$<log2 of N>$<r>$<p>$<salt>$<hash>`, the last two as base64. `cost` is log2 of N. */
export async function hashPassword(password: string, cost: number): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, { cost: 2 ** cost, blockSize: 8, parallelization: 1 });
  return `scrypt$${cost}$8$1$${salt.toString('base64')}$${hash.toString('base64')}`;
}

export async function isPassword(password: string, stored: string): Promise<boolean> {
  const [, cost, blockSize, parallelization, salt, hash] = stored.split('$');
  const options = {
    cost: 2 ** Number(cost),
    blockSize: Number(blockSize),
    parallelization: Number(parallelization),
  };
  const derived = await derive(password, Buffer.from(salt ?? '', 'base64'), options);
  const expected = Buffer.from(hash ?? '', 'base64');
  return expected.length === derived.length && timingSafeEqual(expected, derived);
}

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  const { cost = 0, blockSize = 0 } = options;
  return new Promise((resolve, reject) => {
    // What it needs is 128 bytes times cost times block size.
    scrypt(
      password.normalize('NFC'),
      salt,
      32,
      { ...options, maxmem: 256 * cost * blockSize },
      (error, key) => (error ? reject(error) : resolve(key)),
    );
  });
}
