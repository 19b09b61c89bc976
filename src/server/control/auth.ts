import type { Administrator } from '../../identity/administrator.ts';
import type { ApiKey } from '../../store/state/api-keys.ts';
import type { BearerToken } from '../../store/state/bearer-tokens.ts';
import type { By } from './fleet.ts';

/** What the command line asks about how users show who they are. All throw AppErrors. */
export interface AuthOperations {
  /** Makes sure that there is an administrator who can show who they are. */
  initialiseAdministrator(): Promise<Administrator>;

  /** Lets a user sign with a key: an RSA public key as PEM. */
  addApiKey(user: string, pem: string, by: By): Promise<AddedKey>;
  /** Of one user, or of all for null. */
  listApiKeys(user: string | null): Promise<ApiKey[]>;
  removeApiKey(user: string, fingerprint: string, by: By): Promise<void>;

  /** Makes a bearer token; `token` is told only now. */
  createBearerToken(request: Omit<BearerToken, 'createdAt'> & By): Promise<{ token: string }>;
  /** Of one user, or of all for null. */
  listBearerTokens(user: string | null): Promise<BearerToken[]>;
  revokeBearerToken(user: string, name: string, by: By): Promise<void>;
}

export interface AddedKey {
  user: string;
  fingerprint: string;
  /** What a profile for it needs besides the place of the private key: OCIDs. */
  userOcid: string;
  tenancy: string;
}
