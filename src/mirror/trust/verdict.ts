/** Why a signature is not taken. */
export type Problem =
  | 'unreadable' // no signature, or one of a kind that is not known
  | 'bad_signature' // by a known key, over other bytes
  | 'unknown_key' // by none of the source's keys
  | 'revoked_key'
  | 'expired_key'
  | 'expired_signature'
  | 'not_yet_valid' // made in the future, or before its key
  | 'weak' // a digest or a key that is too easily forged
  | 'unusable_key'; // not meant for signing, or not bound to its primary key

/** What was found of one signature. */
export interface Verdict {
  problem: Problem | undefined;
  /** Fingerprint of the primary key, where it is known. */
  key?: string;
  /** Id of the key that made the signature, which may be a subkey: 16 lower-case hexadecimal digits. */
  keyId?: string;
  /** What is wrong, as the rest of a sentence; empty where nothing is. */
  reason: string;
  /** Whether the signature ends to be valid at some time. */
  expires?: boolean;
}
