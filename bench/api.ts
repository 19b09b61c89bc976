/**
 * npm run bench:api -- REPOSITORY... [--views 1000] [--seconds 2]
 * npm run bench:api -- --config FILE
 *
 * What operations of the OS Management API take, in process: from the question to the JSON of the answer. The repositories are
 * mirrored into a data folder of its own, with so many views of the first of them, which nobody asked for yet; or a configuration
 * is taken as it is, with what its data folder has, and nobody else may use that meanwhile. All sources are listed in pages of
 * 1,000, then all packages of the first one, in each order, and all sources are searched by parts of names. For each of these it
 * prints the first answer, which reads what later ones know, the median, the 99th percentile and the most in milliseconds, the
 * processor time of all threads for one, and for how long the thread that answers everybody was held at most. Then how many signatures of requests are checked a second.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createCalls, type Query } from './api/calls.ts';
import { verifications } from './api/signatures.ts';
import { createSourceLists } from './api/sources.ts';
import { heading, timed } from './api/timed.ts';
import { measure } from './measure.ts';
import { headwater } from './server.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    config: { type: 'string' },
    views: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '2' },
  },
});
const work = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
const milliseconds = Number(values.seconds) * 1000;
const orders = ['DISPLAYNAME', 'TIMECREATED'].flatMap((sortBy) =>
  ['ASC', 'DESC'].map((sortOrder) => ({ sortBy, sortOrder })),
);
const said = ({ sortBy, sortOrder }: Query) => `${sortBy} ${sortOrder}`;
const sourcesListed = 1000;
/** Some that no package has, that few have, and that most have. */
const parts = ['no-such-package', 'kernel', 'ssl', 'python3', 'lib', 'e'];

try {
  const config = values.config ?? (await mirrored(positionals.map((folder) => resolve(folder))));
  const calls = await createCalls(config);
  try {
    const { labels } = calls;
    const count = await calls.count(labels[0]!);
    console.log(`${labels.length} sources with packages; ${count} in the first\n`);
    console.log(heading);
    for (const order of orders) {
      const pages = calls.pages(calls.sources, { ...order, limit: '1000' });
      await row(`sources, ${said(order)}`, pages);
    }
    for (const order of orders) {
      const page = (query: Query) => calls.packages(labels[0]!, query);
      await row(`1,000 packages, ${said(order)}`, calls.pages(page, { ...order, limit: '1000' }));
    }
    for (const displayName of parts) {
      for (const sortBy of ['DISPLAYNAME', 'TIMECREATED']) {
        await row(`search "${displayName}", ${sortBy}`, () =>
          calls.search({ displayName, sortBy }),
        );
      }
    }
    const ids = await calls.ids(labels.at(-1)!);
    let next = 0;
    await row('one package with files', () =>
      calls.package(labels.at(-1)!, ids[next++ % ids.length]!),
    );
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

async function row(what: string, one: () => Promise<unknown>): Promise<void> {
  console.log(await timed(what, one, { milliseconds }));
}

/** A configuration with these repositories, mirrored. */
async function mirrored(repositories: string[]): Promise<string> {
  const file = join(work, 'headwater.yaml');
  const sources = repositories.map((folder, i) => ({
    ...{ label: `source-${i}`, upstream: `file:${folder}/` },
  }));
  const views = Array.from({ length: Number(values.views) }, (_, i) => ({
    ...{ label: `view-${i}`, name: `View ${i}`, from: ['source-0'] },
    filters: [{ packages: { exclude: [`no-such-${i}`] } }],
  }));
  await writeFile(
    file,
    JSON.stringify({ data: join(work, 'data'), sources: [...sources, ...views] }),
  );
  const env = { ...process.env, HEADWATER_CONFIG: file };
  for (const { label } of sources) await measure([headwater, 'sync', label], { env });
  return file;
}
