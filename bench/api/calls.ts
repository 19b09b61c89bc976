import { createApp } from '../../src/app.ts';
import { createLog } from '../../src/base/log.ts';
import { loadConfig } from '../../src/cli/config.ts';
import { createPackagesPart } from '../../src/packages-part.ts';
import type { OsmsDeps } from '../../src/server/osms/door.ts';
import type { Answer, Call } from '../../src/server/osms/operation.ts';
import { operationsOf } from '../../src/server/osms/table.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createRevisionTable } from '../../src/store/state/revisions.ts';
import { openState } from '../../src/store/state/state.ts';

/** As in an address. */
export type Query = Record<string, string>;

/** Operations of the API over a configuration's data folder, as somebody asks for them who may do everything. */
export async function createCalls(file: string) {
  const config = loadConfig({ config: file }, {});
  const app = await createApp(config, createLog('error'));
  const paths = dataPaths(config.data);
  const state = openState(paths);
  const revisions = createRevisionTable(state);
  const part = createPackagesPart({
    ...{ paths, revisions, sources: app.sources },
    // Nothing changes meanwhile.
    publisher: { ask: async () => {} },
  });
  const { operations, identity, managed, sources, publicUrl } = app;
  const some: Partial<OsmsDeps> = { operations, identity, managed, sources, publicUrl, ...part };
  const table = new Map(operationsOf(some as OsmsDeps).map((one) => [one.id, one]));

  async function call(id: string, query: Query, { label = '', params = {} } = {}): Promise<Answer> {
    const operation = table.get(id)!;
    const asked: Partial<Call> = {
      ...{ params, may: () => true, query: operation.query?.parse(query) },
      target: { kind: 'source', subject: label, compartment: '', ocid: '' },
    };
    const answer = await operation.handle(asked as Call);
    const { body } = answer;
    return { ...answer, body: Buffer.isBuffer(body) ? body : JSON.stringify(body) };
  }

  const packages = (label: string, query: Query) =>
    call('listSoftwareSourcePackages', query, { label });
  const itemsOf = ({ body }: Answer) => JSON.parse(String(body)) as { name: string }[];
  const published = await part.revisions();

  return {
    /** Of the sources that have packages. */
    labels: published.map(({ label }) => label),

    sources: (query: Query) =>
      call('listSoftwareSources', { ...query, compartmentId: identity.ocids.of('tenancy', 1) }),

    packages,

    search: (query: Query) => call('searchSoftwarePackages', query),

    package: (label: string, name: string) =>
      call('getSoftwarePackage', {}, { label, params: { softwarePackageName: name } }),

    /** Asks for one page after the other, and then from the beginning again. */
    pages(page: (query: Query) => Promise<Answer>, query: Query): () => Promise<void> {
      let next: string | undefined;
      return async () => {
        const answer = await page({ ...query, ...(next && { page: next }) });
        next = answer.nextPage;
      };
    },

    ids: async (label: string) =>
      itemsOf(await packages(label, { limit: '1000' })).map((item) => item.name),

    async count(label: string): Promise<number> {
      let count = 0;
      let next: string | undefined;
      do {
        const answer = await packages(label, { limit: '1000', ...(next && { page: next }) });
        count += itemsOf(answer).length;
        next = answer.nextPage;
      } while (next);
      return count;
    },

    async close(): Promise<void> {
      await part.close();
      await state.destroy();
      await app.close();
    },
  };
}
