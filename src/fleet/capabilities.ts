import { LRUCache } from 'lru-cache';

const mostCapabilities = 200;
const longest = 128;

/**
 * A client's capabilities in one form: `name(version)=value` separated by commas, sorted, each once. Clients send many of
 * them twice, in any order. What is no capability is left out.
 */
export function capabilitiesOf(text: string): string {
  const before = known.get(text);
  if (before !== undefined) return before;
  const capabilities = read(text);
  known.set(text, capabilities);
  return capabilities;
}

/** Most clients of a fleet say the same. */
const known = new LRUCache<string, string>({ max: 200 });

function read(text: string): string {
  const all = text.split(',', 2 * mostCapabilities).map((entry) => entry.trim());
  const valid = all.filter((entry) => entry.length <= longest && pattern.test(entry));
  return [...new Set(valid)].sort().slice(0, mostCapabilities).join(',');
}

const pattern = /^[A-Za-z0-9_.-]+\([0-9:-]+\)=[\x21-\x2b\x2d-\x7e]*$/;

/** The version of a capability that an instance announced; undefined where it did not. */
export function capabilityVersion(capabilities: string, name: string): number | undefined {
  const entry = capabilities.split(',').find((c) => c.startsWith(`${name}(`));
  return entry === undefined ? undefined : Number.parseInt(entry.slice(name.length + 1), 10);
}
