import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { createDatabases, type DatabaseSource } from '../../../src/channels/sqlite/databases.ts';
import { openDocument } from '../../../src/repodata/codec.ts';
import { fixtureFolder, temporaryFolder } from '../../cli/folder.ts';
import { corpus, hasCreaterepo } from '../../support/tools.ts';

const run = promisify(execFile);
const kinds = ['primary', 'filelists', 'other'] as const;
type Kind = (typeof kinds)[number];

/** A document's packages, in order. */
async function* packagesIn(xml: Buffer): AsyncGenerator<{ pkgid: string; bytes: Buffer }> {
  for (let at = 0; ; ) {
    const start = xml.indexOf('<package ', at);
    if (start < 0) return;
    at = xml.indexOf('</package>', start) + '</package>'.length;
    // The databases read it from the bytes.
    yield { pkgid: '', bytes: xml.subarray(start, at) };
  }
}

/** The three documents of a repository, open, and the checksum that repomd.xml has for each. */
async function documentsOf(repository: string) {
  const repomd = await readFile(join(repository, 'repodata/repomd.xml'), 'utf8');
  const sources = {} as Record<Kind, DatabaseSource>;
  for (const kind of kinds) {
    const entry = new RegExp(`<data type="${kind}">.*?</data>`, 's').exec(repomd)?.[0];
    if (!entry) {
      sources[kind] = { packages: packagesIn(Buffer.alloc(0)), checksum: '' };
      continue;
    }
    const file = join(repository, /href="([^"]+)"/.exec(entry)![1]!);
    const chunks: Buffer[] = [];
    const limits = { bytes: 2 ** 31, ratio: 1000 };
    for await (const chunk of openDocument(createReadStream(file), kind, limits))
      chunks.push(Buffer.from(chunk));
    const checksum = /<checksum[^>]*>([^<]+)</.exec(entry)![1]!;
    sources[kind] = { packages: packagesIn(Buffer.concat(chunks)), checksum };
  }
  return sources;
}

async function made(sources: Record<Kind, DatabaseSource>, folder: string) {
  const databases = createDatabases();
  onTestFinished(() => databases.close());
  await mkdir(folder, { recursive: true });
  const list = await databases.make(sources, folder);
  for (const one of list) {
    const bytes = await readFile(one.file);
    const open = gunzipSync(bytes);
    expect(one).toMatchObject({
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      openSize: open.length,
      openSha256: createHash('sha256').update(open).digest('hex'),
      databaseVersion: 10,
    });
    await writeFile(one.file.replace(/\.gz$/, ''), open);
  }
  expect(list.map((d) => d.type)).toEqual(['primary_db', 'filelists_db', 'other_db']);
  // Nothing but what was asked for.
  expect((await readdir(folder)).sort()).toEqual(
    kinds.flatMap((k) => [`${k}.sqlite`, `${k}.sqlite.gz`]).sort(),
  );
  return list;
}

/** Every table's rows with the pkgid in place of its key, and the schema but for blanks, in an order of their own. */
function contentOf(file: string): Record<string, unknown[]> {
  const db = new Database(file, { readonly: true });
  try {
    const master = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_master').all() as {
      type: string;
      name: string;
      sql: string;
    }[];
    const content: Record<string, unknown[]> = {
      schema: master
        .map(({ sql, ...m }) =>
          JSON.stringify({ ...m, sql: sql.toLowerCase().replaceAll(/\s+/g, '') }),
        )
        .sort(),
    };
    for (const { name } of master.filter((m) => m.type === 'table')) {
      const columns = db.pragma(`table_info(${name})`) as { name: string }[];
      const keyed = columns.some((c) => c.name === 'pkgKey') && name !== 'packages';
      const from = keyed ? `${name} LEFT JOIN packages USING (pkgKey)` : name;
      const listed = columns
        .map((c) => (c.name === 'pkgKey' ? (keyed ? 'pkgId' : 'pkgKey') : `${name}.${c.name}`))
        .join(', ');
      content[name] = (db.prepare(`SELECT ${listed} FROM ${from}`).raw().all() as unknown[][])
        .map((row) => JSON.stringify(row))
        .sort();
    }
    return content;
  } finally {
    db.close();
  }
}

async function compare(repository: string): Promise<void> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'theirs'));
  await cp(join(repository, 'repodata'), join(folder, 'theirs/repodata'), { recursive: true });
  await run('sqliterepo_c', [
    '--quiet',
    '--force',
    '--compress-type',
    'gz',
    join(folder, 'theirs'),
  ]);
  const sources = await documentsOf(repository);
  const list = await made(sources, join(folder, 'ours'));
  const names = await readdir(join(folder, 'theirs/repodata'));
  for (const kind of kinds) {
    const packed = names.find((n) => n.endsWith(`${kind}.sqlite.gz`));
    // One of the corpus's repositories has no filelists.
    if (!packed || !sources[kind].checksum) continue;
    const theirs = join(folder, `${kind}.sqlite`);
    await writeFile(theirs, gunzipSync(await readFile(join(folder, 'theirs/repodata', packed))));
    const [expected, found] = [
      contentOf(theirs),
      contentOf(join(folder, 'ours', `${kind}.sqlite`)),
    ];
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    for (const table of Object.keys(expected)) {
      expect(differences(found[table]!, expected[table]!), `${kind}.${table}`).toEqual([]);
    }
    expect(list.find((d) => d.type === `${kind}_db`)).toMatchObject({
      skipped: 0,
      packages: found.packages!.length,
    });
  }
}

