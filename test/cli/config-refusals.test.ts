import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { loadConfig } from '../../src/cli/config.ts';
import { temporaryFolder } from './folder.ts';
import { written } from './written.ts';

function refusal(config: string, env: NodeJS.ProcessEnv = {}, listen?: string): AppError {
  try {
    loadConfig({ config, listen }, env);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** What is wrong, the file, the line, and parts of the message. */
const broken: [string, string, number, string[]][] = [
  [
    'an unknown key',
    'data: ./data\nlissen: 127.0.0.1:80\n',
    2,
    ['lissen: found the key "lissen"', 'allowed are listen, public_url, data'],
  ],
  ['a wrong type', 'data: ./data\n\nlisten: 8080\n', 3, ['listen: found 8080', 'string']],
  [
    'an address without a port',
    'listen: localhost\n',
    1,
    ['listen: found "localhost"', 'host:port'],
  ],
  [
    'a port that is too high',
    '# hi\nlisten: 127.0.0.1:70000\n',
    2,
    ['listen: found "127.0.0.1:70000"', 'host:port'],
  ],
  [
    'a public address without a scheme',
    'public_url: yum.example.test\n',
    1,
    ['public_url: found "yum.example.test"', 'http://'],
  ],
  [
    'a wrong enum',
    'data: x\nlog_level: loud\n',
    2,
    ['log_level: found "loud"', 'debug, info, warn, error'],
  ],
  [
    'a private key in place of its file',
    'signing:\n  key: "-----BEGIN PGP PRIVATE KEY BLOCK----- abc"\n',
    2,
    ['signing.key: found a string', 'the path of a file, not what it holds'],
  ],
  [
    'a private key of TLS in place of its file',
    'tls:\n  certificate: a.pem\n  key: "-----BEGIN PRIVATE KEY----- abc"\n',
    3,
    ['tls.key: found a string', 'the path of a file, not what it holds'],
  ],
  [
    'a certificate without its key',
    'data: x\ntls:\n  certificate: a.pem\n',
    2,
    ['tls: found a object', 'certificate and key together'],
  ],
  [
    'a label that the server needs',
    'sources:\n  - label: headwater\n    upstream: https://host/\n',
    2,
    ['sources.0.label: found "headwater"', '/keys/headwater.asc'],
  ],
  ['a wrong size', 'min_free: lots\n', 1, ['min_free: found "lots"', '500MB']],
  [
    'a proxy that is no address',
    'trusted_proxies:\n  - 10.0.0.0/8\n  - proxy.example.test\n',
    3,
    ['trusted_proxies.1: found "proxy.example.test"', 'address'],
  ],
  [
    'a nested unknown key',
    'channels:\n  access: open\n  grase: 2d\n',
    3,
    ['channels.grase: found the key "grase"', 'allowed are access, grace'],
  ],
  [
    'a nested wrong enum',
    'channels:\n  access: secret\n',
    2,
    ['channels.access: found "secret"', 'open'],
  ],
  [
    'a bad duration',
    'channels:\n\n  grace: 2 moons\n',
    3,
    ['channels.grace: found "2 moons"', '90s, 30m, 6h or 2d'],
  ],
  ...(['0', '0s', '1 moon'] as const).flatMap((none): typeof broken => [
    [
      `a grace of ${none}`,
      `channels:\n  grace: ${none}\n`,
      2,
      ['channels.grace: found', 'allowed is a duration such as 90s,', 'more than nothing'],
    ],
    [
      `a margin of ${none}`,
      `space:\n  margin: ${none}\n`,
      2,
      ['space.margin: found', 'allowed is a duration such as 90s,', 'more than nothing'],
    ],
    [
      `revisions that are kept for ${none}`,
      `sources:\n  - label: a\n    upstream: file:a\n    keep_revisions: ${none}\n`,
      4,
      ['keep_revisions: found', 'allowed is a duration such as 90s,', 'more than nothing'],
    ],
    [
      `room for packages of ${none}`,
      `space:\n  packages_at_most: ${none}\n`,
      2,
      ['packages_at_most: found', 'allowed is a size such as 200GB', 'more than nothing'],
    ],
  ]),
  ...['""', '0', '-1', '1.5', '[]'].map((none): (typeof broken)[number] => [
    `a stage at ${none}`,
    `sources:\n  - label: a\n    follows: b\n    at: ${none}\n`,
    4,
    ['sources.0.at: found', 'allowed is a revision such as 12, the name of a snapshot, or a time'],
  ]),
  [
    'a list where there is a map',
    'channels:\n  - open\n',
    1,
    ['channels: found ["open"]', 'allowed is an object'],
  ],
  [
    'a map where there is a list',
    'sources:\n  label: a\n',
    1,
    ['sources: found {"label":"a"}', 'allowed is an array'],
  ],
  [
    'a source without a label',
    'sources:\n  - label: a\n    upstream: file:a\n  - upstream: file:b\n',
    4,
    ['sources.1.label: found nothing', 'string'],
  ],
  [
    'an unknown key of a source',
    'sources:\n  - label: a\n    upstream: file:a\n    colour: blue\n',
    4,
    ['sources.0.colour: found the key "colour"', 'label, name, arch'],
  ],
  [
    'a wrong enum of a source',
    'sources:\n  - label: a\n    upstream: file:a\n    packages: later\n',
    4,
    ['sources.0.packages: found "later"', 'on_demand, immediate, none'],
  ],
  [
    'a wrong enum two levels down',
    'sources:\n  - label: a\n    upstream: file:a\n    verify:\n      repomd: maybe\n',
    5,
    ['sources.0.verify.repomd: found "maybe"', 'required, optional, off'],
  ],
  [
    'an unknown key two levels down',
    'sources:\n  - label: a\n    upstream: file:a\n    sync:\n      evry: 6h\n',
    5,
    ['sources.0.sync.evry: found the key "evry"', 'every, cron, jitter'],
  ],
  [
    'a bad cron pattern',
    'sources:\n  - label: a\n    upstream: file:a\n    sync:\n      cron: every night\n',
    5,
    ['sources.0.sync.cron: found "every night"', 'cron pattern such as "17 3 * * *"'],
  ],
  [
    'both interval and pattern',
    'sources:\n  - label: a\n    upstream: file:a\n    sync: { every: 6h, cron: "1 1 * * *" }\n',
    4,
    ['sources.0.sync:', 'either every or cron'],
  ],
  [
    'two upstreams',
    'sources:\n  - label: b\n    upstream: file:b\n  - label: a\n    upstream: file:a\n    metalink: https://h/\n',
    4,
    ['sources.1:', 'exactly one of upstream, mirrorlist, metalink, from and follows'],
  ],
  [
    'no upstream',
    'sources:\n  - label: a\n',
    2,
    ['sources.0:', 'exactly one of upstream, mirrorlist, metalink, from and follows'],
  ],
  [
    'an upstream of another scheme',
    'sources:\n  - label: a\n    upstream: ftp://host/\n',
    3,
    ['sources.0.upstream: found "ftp://host/"', 'https://, http:// or file:'],
  ],
  [
    'one bad upstream of several',
    'sources:\n  - label: a\n    upstream:\n      - https://host/\n      - host\n',
    5,
    ['sources.0.upstream.1: found "host"', 'https://, http:// or file:'],
  ],
  [
    'a label that ends in .repo',
    'sources:\n  - upstream: file:a\n    label: a.repo\n',
    3,
    ['sources.0.label: found "a.repo"', 'does not end in .repo'],
  ],
  [
    'a label with a slash',
    'sources:\n  - upstream: file:a\n    label: a/b\n',
    3,
    ['sources.0.label: found "a/b"', 'letters, digits and _ . : -'],
  ],
  [
    'the same label twice',
    'sources:\n  - label: a\n    upstream: file:a\n  - label: b\n    upstream: file:b\n  - label: a\n    upstream: file:c\n',
    6,
    ['sources.2.label: found "a"', 'each label once'],
  ],
  [
    'a list of nothing',
    'sources:\n  - label: v\n    from: []\n',
    3,
    ['sources.0.from: found [], allowed is a list of one or more'],
  ],
  [
    'a parent twice',
    'sources:\n  - label: v\n    from:\n      - za\n      - { source: za, priority: 1 }\n',
    5,
    ['sources.0.from.1: found {"source":"za"', 'each source once, and za is there twice'],
  ],
  [
    'what is no module',
    "sources:\n  - label: v\n    from: [za]\n    filters:\n      - modules: { exclude: ['a:b:c'] }\n",
    5,
    ['sources.0.filters.0.modules.exclude.0: found "a:b:c"', 'name or name:stream'],
  ],
  [
    'a rule with a blank',
    'sources:\n  - label: v\n    from: [za]\n    filters:\n      - advisories: { include: [{ type: a b }] }\n',
    5,
    ['include.0.type: found "a b"', 'a pattern without blanks'],
  ],
  [
    'a required signature without keys',
    'sources:\n  - label: a\n    upstream: file:a\n    verify: { repomd: required }\n',
    2,
    ['sources.0:', 'needs gpg_keys'],
  ],
  ['broken YAML', 'data: ./data\nsources: [\n  - a\n', 3, ['not YAML']],
  ['a tab where YAML has none', 'channels:\n\tgrace: 2d\n', 2, ['not YAML']],
  ['a key twice', 'data: a\nlisten: 127.0.0.1:1\ndata: b\n', 3, ['not YAML', 'unique']],
  ['a sentence', 'hello world\n', 1, ['the file: found "hello world"', 'object']],
];

describe('A configuration file is refused, with the line,', () => {
  it.each(broken)('for %s', async (_, text, line, parts) => {
    const { file } = await written(text);
    const { kind, message } = refusal(file);
    expect(kind).toBe('config');
    expect(message.split('\n')[0]!.startsWith(`${file}:${line}: `), message).toBe(true);
    for (const part of parts) expect(message).toContain(part);
  });
});

it('Every problem of a file is told, each on a line of its own', async () => {
  const { file } = await written(
    'listen: 1\nlog_level: loud\nsources:\n  - label: a b\n    upstream: x\n',
  );
  const lines = refusal(file).message.split('\n');
  expect(
    lines.map((l) =>
      l
        .slice(file.length + 1)
        .split(':')
        .slice(0, 2)
        .join(':'),
    ),
  ).toEqual(['1: listen', '2: log_level', '4: sources.0.label', '5: sources.0.upstream']);
});

it('What is found is told without credentials', async () => {
  const { file } = await written(`
sources:
  - label: a
    upstream: htp://user:secret@host/
  - label: b
    mirrorlist: https://user:sec/secret@host/list?token=secret
  - label: c
    upstream: file:c
    auth: user:secret
  - label: d
    upstream: file:c
    auth: { username: user, password: secret }
`);
  const { message } = refusal(file);
  expect(message.split('\n').length).toBeGreaterThanOrEqual(4);
  expect(message).not.toContain('secret@');
  expect(message).not.toContain('secret"');
  expect(message).not.toContain('=secret');
  expect(message).toContain('allowed are username, password_file');
});

it('A file that is not there, or is none, is refused with its name', async () => {
  const folder = await temporaryFolder();
  const missing = refusal(`${folder}/none.yaml`);
  expect(missing.kind).toBe('config');
  expect(missing.message).toBe(`the configuration file ${folder}/none.yaml does not exist`);
  expect(missing.hint).toContain('--config');
  expect(refusal(folder).message).toContain(`the configuration file ${folder} cannot be read`);
});

it('An alias without an anchor is refused', async () => {
  const { file } = await written('data: *nowhere\n');
  expect(refusal(file).message).toMatch(/not YAML/);
});

it.each(['localhost', '127.0.0.1:70000', ':8080', 'a b:80', '127.0.0.1:'])(
  'The address %j is refused, from the environment and from the command line',
  async (listen) => {
    const { file } = await written('');
    for (const error of [refusal(file, { HEADWATER_LISTEN: listen }), refusal(file, {}, listen)]) {
      expect(error.kind).toBe('config');
      expect(error.message).toContain(`found ${JSON.stringify(listen)}, allowed is host:port`);
    }
  },
);
