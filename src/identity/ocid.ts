import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** What OCIDs name, as their second part says it. */
export type OcidType =
  | 'tenancy'
  | 'compartment'
  | 'user'
  | 'group'
  | 'dynamicgroup'
  | 'policy'
  | 'osmssoftwaresource'
  | 'osmsmanagedinstancegroup'
  | 'osmsscheduledjob'
  | 'osmsworkrequest'
  | 'osmserratum'
  | 'instance';

export type Ocids = ReturnType<typeof createOcids>;

/** RFC 4648 in lower case, as OCI writes it. */
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
/** Of the 60 characters so many are the number, most significant first; the others tell one installation from another. */
const ofNumber = 11;
const length = 60;
/** So many are remembered: lists show thousands, again and again. */
const mostKnown = 20_000;

/**
 * OCIDs of things that have a number: `ocid1.<type>.oc1..` and 60 characters of a-z and 2-7. The number can be read back
 * from them, and an id of another installation, or one that was made up, is none.
 */
export function createOcids(salt: Buffer) {
  const known = new LRUCache<string, string>({ max: mostKnown });

  function made(type: OcidType, id: number): string {
    let number = '';
    for (let rest = id; number.length < ofNumber; rest = Math.floor(rest / 32)) {
      number = alphabet[rest % 32]! + number;
    }
    const digest = hash('sha512', Buffer.concat([salt, Buffer.from(`${type} ${id}`)]), 'buffer');
    let rest = '';
    for (let i = 0; i < length - ofNumber; i++) rest += alphabet[digest[i]! % 32]!;
    return `ocid1.${type}.oc1..${number}${rest}`;
  }

  return {
    /** Of the thing of that number, a positive safe integer. */
    of(type: OcidType, id: number): string {
      const key = `${type} ${id}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const ocid = made(type, id);
      known.set(key, ocid);
      return ocid;
    },

    /** The number that an OCID names; undefined if it is not one of that type here. */
    read(type: OcidType, ocid: string): number | undefined {
      const start = `ocid1.${type}.oc1..`;
      if (!ocid.startsWith(start) || ocid.length !== start.length + length) return undefined;
      let id = 0;
      for (const char of ocid.slice(start.length, start.length + ofNumber)) {
        id = id * 32 + alphabet.indexOf(char);
      }
      return Number.isSafeInteger(id) && id > 0 && made(type, id) === ocid ? id : undefined;
    },
  };
}
