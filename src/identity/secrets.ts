import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A secret that nobody guesses: 32 random bytes, as hexadecimal digits, which pass through every client and file. */
export const newSecret = (): string => randomBytes(32).toString('hex');

/** What is kept of a secret. */
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Whether a secret is the one of which only the hash was kept. */
export const isSecret = (secret: string, hash: Buffer | null): boolean =>
  hash !== null && hash.length === 32 && timingSafeEqual(hashOf(secret), hash);
