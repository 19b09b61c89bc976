import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import type { Caller } from '../../src/identity/caller.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import { createIdentityStores } from '../../src/identity-stores.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createGroupCommit } from '../../src/store/state/group-commit.ts';
import { openState } from '../../src/store/state/state.ts';

export type TestIdentity = Awaited<ReturnType<typeof compose>> & {
  /** Opens the same database anew, as after a restart. */
  again(): Promise<TestIdentity>;
};

/** Users and policies on a database of the test's own. */
export async function openIdentity(folder?: string): Promise<TestIdentity> {
  const root = folder ?? (await mkdtemp(join(tmpdir(), 'headwater-identity-')));
  if (folder === undefined) onTestFinished(() => rm(root, { recursive: true, force: true }));
  const identity = await compose(root);
  const again = async () => {
    await identity.close();
    return openIdentity(root);
  };
  return { ...identity, again };
}

async function compose(folder: string) {
  const state = openState(dataPaths(folder));
  const commit = createGroupCommit(state);
  const identity = await createIdentity({
    ...{ stores: createIdentityStores(state), commit, log: createLog('silent') },
    keepAuditMs: () => 86_400_000,
  });
  let closed = false;
  async function close() {
    if (closed) return;
    closed = true;
    await identity.close();
    await commit.settled();
    await state.destroy();
  }
  onTestFinished(close);
  return {
    ...identity,
    ...{ state, close },

    /** Makes a user in these groups, which are made too. */
    async person(name: string, ...groups: string[]): Promise<void> {
      await identity.users.add(name, null, { by: 'test' });
      for (const group of groups) {
        if (!identity.userGroups.find(group))
          await identity.userGroups.create(group, { by: 'test' });
        await identity.userGroups.join(group, [name], 'test');
      }
    },

    /** Makes a policy of one statement. */
    async allow(statement: string, compartment = ''): Promise<string> {
      const name = `p${identity.policies.all().length}`;
      const policy = { name, compartment, statements: [statement], description: '' };
      await identity.policies.create(policy, 'test');
      return name;
    },
  };
}

export const user = (name: string, about: Partial<Caller> = {}): Caller => ({
  ...{ kind: 'user', name, actor: `user:${name}`, by: 'signature', scopes: undefined },
  ...about,
});

export const machine = (id: number, compartment = '', tags: string[] = []): Caller => ({
  ...{ kind: 'instance', name: String(id), actor: `instance:${id}`, by: 'basic' },
  ...{ scopes: undefined, instance: { id, compartment, tags } },
});
