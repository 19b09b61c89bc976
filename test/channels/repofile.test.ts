import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fillIn } from '../../src/base/fill-in.ts';
import type { Source, SourceDefinition } from '../../src/base/source.ts';
import { channelUrl, repoFile } from '../../src/channels/repofile.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { hasDnf } from '../support/tools.ts';

const source = (more: Partial<SourceDefinition> = {}) =>
  fillIn({ label: 'ol8', upstream: 'https://host/repo/', ...more }, '/etc', 'file');

const sources = new Map<string, Source>();
const at = (publicUrl: string) => ({ publicUrl, find: (label: string) => sources.get(label) });
const defined = (label: string, more: Partial<SourceDefinition>) => {
  const one = fillIn({ label, ...more }, '/etc', 'file');
  sources.set(label, one);
  return one;
};

/** Reads an INI file as strictly as any client: sections, keys once each, nothing else. */
function readIni(text: string): Record<string, Record<string, string>> {
  const sections: Record<string, Record<string, string>> = {};
  let section: Record<string, string> | undefined;
  for (const line of text.trimEnd().split('\n')) {
    const head = /^\[([^\]\s]+)\]$/.exec(line);
    const pair = /^([a-z_]+)=(.+)$/.exec(line);
    if (head) {
      section = {};
      sections[head[1]!] = section;
    } else if (pair && section && !Object.hasOwn(section, pair[1]!)) section[pair[1]!] = pair[2]!;
    else throw new Error(`this line is no INI: ${line}`);
  }
  return sections;
}

it('Without keys packages are not checked', () => {
  expect(readIni(repoFile(source({ name: 'Oracle Linux 8' }), at('http://server:8080')))).toEqual({
    ol8: {
      name: 'Oracle Linux 8',
      baseurl: 'http://server:8080/channels/ol8/',
      enabled: '1',
      gpgcheck: '0',
    },
  });
});

it('Keys are named where this server hands them out, wherever they came from', () => {
  for (const key of ['https://host/key-a', '/etc/pki/key', '-----BEGIN …']) {
    expect(
      readIni(repoFile(source({ gpg_keys: [key] }), at('http://server/hw/'))).ol8,
    ).toMatchObject({
      gpgcheck: '1',
      gpgkey: 'http://server/hw/keys/ol8.asc',
    });
  }
});

it('What this server makes is signed with its own key, and its packages by those of all that it draws from', () => {
  defined('signed', { upstream: 'https://host/a/', gpg_keys: ['https://host/key'] });
  defined('unsigned', { upstream: 'https://host/b/' });
  const ini = (label: string, more: Partial<SourceDefinition>) =>
    readIni(repoFile(defined(label, more), at('http://server')))[label];
  const own = 'http://server/keys/headwater.asc';
  expect(ini('view', { from: ['signed'] })).toMatchObject({
    gpgcheck: '1',
    repo_gpgcheck: '1',
    gpgkey: `http://server/keys/view.asc ${own}`,
  });
  expect(ini('stage', { follows: 'view' })).toMatchObject({
    gpgcheck: '1',
    gpgkey: `http://server/keys/stage.asc ${own}`,
  });
  expect(ini('mixed', { from: ['view', 'unsigned'] })).toMatchObject({
    gpgcheck: '0',
    repo_gpgcheck: '1',
    gpgkey: `http://server/keys/mixed.asc ${own}`,
  });
  expect(ini('bare', { from: ['unsigned'] })).toMatchObject({
    gpgcheck: '0',
    repo_gpgcheck: '1',
    gpgkey: own,
  });
  const rendered = { ...at('http://server'), rendered: true };
  expect(readIni(repoFile(sources.get('unsigned')!, rendered)).unsigned).toMatchObject({
    repo_gpgcheck: '1',
    gpgkey: own,
  });
});

