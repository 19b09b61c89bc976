import { get, type IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { arrival, type Breaking, type BreakingOptions, breaking, tagged } from './breaking.ts';
import { invented, startRepository } from './repository.ts';
import { expectTidy } from './served.ts';

const packages = [invented('brook', '1', 300_000), invented('weir', '1', 90_000)];
const mode = 'on_demand' as 'on_demand' | 'immediate';

/** A source whose upstream breaks off what the options say. */
async function broken(options: BreakingOptions = {}, policy = mode) {
  const { upstream } = await startRepository({ packages, advisories: ['A-1'] });
  const { sent, fault } = breaking(upstream, options);
  upstream.fault = fault;
  const test = await startApp([{ label: 'a', upstream: upstream.url, packages: policy }]);
  return { ...test, upstream, sent };
}

const settled = { 'last-modified': 'Tue, 14 Nov 2023 22:13:20 GMT' };

/** That each file went out once, in four parts. */
function expectNothingTwice(sent: Breaking['sent'], part: RegExp, files: number): void {
  const these = [...sent].filter(([path]) => part.test(path));
  expect(these).toHaveLength(files);
  for (const [path, { bytes, ranges, size }] of these) {
    expect({ path, bytes }).toEqual({ path, bytes: size });
    expect(ranges, path).toEqual([
      undefined,
      ...[1, 2, 3].map((n) => `bytes=${Math.ceil((size * n) / 4)}-`),
    ]);
  }
}

it.each([
  ['an ETag', tagged],
  ['a Last-Modified of long ago', () => settled],
])(
  'gets documents and immediate packages whole, nothing of them twice, from an upstream with %s that breaks each off three times',
  async (_, validators) => {
    const { sync, sent, config, url } = await broken({ validators }, 'immediate');
    expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 2, warnings: [] });
    expectNothingTwice(sent, /repodata/, 5);
    expectNothingTwice(sent, /rpm$/, 2);
    await expectTidy(config.data);
    const rpm = await fetch(`${url}/channels/a/${packages[0]!.href}`).then((r) => r.bytes());
    expect(packages[0]!.bytes.equals(rpm)).toBe(true);
  },
);

it('gives a client one stream of a package that is broken off three times while it reads', async () => {
  const { sync, sent, url, upstream } = await broken();
  await sync('a');
  const { bytes, href } = packages[0]!;
  const response = await new Promise<IncomingMessage>((resolve) =>
    get(`${url}/channels/a/${href}`, { agent: false }, resolve),
  );
  const received: Buffer[] = [];
  let during = 0;
  for await (const chunk of response) {
    received.push(chunk);
    during = Math.max(during, sent.get(`/${href}`)!.ranges.length);
    if (received.length === 1) expect(sent.get(`/${href}`)!.ranges).toHaveLength(1);
  }
  expect(during).toBe(4);
  expect(bytes.equals(Buffer.concat(received))).toBe(true);
  expectNothingTwice(sent, /brook.*rpm$/, 1);
  expect(upstream.requests.filter((r) => r.endsWith('rpm'))).toHaveLength(4);
});

it('passes over what it has where upstream gives no parts', async () => {
  const { sync, sent } = await broken({ parts: false }, 'immediate');
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 2 });
  for (const [path, { ranges }] of sent) expect(ranges, path).toHaveLength(4);
});

it('starts over where the file is another by now', async () => {
  const validators = (path: string, request: number) =>
    path.endsWith('rpm') ? { etag: `"${request < 2 ? 'old' : 'new'}"` } : tagged(path);
  const { sync, sent, url } = await broken({ validators }, 'immediate');
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 2, warnings: [] });
  const { size, ranges } = sent.get(`/${packages[0]!.href}`)!;
  const at = (n: number) => `bytes=${(size * n) / 4}-`;
  // The third answers with the new file from its start, which is not what was asked for.
  expect(ranges.slice(0, 4)).toEqual([undefined, at(1), at(2), undefined]);
  const rpm = await fetch(`${url}/channels/a/${packages[0]!.href}`).then((r) => r.bytes());
  expect(packages[0]!.bytes.equals(rpm)).toBe(true);
});

it.each<[string, () => Record<string, string>]>([
  ['a weak ETag', () => ({ etag: 'W/"x"', ...settled })],
  ['a Last-Modified of this moment', () => ({ 'last-modified': new Date().toUTCString() })],
  ['neither', () => ({})],
])('asks for no part of a file with %s', async (_, said) => {
  const validators = (path: string) => (path.endsWith('rpm') ? said() : tagged(path));
  const { sync, sent } = await broken({ validators, times: 1 }, 'immediate');
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 2 });
  expect(sent.get(`/${packages[0]!.href}`)!.ranges).toEqual([undefined, undefined]);
});

it('takes no part that it did not ask for', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const { href, bytes } = packages[0]!;
  const wrong = [
    `bytes 0-${bytes.length - 1}/${bytes.length}`,
    `bytes 100000-${bytes.length - 1}/*`,
    `bytes 100000-200000/${bytes.length}`,
    `bytes 100000-${bytes.length}/${bytes.length + 1}`,
    'none',
  ];
  for (const range of wrong) {
    const asked: (string | undefined)[] = [];
    upstream.fault = (request, response) => {
      if (!request.url!.endsWith(href)) return false;
      asked.push(request.headers.range);
      const head = { etag: '"x"', 'content-length': bytes.length };
      if (asked.length === 1) {
        response.writeHead(200, head).write(bytes.subarray(0, 100_000), () => {
          void arrival().then(() => response.destroy());
        });
      } else if (request.headers.range) {
        response.writeHead(206, { etag: '"x"', 'content-range': range }).end('xxxx');
      } else response.writeHead(200, head).end(bytes);
      return true;
    };
    const { sync } = await startApp([
      { label: 'a', upstream: upstream.url, packages: 'immediate' },
    ]);
    expect(await sync('a'), range).toMatchObject({ outcome: 'updated', warnings: [] });
    expect(asked).toEqual([undefined, 'bytes=100000-', undefined]);
  }
});

it('gives up after three tries in a row that bring nothing', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const { href, bytes } = packages[0]!;
  let asked = 0;
  upstream.fault = (request, response) => {
    if (!request.url!.endsWith(href)) return false;
    if (asked++ > 0) return !!request.socket.destroy();
    response.writeHead(200, { etag: '"x"', 'content-length': bytes.length });
    response.write(bytes.subarray(0, 1000), () => arrival().then(() => response.destroy()));
    return true;
  };
  const { sync, config } = await startApp([
    { label: 'a', upstream: upstream.url, packages: 'immediate' },
  ]);
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'unreachable' });
  expect(result.reason).toContain('1 packages could not be fetched');
  expect(asked).toBe(4);
  await expectTidy(config.data);
});
