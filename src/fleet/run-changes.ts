import { packageOf } from './package-words.ts';
import type { PackageChanges } from './run-types.ts';

/** Packages that came and went, as name-[epoch:]version-release.arch. */
export interface Came {
  added: string[];
  removed: string[];
  /** How many are left out. */
  more?: number;
}

/** Of one instance so many are kept. */
const most = 500;

/** What came and went in all, where something had before. */
export function mergeCame(before: Came | null, next: Came): Came {
  const added = new Set(before?.added);
  const removed = new Set(before?.removed);
  for (const p of next.removed) if (!added.delete(p)) removed.add(p);
  for (const p of next.added) if (!removed.delete(p)) added.add(p);
  const left = (all: Set<string>) => Math.max(0, all.size - most);
  const more = (before?.more ?? 0) + left(added) + left(removed);
  return {
    added: [...added].slice(0, most),
    removed: [...removed].slice(0, most),
    ...(more > 0 && { more }),
  };
}

/** The same for people: what has another version is not what came or went. */
export function changesOf({ added, removed, more = 0 }: Came): PackageChanges {
  const gone = new Map<string, string[]>();
  for (const text of removed) {
    const key = keyOf(text);
    gone.set(key, [...(gone.get(key) ?? []), text]);
  }
  const changed: PackageChanges['changed'] = [];
  const installed: string[] = [];
  for (const text of added) {
    const before = gone.get(keyOf(text))?.shift();
    if (before === undefined) installed.push(text);
    else changed.push({ name: keyOf(text), from: evrOf(before), to: evrOf(text) });
  }
  return { installed, removed: [...gone.values()].flat(), changed, more };
}

function keyOf(text: string): string {
  const { name, arch } = parts(text);
  return arch === undefined ? name : `${name}.${arch}`;
}

function evrOf(text: string): string {
  const { epoch, version, release } = parts(text);
  return `${epoch ? `${epoch}:` : ''}${version}-${release}`;
}

/** Unlike what people write, these are whole: whatever a release begins with. */
function parts(text: string) {
  const match = /^(.+)-(?:(\d+):)?([^-:]+)-([^-:]+)\.([^.]+)$/.exec(text);
  if (!match) return packageOf(text);
  const [, name, epoch, version, release, arch] = match;
  return { name: name!, epoch, version, release, arch };
}
