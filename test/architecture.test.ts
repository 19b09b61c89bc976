import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from './support/tools.ts';

/** Which rooms a room may import besides itself. Rooms that are not built yet keep their place. */
const allowed: Record<string, readonly string[]> = {
  base: [],
  repodata: ['base'],
  store: ['base', 'repodata'],
  mirror: ['base', 'repodata', 'store'],
  channels: ['base', 'repodata', 'store'],
  identity: ['base', 'store'],
  fleet: ['base', 'repodata', 'store', 'identity'],
  updates: ['base', 'repodata', 'store', 'channels'],
  jobs: ['base', 'store'],
  notify: ['base', 'store'],
  server: ['base', 'store', 'channels', 'identity', 'fleet', 'updates', 'jobs', 'notify'],
};

/** The wiring may import everything, and nobody imports it: cli/ and the files directly below src/. */
const wiring = 'wiring';
const src = join(projectRoot, 'src');

function roomOf(file: string): string {
  const [first, second] = relative(src, file).split('/');
  return second === undefined || first === 'cli' ? wiring : first!;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sourceFiles(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

/** The specifiers of every import, export-from, dynamic import and `new URL(…, import.meta.url)` of a file. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const patterns = [
    /\bfrom\s+'([^']+)'/g,
    /\bimport\(\s*'([^']+)'/g,
    /^import\s+'([^']+)'/gm,
    /new URL\(\s*'([^']+\.ts)'/g,
  ];
  return patterns.flatMap((p) => [...text.matchAll(p)].map(([, specifier]) => specifier!));
}

const files = sourceFiles(src);

it('has only rooms that the table knows', () => {
  const rooms = new Set(files.map(roomOf).filter((room) => room !== wiring));
  for (const room of rooms) expect(Object.keys(allowed)).toContain(room);
  expect(rooms.size).toBeGreaterThan(5);
});

it.each(files.map((f) => [relative(projectRoot, f), f]))(
  '%s imports only what its room may',
  (_, file) => {
    const room = roomOf(file);
    if (room === wiring) return;
    for (const specifier of importsOf(file).filter(
      (s) => s.startsWith('.') || s.endsWith('worker.ts'),
    )) {
      const target = roomOf(resolve(dirname(file), specifier));
      if (target === room) continue;
      expect(allowed[room], `${relative(projectRoot, file)} imports ${specifier}`).toContain(
        target,
      );
    }
  },
);

it('opens databases only in store/', () => {
  const openers = files.filter((f) => importsOf(f).includes('better-sqlite3'));
  expect(new Set(openers.map(roomOf))).toEqual(new Set(['store']));
});

it('talks outward only from mirror/ and notify/', () => {
  const talkers = files.filter((f) => importsOf(f).includes('got'));
  expect(new Set(talkers.map(roomOf))).toEqual(new Set(['mirror', 'notify']));
});

it('judges signatures in mirror/, and makes them in channels/', () => {
  const rooms = files.filter((f) => importsOf(f).includes('openpgp')).map(roomOf);
  expect(new Set(rooms)).toEqual(new Set(['mirror', 'channels']));
});
