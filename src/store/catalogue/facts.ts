import { statSync } from 'node:fs';
import { openForReading, type Sqlite } from '../sqlite.ts';
import { createAdvisoryFacts } from './facts-advisories.ts';
import { createDigestFacts } from './facts-digests.ts';
import { createListingFacts } from './facts-listing.ts';
import { createModuleFacts } from './facts-modules.ts';
import { createPackageFacts } from './facts-packages.ts';
import { createTreeRows } from './facts-rows.ts';
import { createAdvisoryTexts } from './facts-texts.ts';
import { usable } from './unusable.ts';

/** What the catalogue says of the rows of one revision or another. */
export interface Facts {
  trees: ReturnType<typeof createTreeRows>;
  packages: ReturnType<typeof createPackageFacts>;
  advisories: ReturnType<typeof createAdvisoryFacts>;
  modules: ReturnType<typeof createModuleFacts>;
  digests: ReturnType<typeof createDigestFacts>;
  listing: ReturnType<typeof createListingFacts>;
  texts: ReturnType<typeof createAdvisoryTexts>;
}

export interface LentFacts {
  facts: Facts;
  /** Which catalogue they are of: rows of one mean nothing in another. */
  identity: string;
  close(): void;
}

interface Connection {
  /** Which file it is: another one may take its place, in which the same packages have other rows. */
  file: string;
  db: Sqlite;
  users: number;
  /** SQLite's number of the database's state, and what was read in that. */
  version: number;
  facts: Facts;
}

/**
 * Reads the catalogue, in any thread, on a connection of its own that is opened when it is needed. What was read is kept until the
 * database changes: a row that is deleted may give its number to another.
 */
export function createFactsReader(path: string) {
  let current: Connection | undefined;

  function connect(): Connection {
    const { dev, ino } = statSync(path);
    const file = `${dev}:${ino}`;
    if (current?.file !== file) {
      if (current?.users === 0) current.db.close();
      const db = openForReading(path);
      current = { file, db, users: 0, version: versionOf(db), facts: factsOf(db) };
    }
    const version = versionOf(current.db);
    if (version !== current.version) {
      current.version = version;
      current.facts = factsOf(current.db);
    }
    return current;
  }

  /** All of it comes from one catalogue, whatever takes its place before `close`. Throws AppError 'invalid' where it is gone. */
  function lend(): LentFacts {
    const connection = usable(connect);
    connection.users++;
    let closed = false;
    return {
      facts: connection.facts,
      identity: connection.file,
      close() {
        if (closed) return;
        closed = true;
        connection.users--;
        if (connection.users === 0 && connection !== current) connection.db.close();
      },
    };
  }

  return {
    lend,

    close(): void {
      const last = current;
      current = undefined;
      if (last?.users === 0) last.db.close();
    },
  };
}

const versionOf = (db: Sqlite) => db.pragma('data_version', { simple: true }) as number;

function factsOf(db: Sqlite): Facts {
  return {
    trees: createTreeRows(db),
    packages: createPackageFacts(db),
    advisories: createAdvisoryFacts(db),
    modules: createModuleFacts(db),
    digests: createDigestFacts(db),
    listing: createListingFacts(db),
    texts: createAdvisoryTexts(db),
  };
}
