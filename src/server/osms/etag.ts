import { hash } from 'node:crypto';

/** The entity tag of what a resource's clients can write: the same for the same values, in whatever order they stand. */
export function etagOf(value: unknown): string {
  return `"${hash('sha256', canonical(value)).slice(0, 32)}"`;
}

/** JSON with the members of objects in order, without those that are undefined. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((v) => canonical(v ?? null)).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (value instanceof Date) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, v]) => `${JSON.stringify(name)}:${canonical(v)}`);
  return `{${members.join()}}`;
}
