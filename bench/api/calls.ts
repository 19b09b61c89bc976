import { createOcids } from '../../src/identity/ocid.ts';
import { createResources } from '../../src/identity/resources.ts';
import { createPackagesPart } from '../../src/packages-part.ts';
import type { OsmsDeps } from '../../src/server/osms/door.ts';
import type { Answer, Call, Operation } from '../../src/server/osms/operation.ts';
import { packageOperations } from '../../src/server/osms/packages.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createResourceTable } from '../../src/store/state/resources.ts';
import { createRevisionTable } from '../../src/store/state/revisions.ts';
import { openState } from '../../src/store/state/state.ts';

type Query = Record<string, string>;

/** The operations on packages over a data folder that nobody else uses, for somebody who may do everything. */
export async function createCalls(data: string) {
  const paths = dataPaths(data);
  const state = openState(paths);
  const revisions = createRevisionTable(state);
  const ocids = createOcids(Buffer.alloc(16));
  const resources = await createResources({ table: createResourceTable(state), ocids });
  const labels = (await revisions.currents()).map((revision) => revision.label);
  const names = new Map(labels.map((label) => [label, { label, name: label, kind: 'mirrored' }]));
  const sources = { get: (label: string) => names.get(label), all: () => [...names.values()] };
  const part = createPackagesPart({
    ...{ paths, revisions, publisher: { ask: async () => {} } },
    sources: sources as never,
  });
  const deps = { ...part, sources, identity: { resources, ocids } } as unknown as OsmsDeps;
  const operations = new Map(packageOperations(deps).map((one) => [one.id, one]));

  async function call(id: string, query: Query, { label = '', params = {} } = {}): Promise<Answer> {
    const operation = operations.get(id) as Operation;
    return operation.handle({
      ...{ params, may: () => true, target: { kind: 'source', subject: label, compartment: '' } },
      query: operation.query?.parse(query),
    } as unknown as Call);
  }

  const page = (label: string, query: Query) =>
    call('listSoftwareSourcePackages', query, { label });
  const itemsOf = ({ body }: Answer) => JSON.parse(String(body)) as { name: string }[];

  return {
    labels,

    /** Asks for one page after the other, and then from the beginning again. */
    pages(label: string, query: Query): () => Promise<void> {
      let next: string | undefined;
      return async () => {
        const answer = await page(label, { ...query, ...(next && { page: next }) });
        next = answer.nextPage;
      };
    },

    search: (query: Query) => call('searchSoftwarePackages', query),

    read: (label: string, name: string) =>
      call('getSoftwarePackage', {}, { label, params: { softwarePackageName: name } }),

    ids: async (label: string) =>
      itemsOf(await page(label, { limit: '1000' })).map((item) => item.name),

    async count(label: string): Promise<number> {
      let count = 0;
      let next: string | undefined;
      do {
        const answer = await page(label, { limit: '1000', ...(next && { page: next }) });
        count += itemsOf(answer).length;
        next = answer.nextPage;
      } while (next);
      return count;
    },

    async close(): Promise<void> {
      await part.close();
      await state.destroy();
    },
  };
}
