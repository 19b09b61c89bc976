import { LRUCache } from 'lru-cache';

/** What this server says in `X-RHN-Server-Capability` with every answer to a call: one header, as clients accept it. */
export const serverCapabilities = [
  // Profiles as structs, with architectures; without it rhnreg_ks sends none.
  'xmlrpc.packages.extended_profile(1-2)=1',
  'registration.smbios(1)=1',
  'registration.update_systemid(1)=1',
  'registration.delta_packages(1)=1',
  'registration.finish_message(1)=1',
  'registration.remaining_subscriptions(1)=1',
  'registration.update_contact_info(1)=1',
  'xmlrpc.login.extra_data(1)=1',
  'ipv6(1)=1',
  'cpu_sockets(1)=1',
  // Each rhn_check then asks queue.get_future_actions.
  'staging_content(1)=1',
].join(',');

/**
 * The set that a client's `X-RHN-Client-Capability` is, sorted and separated by commas: `name(version)=value`; clients
 * send many entries twice. What is not of that form is left out; undefined for an empty header.
 */
export function clientCapabilities(header: string): string | undefined {
  if (header === '' || header.length > longest) return undefined;
  let set = known.get(header);
  if (set === undefined) {
    const entries = header.split(',').map((entry) => entry.trim());
    set = [...new Set(entries.filter((entry) => form.test(entry)))].sort().join(',');
    known.set(header, set);
  }
  return set;
}

const longest = 8192;
const form = /^[A-Za-z0-9_.-]+\([0-9:-]+\)=[\w.:-]*$/;

/** A fleet sends a few different ones, with every call. */
const known = new LRUCache<string, string>({ max: 1000 });
