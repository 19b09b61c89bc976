import { generateKeyPairSync, sign } from 'node:crypto';
import { fingerprintOf } from '../../src/identity/api-keys.ts';
import { createOcids } from '../../src/identity/ocid.ts';
import { createAuthenticate } from '../../src/server/osms/authenticate.ts';

/** So many different requests are checked in turn. */
const requests = 200;

/** How many signed requests a second one thread tells who sent them: RSA of 2,048 bits, as SDKs sign. */
export async function verifications(milliseconds: number): Promise<number> {
  const ocids = createOcids(Buffer.alloc(16));
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const fingerprint = fingerprintOf(publicKey);
  const user = ocids.of('user', 1);
  const authenticate = createAuthenticate({
    ocids,
    users: { byOcid: (ocid) => (ocid === user ? 'bench' : undefined) },
    apiKeys: { find: (_, wanted) => (wanted === fingerprint ? publicKey : undefined) },
    tokens: { read: () => undefined },
    sessions: { read: () => undefined },
  });
  const host = '127.0.0.1:8080';
  const signed = Array.from({ length: requests }, (_, i) => {
    const url = `/20190801/softwareSources/softwarePackages?displayName=${i}&limit=1000`;
    const date = new Date().toUTCString();
    const text = `x-date: ${date}\n(request-target): get ${url}\nhost: ${host}`;
    const signature = sign('sha256', Buffer.from(text), privateKey).toString('base64');
    const keyId = `${ocids.of('tenancy', 1)}/${user}/${fingerprint}`;
    const authorization = `Signature version="1",keyId="${keyId}",algorithm="rsa-sha256",headers="x-date (request-target) host",signature="${signature}"`;
    const headers = { 'x-date': date, host, authorization };
    return {
      ...{ method: 'GET', url, headers, rawHeaders: Object.entries(headers).flat() },
      body: () => Promise.resolve(Buffer.alloc(0)),
      asker: { host } as Parameters<typeof authenticate>[0]['asker'],
    };
  });
  let count = 0;
  const started = performance.now();
  while (performance.now() - started < milliseconds) {
    const { name } = await authenticate(signed[count++ % requests]!);
    if (name !== 'bench') throw new Error(`signed by ${name}`);
  }
  return (count * 1000) / (performance.now() - started);
}