it('An older revision that this server may come to sign has its keys in the file before', () => {
  const more = { gpg_keys: ['https://host/key'], verify: { repomd: 'required' as const } };
  const ini = (definition: Partial<SourceDefinition>, options: object) =>
    Object.values(
      readIni(repoFile(source(definition), { ...at('http://server'), ...options })),
    )[0]!;
  const both = 'http://server/keys/ol8.asc http://server/keys/headwater.asc';
  const drops = { ...more, keep_originals: 1 };
  expect(ini(drops, { spec: '12' })).toMatchObject({ gpgkey: both, repo_gpgcheck: '1' });
  expect(ini(drops, { spec: '12', rendered: true })).toMatchObject({
    ...{ gpgkey: both, repo_gpgcheck: '1' },
  });
  const bare = ini({ keep_originals: 1 }, { spec: '12' });
  expect(bare.gpgkey).toBe('http://server/keys/headwater.asc');
  expect(bare.repo_gpgcheck).toBeUndefined();
  // What is current keeps its documents, and so does all of a source that drops none.
  expect(ini(drops, {}).gpgkey).toBe('http://server/keys/ol8.asc');
  expect(ini(more, { spec: '12' }).gpgkey).toBe('http://server/keys/ol8.asc');
});

it('A view of itself ends somewhere', () => {
  defined('a', { from: ['b'] });
  defined('b', { from: ['a', 'gone'] });
  expect(repoFile(sources.get('a')!, at('http://server'))).toContain('gpgcheck=0');
});

it('Metadata signatures are asked for where the source requires them', () => {
  const gpg_keys = ['https://host/key'];
  const asked = (repomd: 'required' | 'optional' | 'off') =>
    readIni(repoFile(source({ gpg_keys, verify: { repomd } }), at('http://server'))).ol8!
      .repo_gpgcheck;
  expect(asked('required')).toBe('1');
  expect(asked('optional')).toBeUndefined();
  expect(asked('off')).toBeUndefined();
});

it('No credentials are handed to clients', () => {
  const text = repoFile(
    source({
      upstream: 'https://user:secret@host/repo/',
      gpg_keys: ['https://user:secret@host/key'],
    }),
    at('http://server'),
  );
  expect(text).not.toContain('secret');
});

it('A name cannot bring lines of its own', () => {
  const name = 'one\nbaseurl=http://elsewhere/\r\n[evil]\0\u001b[2J';
  const text = repoFile(source({ name }), at('http://server'));
  expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  const sections = readIni(text);
  expect(Object.keys(sections)).toEqual(['ol8']);
  expect(sections.ol8!.baseurl).toBe('http://server/channels/ol8/');
});

it('The channel lies below the public address, with or without a path', () => {
  expect(channelUrl('http://server', 'a:b')).toBe('http://server/channels/a:b/');
  expect(channelUrl('https://server/yum//', 'ol8')).toBe('https://server/yum/channels/ol8/');
});

it.skipIf(!hasDnf)('dnf accepts the file', async () => {
  const folder = await temporaryFolder();
  const repos = join(folder, 'repos');
  await mkdir(repos);
  await writeFile(join(folder, 'dnf.conf'), '[main]\n');
  const names = { ol8: 'Oracle Linux 8 (x86_64)', 'site:b.c-d_e': '100% [x] # ; = "ü" \n evil=1' };
  for (const [label, name] of Object.entries(names)) {
    const text = repoFile(
      source({ label, name, gpg_keys: ['https://host/key'] }),
      at('http://server'),
    );
    await writeFile(join(repos, `${label}.repo`), text);
  }
  const settings = [`reposdir=${repos}`, `cachedir=${folder}/cache`, `logdir=${folder}/log`];
  const { stdout, stderr } = spawnSync(
    'dnf',
    [
      '-q',
      `--config=${folder}/dnf.conf`,
      ...settings.map((s) => `--setopt=${s}`),
      '--noplugins',
      'repolist',
      '--all',
    ],
    { encoding: 'utf8', env: { ...process.env, HOME: folder, LC_ALL: 'C.UTF-8' } },
  );
  expect(stderr).not.toMatch(/warning|error|invalid/i);
  const rows = stdout
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s{2,}/));
  expect(rows.filter((r) => r.length > 1).map((r) => [r[0], r.at(-1)])).toEqual([
    ['ol8', 'enabled'],
    ['site:b.c-d_e', 'enabled'],
  ]);
});
