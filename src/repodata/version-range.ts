import { compares, type Dependency, type Range } from './dependencies.ts';
import { type Evr, evrKey } from './evr.ts';

/**
 * Whether what a package provides fits what is required under the same name: their versions have one in common. Where one
 * of them names no version, any does. Source: libsolv's `pool_intersect_evrs`.
 */
export function fits(provided: Dependency['range'], required: Dependency['range']): boolean {
  if (!required) return true;
  const { greater, equal, less } = compares;
  if (required.flags === 0) return false;
  if (!provided) return true;
  if (provided.flags === 0) return false;
  if (provided.flags & required.flags & (greater | less)) return true;
  const order = compareVersions(provided, required);
  if (order < 0) return (required.flags & less) !== 0 || (provided.flags & greater) !== 0;
  if (order > 0) return (required.flags & greater) !== 0 || (provided.flags & less) !== 0;
  // Without a release any of that version is meant.
  if (!provided.release && required.release) return (provided.flags & equal) !== 0;
  if (provided.release && !required.release) return (required.flags & equal) !== 0;
  const byRelease = Buffer.compare(releaseKey(provided), releaseKey(required));
  if (byRelease < 0) return (required.flags & less) !== 0 || (provided.flags & greater) !== 0;
  if (byRelease > 0) return (required.flags & greater) !== 0 || (provided.flags & less) !== 0;
  return (provided.flags & required.flags & equal) !== 0;
}

const versionKeys = new WeakMap<Range, Buffer>();

function compareVersions(a: Range, b: Range): number {
  if (a.version === b.version && a.epoch === b.epoch) return 0;
  return Buffer.compare(versionKey(a), versionKey(b));
}

function versionKey(range: Range): Buffer {
  const known = versionKeys.get(range);
  if (known) return known;
  const key = evrKey({ ...range, release: '' });
  versionKeys.set(range, key);
  return key;
}

const releaseKey = ({ release }: Evr): Buffer => evrKey({ epoch: '0', version: '', release });
