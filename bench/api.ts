/**
 * npm run bench:api -- REPOSITORY... [--data FOLDER] [--seconds 2]
 *
 * What operations of the OS Management API take, in process: from the question to the JSON of the answer. The repositories are
 * mirrored into a data folder of its own, or sources that `--data` has are taken, with nothing else using that. All packages of
 * the first source are listed in pages of 1,000 in each order, and all sources are searched by parts of names. For each of these it
 * prints the first answer, which reads what later ones know, the median, the 99th percentile and the most in milliseconds, and for
 * how long the thread that answers everybody was held at most. Then how many signatures of requests are checked a second.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { serveFolder } from '../test/support/folder-server.ts';
import { createCalls } from './api/calls.ts';
import { verifications } from './api/signatures.ts';
import { createSourceLists } from './api/sources.ts';
import { heading, timed } from './api/timed.ts';
import { measure } from './measure.ts';
import { headwater } from './server.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' }, seconds: { type: 'string', default: '2' } },
});
const work = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
const milliseconds = Number(values.seconds) * 1000;
const sourcesListed = 1000;
/** Some that no package has, that few have, and that most have. */
const parts = ['no-such-package', 'kernel', 'ssl', 'python3', 'lib', 'e'];

try {
  const data = values.data
    ? resolve(values.data)
    : await mirrored(positionals.map((f) => resolve(f)));
  const calls = await createCalls(data);
  try {
    const { labels } = calls;
    console.log(
      `${labels.length} sources; ${await calls.count(labels[0]!)} packages in the first\n`,
    );
    console.log(heading);
    for (const sortBy of ['DISPLAYNAME', 'TIMECREATED']) {
      for (const sortOrder of ['ASC', 'DESC']) {
        const pages = calls.pages(labels[0]!, { sortBy, sortOrder, limit: '1000' });
        console.log(
          await timed(`a page of 1,000, ${sortBy} ${sortOrder}`, pages, { milliseconds }),
        );
      }
    }
    for (const displayName of parts) {
      for (const sortBy of ['DISPLAYNAME', 'TIMECREATED']) {
        const search = () => calls.search({ displayName, sortBy });
        console.log(
          await timed(`search for "${displayName}", ${sortBy}`, search, {
            milliseconds: milliseconds / 2,
          }),
        );
      }
    }
    const ids = await calls.ids(labels.at(-1)!);
    let next = 0;
    const one = () => calls.read(labels.at(-1)!, ids[next++ % ids.length]!);
    console.log(await timed('one package with files', one, { milliseconds }));
  } finally {
    await calls.close();
  }
  const lists = await createSourceLists(sourcesListed);
  try {
    for (const sortBy of ['DISPLAYNAME', 'TIMECREATED']) {
      for (const limit of ['100', '1000']) {
        const what = `${limit} of ${sourcesListed} sources, ${sortBy}`;
        console.log(await timed(what, lists.pages({ sortBy, limit }), { milliseconds }));
      }
    }
  } finally {
    await lists.close();
  }
  console.log(
    `\nsignatures checked a second, one thread: ${Math.round(await verifications(milliseconds))}`,
  );
} finally {
  await rm(work, { recursive: true, force: true });
}

/** A data folder with these repositories. */
async function mirrored(repositories: string[]): Promise<string> {
  const data = join(work, 'data');
  const env = { ...process.env, HEADWATER_DATA: data, HEADWATER_LISTEN: '127.0.0.1:0' };
  for (const [i, repository] of repositories.entries()) {
    const upstream = await serveFolder(repository);
    await measure([headwater, 'source', 'add', `source-${i}`, '--upstream', upstream.url], { env });
    await measure([headwater, 'sync', `source-${i}`], { env });
    await upstream.close();
  }
  return data;
}
