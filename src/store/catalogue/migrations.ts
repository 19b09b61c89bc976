import { readFileSync } from 'node:fs';
import type { Migration } from '../sqlite.ts';

const files = [
  '001-packages.sql',
  '002-advisories.sql',
  '003-modules.sql',
  '004-pack-rows.sql',
  '005-digests.sql',
  '006-shipped-builds.sql',
];

/** The catalogue's schema, in order. */
export const catalogueMigrations: readonly Migration[] = files.map((name) => (db) => {
  db.exec(readFileSync(new URL(`schema/${name}`, import.meta.url), 'utf8'));
});
