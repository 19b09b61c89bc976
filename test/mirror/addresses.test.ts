import { expect, it } from 'vitest';
import {
  isPrivateAddress,
  namesPrivate,
  publicLookup,
  type Resolve,
} from '../../src/mirror/addresses.ts';

it.each([
  ['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.100.100.200', '100.127.255.255'],
  ['127.0.0.1', '127.255.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.192'],
  ['192.168.1.1', '198.18.0.1', '224.0.0.1', '239.1.1.1', '240.0.0.1', '255.255.255.255'],
  ['::', '::1', '::127.0.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1', 'fec0::1', 'ff02::1'],
  ['fc00::1', 'fd12:3456::1', '64:ff9b:1::1', '2001:0:1::1', '100::1'],
  ['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:a00:1', '64:ff9b::127.0.0.1'],
  ['64:ff9b::a9fe:a9fe', '2002:7f00:1::', '2002:c0a8:101::1'],
])('takes %s and the like for private', (...addresses) => {
  for (const address of addresses) expect(isPrivateAddress(address), address).toBe(true);
});

it.each([
  ['8.8.8.8', '1.1.1.1', '100.63.255.255', '100.128.0.0', '172.15.0.1', '172.32.0.1', '192.0.2.1'],
  ['2606:4700::1111', '2001:4860:4860::8888', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8'],
  ['2002:808:808::1', 'fb00::1'],
])('takes %s and the like for public', (...addresses) => {
  for (const address of addresses) expect(isPrivateAddress(address), address).toBe(false);
});

it('knows a private address in a URL in every notation', () => {
  for (const host of [
    ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.0.0.1.', '0'],
    ...['１２７.0.0.1', '127。0。0。1', '%31%32%37.0.0.1', '0xA9FEA9FE', '10.1'],
    ...['[::1]', '[::ffff:127.0.0.1]', '[0:0:0:0:0:0:0:1]', '[64:ff9b::10.0.0.1]', '[FD00::1]'],
    ...['localhost', 'LOCALHOST', 'localhost.', 'a.localhost'],
  ]) {
    expect(namesPrivate(new URL(`http://${host}:8080/x`)), host).toBe(true);
  }
  for (const host of [
    'example.com',
    '8.8.8.8',
    '134744072',
    '[2606:4700::1]',
    'localhost.example',
  ]) {
    expect(namesPrivate(new URL(`http://${host}/`)), host).toBe(false);
  }
});

/** A resolver that gives these answers in turn, and counts. */
function resolver(...answers: string[][]) {
  const asked: string[] = [];
  const resolve: Resolve = (name, _, done) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push(name);
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { asked, resolve };
}

const look = (resolve: Resolve, options: object) =>
  new Promise<unknown>((done, fail) =>
    publicLookup(resolve)('name.test', options, (error, address, family) =>
      error ? fail(error) : done(family === undefined ? address : [address, family]),
    ),
  );

it('gives a connection the addresses that it looked at, and asks once for them', async () => {
  const { asked, resolve } = resolver(['192.0.2.1', '2606:4700::1'], ['127.0.0.1']);
  expect(await look(resolve, { all: true })).toEqual([
    { address: '192.0.2.1', family: 4 },
    { address: '2606:4700::1', family: 6 },
  ]);
  expect(asked).toEqual(['name.test']);
  // The name's next answer counts for the next connection.
  await expect(look(resolve, { all: true })).rejects.toMatchObject({
    kind: 'refused',
    message: 'name.test (127.0.0.1) is a private or local address',
  });
  expect(await look(resolver(['192.0.2.7']).resolve, {})).toEqual(['192.0.2.7', 4]);
});

it('refuses a name of which one of several answers is private', async () => {
  for (const inside of ['10.0.0.1', '::ffff:127.0.0.1', 'fe80::1']) {
    for (const answer of [
      ['192.0.2.1', inside],
      [inside, '192.0.2.1'],
    ]) {
      for (const options of [{ all: true }, {}]) {
        await expect(look(resolver(answer).resolve, options)).rejects.toMatchObject({
          kind: 'refused',
          message: expect.stringContaining(inside),
        });
      }
    }
  }
});
