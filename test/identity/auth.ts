import { generateKeyPairSync } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createAuthPart } from '../../src/auth-part.ts';
import { createAuthStores } from '../../src/auth-stores.ts';
import { createLog } from '../../src/base/log.ts';
import { readFleet } from '../../src/cli/fleet-section.ts';
import { createFleetStores } from '../../src/fleet-stores.ts';
import { createIdentityPart } from '../../src/identity-part.ts';
import { createIdentityStores } from '../../src/identity-stores.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { openState } from '../../src/store/state/state.ts';
import { temporaryFolder } from '../support/app.ts';

export type TestAuth = Awaited<ReturnType<typeof compose>> & {
  /** The same folder, as after a restart. */
  again(): Promise<TestAuth>;
};

/** Users, and how they show who they are, on a data folder of the test's own. */
export async function openAuth(folder?: string): Promise<TestAuth> {
  const root = folder ?? join(await temporaryFolder(), 'data');
  const auth = await compose(root);
  const again = async () => {
    await auth.close();
    return openAuth(root);
  };
  return { ...auth, again };
}

async function compose(root: string) {
  await mkdir(root, { recursive: true });
  const paths = dataPaths(root);
  const state = openState(paths);
  const identity = await createIdentityPart({
    identityStores: createIdentityStores(state),
    fleetStores: createFleetStores(state),
    log: createLog('silent'),
    settings: () => readFleet({}),
  });
  const auth = await createAuthPart({
    ...{ paths, identity, authStores: createAuthStores(state) },
    rates: () => ({ rate: 100, addressRate: 100 }),
  });
  let closed = false;
  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    await identity.close();
    await state.destroy();
  }
  onTestFinished(close);
  return {
    ...{ root, paths, identity, users: identity.users, close, state },
    ...auth,
    /** Events of the audit, the latest first, as `actor event subject`. */
    async audited(): Promise<string[]> {
      const entries = await identity.audit.query({ limit: 100 });
      return entries.map((e) => [e.actor, e.event, e.subject, e.detail].filter(Boolean).join(' '));
    },
  };
}

export const newPair = (modulusLength = 2048) =>
  generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
