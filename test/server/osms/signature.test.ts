import { createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fingerprintOf } from '../../../src/identity/api-keys.ts';
import { newKey, openDoor, signed, tenancy } from './signing.ts';

const url = '/20190801/softwareSources?limit=3';
const refused = (reason: string) => ({ status: 401, body: { reason } });
const asAda = { status: 200, body: { name: 'ada', by: 'signature' } };

it('A request that is signed as it must be is let in, with and without a body', async () => {
  const door = await openDoor();
  expect(await door.send('GET', url, { headers: signed(door, { url }) })).toMatchObject(asAda);
  for (const body of ['{"displayName":"größer"}', '']) {
    const headers = signed(door, { method: 'POST', url, body });
    const answer = await door.send('POST', url, { headers, body });
    expect(answer).toMatchObject({ status: 200, body: { name: 'ada', sent: body } });
  }
  const removal = signed(door, { method: 'DELETE', url });
  expect(await door.send('DELETE', url, { headers: removal })).toMatchObject(asAda);
});

it('Names of headers may be in any case, and in any order', async () => {
  const door = await openDoor();
  const body = '{}';
  const headers = signed(door, {
    ...{ method: 'PUT', url, body },
    covers: 'X-Content-SHA256 Content-Length HOST (Request-Target) Content-Type X-Date',
  });
  const sent = headers.map(([name, value]): [string, string] => [name.toUpperCase(), value]);
  expect(await door.send('PUT', url, { headers: sent, body })).toMatchObject(asAda);
});

it('The time may be in date, or in x-date, which goes before it', async () => {
  const door = await openDoor();
  const now = new Date().toUTCString();
  const old = new Date(Date.now() - 3_600_000).toUTCString();
  const send = (covers: string, headers: Record<string, string | undefined>) =>
    door.send('GET', url, { headers: signed(door, { url, covers, headers }) });
  const byDate = 'date (request-target) host';
  const byXDate = 'x-date (request-target) host';
  expect(await send(byDate, { 'x-date': undefined, date: now })).toMatchObject(asAda);
  expect(await send(byXDate, { 'x-date': now, date: old })).toMatchObject(asAda);
  expect(await send(byXDate, { 'x-date': old, date: now })).toMatchObject(refused('clock'));
  // Whoever replays it could add a fresh one that nobody signed.
  expect(await send(byDate, { 'x-date': now, date: old })).toMatchObject(refused('coverage'));
  expect(await send(byDate, { 'x-date': now, date: now })).toMatchObject(refused('coverage'));
});

it('A clock may be wrong by five minutes, either way', async () => {
  const door = await openDoor();
  const at = (seconds: number) => {
    const date = new Date(Date.now() + seconds * 1000).toUTCString();
    return door.send('GET', url, { headers: signed(door, { url, headers: { 'x-date': date } }) });
  };
  for (const seconds of [-295, -60, 60, 295]) expect(await at(seconds)).toMatchObject(asAda);
  for (const seconds of [-305, -86_400, 305, 86_400])
    expect(await at(seconds)).toMatchObject(refused('clock'));
});

it('What is no time with a zone is refused, though it be signed', async () => {
  const door = await openDoor();
  for (const date of ['soon', '1', 'NaN GMT', new Date().toUTCString().replace(' GMT', '')]) {
    const headers = signed(door, { url, headers: { 'x-date': date } });
    expect(await door.send('GET', url, { headers })).toMatchObject(refused('clock'));
  }
  const none = signed(door, {
    url,
    headers: { 'x-date': undefined },
    covers: '(request-target) host',
  });
  expect(await door.send('GET', url, { headers: none })).toMatchObject(refused('clock'));
});

it('A request that was tampered with is refused', async () => {
  const door = await openDoor();
  const body = '{"a":1}';
  const headers = signed(door, { method: 'POST', url, body });
  const swapped = (name: string, value: string) =>
    headers.map(([n, v]): [string, string] => [n, n === name ? value : v]);
  expect(await door.send('PUT', url, { headers, body })).toMatchObject(refused('key'));
  expect(await door.send('POST', `${url}0`, { headers, body })).toMatchObject(refused('key'));
  const type = swapped('content-type', 'text/plain');
  expect(await door.send('POST', url, { headers: type, body })).toMatchObject(refused('key'));
  const host = swapped('host', 'elsewhere.example');
  expect(await door.send('POST', url, { headers: host, body })).toMatchObject(refused('key'));
  const later = swapped('x-date', new Date(Date.now() + 2000).toUTCString());
  expect(await door.send('POST', url, { headers: later, body })).toMatchObject(refused('key'));
  expect(door.read()).toBe(0);
  expect(await door.send('POST', url, { headers, body: '{"a":2}' })).toMatchObject(refused('body'));
});

