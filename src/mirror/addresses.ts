import dns from 'node:dns';
import { BlockList, isIPv4, isIPv6, type LookupFunction } from 'node:net';
import { AppError } from '../base/errors.ts';

/** Addresses that are not of the public Internet. Source: the special-purpose registries of RFC 6890. */
const local = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8], // this host
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // shared by carriers
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local; clouds tell secrets at one of these
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
] as const) {
  local.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 96], // unspecified, loopback, and IPv4 in its oldest form
  ['64:ff9b:1::', 48], // translation inside a network
  ['100::', 64],
  ['2001::', 32], // Teredo, which hides an IPv4 address
  ['fc00::', 7],
  ['fe80::', 9], // link-local and site-local
  ['ff00::', 8], // multicast
] as const) {
  local.addSubnet(network, bits, 'ipv6');
}

/**
 * Whether an address is a loopback, link-local, private, shared, multicast or unspecified one. An IPv6 address that
 * stands for an IPv4 address (mapped, translated, 6to4) is as private as that one is.
 */
export function isPrivateAddress(address: string): boolean {
  if (isIPv4(address)) return local.check(address, 'ipv4');
  const groups = groupsOf(address);
  const inner = (high: number, low: number) =>
    isPrivateAddress([high >> 8, high & 255, low >> 8, low & 255].join('.'));
  const starts = (...head: number[]) => head.every((group, i) => groups[i] === group);
  if (starts(0, 0, 0, 0, 0, 0xffff) || starts(0x64, 0xff9b, 0, 0, 0, 0)) {
    return inner(groups[6]!, groups[7]!);
  }
  if (starts(0x2002)) return inner(groups[1]!, groups[2]!);
  return local.check(address.replace(/%.*$/, ''), 'ipv6');
}

/** The eight groups of an IPv6 address in any notation. */
function groupsOf(address: string): number[] {
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, '')}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const read = (part: string) =>
    part
      .split(':')
      .filter(Boolean)
      .map((g) => Number.parseInt(g, 16));
  if (tail === undefined) return read(head);
  const [left, right] = [read(head), read(tail)];
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

/**
 * Whether a URL names a private address, as far as the URL alone tells: a literal address, which URL has brought into
 * its one notation, or a name of this machine.
 */
export function namesPrivate(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isIPv4(host) || isIPv6(host)) return isPrivateAddress(host);
  return host === 'localhost' || host.endsWith('.localhost');
}

/** Finds all addresses of a name. */
export type Resolve = (
  name: string,
  options: dns.LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void,
) => void;

/**
 * A look-up for connections that must not lead inside: fails with AppError 'refused' where any of a name's addresses is
 * private. The connection goes to the addresses that were looked at, so no later answer of the name counts.
 */
export function publicLookup(
  resolve: Resolve = (name, options, done) => dns.lookup(name, options, done),
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const inside = addresses.find(({ address }) => isPrivateAddress(address));
      if (inside) return callback(insideError(hostname, inside.address), []);
      const [first] = addresses;
      if (options.all || !first) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** The refusal of a private address. */
export function insideError(host: string, address?: string): AppError {
  return new AppError(
    'refused',
    `${address === undefined || address === host ? host : `${host} (${address})`} is a private or local address`,
    {
      hint: 'an upstream that is not at one itself may not lead there; if it is meant, name that address as the upstream',
    },
  );
}
