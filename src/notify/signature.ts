import { createHmac } from 'node:crypto';

/**
 * What proves to a receiver who sent a body, and when: HMAC-SHA256, in hexadecimal digits, over the time in seconds since 1970, a
 * dot and the body. A receiver that looks at the time takes no old body twice.
 */
export function signatureOf(secret: Buffer, body: string, at: number): string {
  const time = Math.floor(at / 1000);
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`;
}