it('No change of a single character of a signed address goes through', async () => {
  const door = await openDoor();
  const own = '/20190801/softwareSources/abc/x?displayName=gtk+3&sortBy=%C3%BC{|}';
  const headers = signed(door, { url: own });
  expect(await door.send('GET', own, { headers })).toMatchObject(asAda);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(own.length - 1),
      fc.constantFrom(...'abz09+-%/?&=._~'),
      async (at, sign) => {
        const other = own.slice(0, at) + sign + own.slice(at + 1);
        fc.pre(other !== own && other.startsWith('/'));
        expect((await door.send('GET', other, { headers })).status).toBe(401);
      },
    ),
    { numRuns: 60 },
  );
});

it('A signature that covers less than it must is refused, and its body not read', async () => {
  const door = await openDoor();
  const body = '{"a":1}';
  const all = [
    'x-date',
    '(request-target)',
    'host',
    'content-length',
    'content-type',
    'x-content-sha256',
  ];
  for (const left of all) {
    const covers = all.filter((name) => name !== left).join(' ');
    const headers = signed(door, { method: 'POST', url, body, covers });
    expect(await door.send('POST', url, { headers, body })).toMatchObject(refused('coverage'));
  }
  const bare = signed(door, { method: 'POST', url });
  const sent = await door.send('POST', url, { headers: [...bare, ['content-length', '0']] });
  expect(sent).toMatchObject(refused('coverage'));
  expect(door.read()).toBe(0);
});

it('A body that nobody signed is not taken, whatever the method', async () => {
  const door = await openDoor();
  for (const method of ['GET', 'DELETE']) {
    const headers = signed(door, { method, url });
    const withLength = [...headers, ['content-length', '2']] as [string, string][];
    expect(await door.send(method, url, { headers: withLength, body: '{}' })).toMatchObject(
      refused('coverage'),
    );
    const chunked = [...headers, ['transfer-encoding', 'chunked']] as [string, string][];
    expect(await door.send(method, url, { headers: chunked, body: '{}' })).toMatchObject(
      refused('coverage'),
    );
  }
});

it('A digest that is not that of the body, or none, is refused though it be signed', async () => {
  const door = await openDoor();
  const body = '{"a":1}';
  const send = (headers: Record<string, string | undefined>, covers?: string) =>
    door.send('POST', url, {
      headers: signed(door, { method: 'POST', url, body, headers, ...(covers && { covers }) }),
      body,
    });
  expect(await send({ 'x-content-sha256': 'AAAA' })).toMatchObject(refused('body'));
  const empty = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
  expect(await send({ 'x-content-sha256': empty })).toMatchObject(refused('body'));
  expect(await send({ 'x-content-sha256': undefined })).toMatchObject(refused('coverage'));
});

it('Headers that came twice are refused', async () => {
  const door = await openDoor();
  const headers = signed(door, { url });
  const [, authorization] = headers.find(([name]) => name === 'authorization')!;
  const twice: [string, string][] = [
    ['X-Date', new Date().toUTCString()],
    ['Date', new Date().toUTCString()],
    ['Authorization', authorization],
  ];
  for (const [name, value] of twice) {
    const sent = [...headers, [name, value], [name, value]] as [string, string][];
    expect(await door.send('GET', url, { headers: sent })).toMatchObject(refused('coverage'));
  }
  const body = '{}';
  const posted = signed(door, { method: 'POST', url, body });
  for (const name of ['content-type', 'x-content-sha256']) {
    const sent = [...posted, [name, 'text/plain']] as [string, string][];
    expect(await door.send('POST', url, { headers: sent, body })).toMatchObject(
      refused('coverage'),
    );
  }
});

it('Other algorithms, versions and pseudo headers are refused', async () => {
  const door = await openDoor();
  const send = (about: Parameters<typeof signed>[1]) =>
    door.send('GET', url, { headers: signed(door, { url, ...about }) });
  for (const algorithm of [
    'hmac-sha256',
    'rsa-sha1',
    'rsa-sha512',
    'ed25519-sha512',
    'none',
    'rsa',
  ])
    expect(await send({ algorithm })).toMatchObject(refused('coverage'));
  expect(await send({ version: '2' })).toMatchObject(refused('coverage'));
  expect(await send({ version: '' })).toMatchObject(asAda);
  const usual = 'x-date (request-target) host';
  for (const more of [
    '(created)',
    '(expires)',
    '(keyid)',
    '(algorithm)',
    '(opaque)',
    'request-line',
  ])
    expect(await send({ covers: `${usual} ${more}` })).toMatchObject(refused('coverage'));
  for (const more of ['__proto__', 'constructor', 'hasownproperty', 'x-absent'])
    expect(await send({ covers: `${usual} ${more}` })).toMatchObject(refused('coverage'));
});

