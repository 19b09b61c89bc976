import { expect } from 'vitest';
import type { SourceDefinition } from '../../src/base/source.ts';
import type { Config } from '../../src/cli/config.ts';
import type { InventedPackage } from '../mirror/repository.ts';
import { invented, writeRepository } from '../mirror/repository.ts';
import { startApp, type TestApp, temporaryFolder } from '../support/app.ts';
import { startUpstream, type TestUpstream } from '../support/upstream.ts';

/** An application with the mirrored source `base`, whose upstream goes from one state to the next. */
export interface Flow extends TestApp {
  upstream: TestUpstream;
  /** Publishes a next state of upstream with these packages and syncs it. */
  next(...packages: InventedPackage[]): Promise<void>;
  /** What a stage, or another derived source, offers: its revision, and which one of its first parent. */
  offers(label: string): Promise<{ revision: number; of: string } | undefined>;
}

export const by = 'tester';
export const brook = (version: string) => invented('brook', version);
/** What a move is told where its stage says the rest. */
export const plain = { by, fetch: null, allowMissing: false };

/** How long what happens in the background may take. */
export const patient = { timeout: 10_000 };

let time = 1_700_000_000;

export async function startFlow(
  others: SourceDefinition[],
  { base = {}, ...overrides }: Partial<Config> & { base?: Partial<SourceDefinition> } = {},
): Promise<Flow> {
  const folder = await temporaryFolder();
  const publish = (packages: InventedPackage[]) =>
    writeRepository(folder, { only: ['primary'], packages, time: time++ });
  await publish([]);
  const upstream = await startUpstream(folder);
  const test = await startApp(
    [{ label: 'base', upstream: upstream.url, ...base }, ...others],
    overrides,
  );
  return {
    ...test,
    upstream,
    async next(...packages) {
      await publish(packages);
      expect(await test.sync('base')).toMatchObject({ outcome: 'updated' });
    },
    async offers(label) {
      const { revisions } = await test.app.operations
        .showHistory(label)
        .catch(() => ({ revisions: [] }));
      const [now] = revisions;
      if (!now) return undefined;
      const [parent] = now.parents;
      return { revision: now.number, of: `${parent?.label}@${parent?.revision}` };
    },
  };
}