/** The first lines that only one has. */
function differences(ours: unknown[], theirs: unknown[]): unknown[] {
  const [a, b] = [new Set(ours), new Set(theirs)];
  return [
    ...ours
      .filter((l) => !b.has(l))
      .slice(0, 3)
      .map((l) => `ours: ${l}`),
    ...theirs
      .filter((l) => !a.has(l))
      .slice(0, 3)
      .map((l) => `theirs: ${l}`),
    ...(ours.length === theirs.length ? [] : [`${ours.length} and ${theirs.length} rows`]),
  ];
}

it.skipIf(!hasCreaterepo).each(['ol7', 'ol8'] as const)(
  'The databases of %s say what sqliterepo_c makes of the same documents',
  (name) => compare(fixtureFolder(name)),
);

it
  .skipIf(!hasCreaterepo || !corpus)
  .each([
    'Katello__katello__zoo',
    'createrepo_c__tests__repo_with_additional_metadata',
    'createrepo_c__tests__repo_with_duplicate_packages',
    'ludovic-gasc__ibmi-rpm-packages__7.6',
    'pulp-fixtures__rpm-modular',
    'pulp-fixtures__rpm-with-sha-512',
    'derived__epel8-2025-03-11',
  ])(
  'The databases of %s say what sqliterepo_c makes of the same documents',
  (name) => compare(join(corpus!, 'repos', name)),
  120_000,
);

const odd = [
  `<package type="rpm"><name>a</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/><checksum type="sha256" pkgid="YES">aa</checksum><summary/><description/><packager/><url/><time file="1" build="2"/><size package="3" installed="4" archive="5"/><location xml:base="http://h/" href="packages/aa/a.rpm"/><format><rpm:license/><rpm:vendor/><rpm:group/><rpm:buildhost/><rpm:sourcerpm/><rpm:header-range start="6" end="7"/><rpm:requires><rpm:entry name="/bin/sh" pre="1"/><rpm:entry name="b &gt; ä" flags="GE" epoch="0" ver="1"/></rpm:requires><file type="dir">/etc</file><file type="ghost">/etc/a &amp; b</file></format></package>`,
  '<package type="rpm"><name>without a checksum</name></package>',
  '<package type="rpm"><name>broken</package>',
].map((text) => Buffer.from(text));

async function* each(list: Buffer[]) {
  for (const bytes of list) yield { pkgid: '', bytes };
}

it('What is empty is as yum expects it, and what cannot be read is left out and counted', async () => {
  const folder = join(await temporaryFolder(), 'ours');
  const head = '<package pkgid="aa" name="a" arch="noarch"><version epoch="0" ver="1" rel="1"/>';
  const files = ['/', '/etc', '/etc/a', '/etc/b/c', 'here'].map(
    (path, i) => `<file${i < 2 ? ' type="dir"' : ''}>${path}</file>`,
  );
  const list = await made(
    {
      primary: { packages: each(odd), checksum: 'p' },
      filelists: {
        packages: each([Buffer.from(`${head}${files.join('')}</package>`)]),
        checksum: 'f',
      },
      other: {
        packages: each([
          Buffer.from(`${head}<changelog author="A" date="9">- x</changelog></package>`),
        ]),
        checksum: 'o',
      },
    },
    folder,
  );
  expect(list.map(({ packages, skipped }) => [packages, skipped])).toEqual([
    [1, 2],
    [1, 0],
    [1, 0],
  ]);
  const primary = contentOf(join(folder, 'primary.sqlite'));
  expect(primary).toMatchObject({
    db_info: ['[10,"p"]'],
    packages: [
      '[1,"aa","a","noarch","1","0","1","","",null,1,2,"","","","","",6,7,null,3,4,5,"packages/aa/a.rpm","http://h/","sha256"]',
    ],
    files: ['["/etc","dir","aa"]', '["/etc/a & b","ghost","aa"]'],
    requires: [
      '["/bin/sh",null,null,null,null,"aa","TRUE"]',
      '["b > ä","GE","0","1",null,"aa","FALSE"]',
    ],
  });
  expect(contentOf(join(folder, 'filelists.sqlite')).filelist).toEqual([
    '["aa",".","here","f"]',
    '["aa","/","//etc","dd"]',
    '["aa","/etc","a","f"]',
    '["aa","/etc/b","c","f"]',
  ]);
  expect(contentOf(join(folder, 'other.sqlite')).changelog).toEqual(['["aa","A",9,"- x"]']);
});

it('Databases that are not wanted any more leave nothing behind, and the next are made', async () => {
  const databases = createDatabases();
  onTestFinished(() => databases.close());
  const folder = await temporaryFolder();
  const of = (list: Buffer[]) => ({ packages: each(list), checksum: 'c' });
  const sources = () => ({ primary: of(odd), filelists: of([]), other: of([]) });
  const cancelled = databases.make(sources(), folder, AbortSignal.abort());
  await expect(cancelled).rejects.toMatchObject({ kind: 'cancelled' });
  expect(await readdir(folder)).toEqual([]);
  expect(await databases.make(sources(), folder)).toHaveLength(3);
});