it('A wrong key, one of somebody else, and one that was removed are refused alike', async () => {
  const door = await openDoor();
  const send = (about: Parameters<typeof signed>[1]) =>
    door.send('GET', url, { headers: signed(door, { url, ...about }) });
  const other = newKey();
  const answers = [await send({ key: other.privateKey })];
  const [, user, fingerprint] = door.ada.keyId.split('/');
  for (const keyId of [
    `${tenancy}/${user}/${fingerprintOf(createPublicKey(other.privateKey))}`,
    `${tenancy}/${user}/`,
    `${tenancy}/${user}`,
    `${tenancy}/${user}x/${fingerprint}`,
    `${tenancy}x/${user}/${fingerprint}`,
    `${tenancy}/${user}/${fingerprint}/more`,
    `//${fingerprint}`,
    'x',
  ])
    answers.push(await send({ keyId }));
  expect(await send({})).toMatchObject(asAda);
  door.keys.clear();
  answers.push(await send({}));
  expect(new Set(answers.map((a) => JSON.stringify(a)))).toEqual(
    new Set([JSON.stringify(answers[0])]),
  );
  expect(answers[0]).toMatchObject(refused('key'));
});

it('No header of authorization, however it is written, does more than be refused', async () => {
  const door = await openDoor();
  const good = signed(door, { url }).find(([name]) => name === 'authorization')![1];
  const odd = [
    ...['Signature', 'Signature ', 'Signature keyId', 'Signature keyId="', 'Signature ,,,'],
    ...['Signature keyId=1,algorithm=2,headers=3,signature=4', 'Basic YTpi', 'Bearer', 'Bearer x'],
    ...[good.slice(0, -20), good.replace('Signature ', 'signature '), good.replaceAll('"', "'")],
    good.replace(/signature="[^"]*"/, 'signature=""'),
    good.replace(/headers="[^"]*"/, 'headers=""'),
    good.replace(/headers="[^"]*"/, `headers="${'host '.repeat(2000)}"`),
  ];
  const base = signed(door, { url }).filter(([name]) => name !== 'authorization');
  for (const authorization of odd) {
    const headers = [...base, ['authorization', authorization]] as [string, string][];
    const answer = await door.send('GET', url, { headers });
    expect(answer.status).toBe(401);
    expect(answer.body.reason).toMatch(/^(nothing|coverage|key|token)$/);
  }
  const header = fc.string({ maxLength: 60 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, ''));
  await fc.assert(
    fc.asyncProperty(header, fc.nat(good.length), async (text, at) => {
      const mixed = `${good.slice(0, at)}${text}${good.slice(at + text.length)}`.trim();
      fc.pre(mixed !== good && text.trim() !== '');
      const headers = [...base, ['authorization', mixed]] as [string, string][];
      const answer = await door.send('GET', url, { headers });
      // Some changes change nothing: base64 is forgiving.
      if (answer.status !== 200) expect(answer.status).toBe(401);
      else expect(answer.body.name).toBe('ada');
    }),
    { numRuns: 60 },
  );
});

it('The usual port may have been signed with the host, though clients do not send it', async () => {
  const door = await openDoor();
  const send = (host: string, asSigned: string) => {
    const headers = signed(door, { url, headers: { host: asSigned } });
    const sent = headers.map(([n, v]): [string, string] => [n, n === 'host' ? host : v]);
    return door.send('GET', url, { headers: sent });
  };
  for (const host of ['yum.example.test', '192.0.2.1', '[2001:db8::1]']) {
    expect(await send(host, `${host}:443`)).toMatchObject(asAda);
    expect(await send(host, `${host}:80`)).toMatchObject(asAda);
    expect(await send(host, `${host}:8443`)).toMatchObject(refused('key'));
    expect(await send(`${host}:8443`, host)).toMatchObject(refused('key'));
  }
});

it('Behind a proxy that is trusted, the host that the client asked for is what it signed', async () => {
  const headersOf = (door: { host: string }, host: string, signedHeaders: [string, string][]) =>
    signedHeaders
      .map(([name, value]): [string, string] => [name, name === 'host' ? door.host : value])
      .concat([
        ['x-forwarded-for', '192.0.2.9'],
        ['x-forwarded-host', host],
      ]);
  const trusting = await openDoor({ trusted: ['loopback'] });
  const host = 'api.example.test';
  const headers = headersOf(trusting, host, signed(trusting, { url, headers: { host } }));
  expect(await trusting.send('GET', url, { headers })).toMatchObject(asAda);
  const plain = await openDoor();
  const same = headersOf(plain, host, signed(plain, { url, headers: { host } }));
  expect(await plain.send('GET', url, { headers: same })).toMatchObject(refused('key'));
});
