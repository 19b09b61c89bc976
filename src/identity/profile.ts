/** What somebody signs requests with. */
export interface Profile {
  /** OCIDs. */
  user: string;
  tenancy: string;
  fingerprint: string;
  /** Where the private key is, absolute. */
  keyFile: string;
}

/** Clients want one, of those that they know; it says nothing here, where `endpoint` names the server. */
const region = 'us-ashburn-1';

/** A profile as OCI's SDKs and command line read it from `~/.oci/config`. */
export const profileText = ({ user, fingerprint, tenancy, keyFile }: Profile): string =>
  [
    '[DEFAULT]',
    `user=${user}`,
    `fingerprint=${fingerprint}`,
    `tenancy=${tenancy}`,
    `region=${region}`,
    `key_file=${keyFile}`,
    '',
  ].join('\n');
