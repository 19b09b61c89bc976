import { hash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../base/errors.ts';
import {
  type ModuleTexts,
  readModuleDefaults,
  readModuleTexts,
} from '../../repodata/module-texts.ts';
import { cutModules } from '../../repodata/modules.ts';
import { nameOf, type PackageKey } from '../../store/catalogue/package-key.ts';
import { modulesFile, readModules } from '../../store/catalogue/whole-documents.ts';
import { type Manifest, readManifest } from '../../store/objects/manifest.ts';
import type { Content, Origin } from '../content/content.ts';
import { packageId, type Reading } from '../content/listed.ts';
import type { Part } from './orders.ts';

/** A stream of a module: what its newest document says, and the packages of all. */
export interface ListedStream {
  module: string;
  stream: string;
  /** A number as text, of the newest. */
  version: string;
  arch: string;
  isDefault: boolean;
  description: string;
  profiles: ListedProfile[];
  /** Those that are there, as the API names packages. */
  packages: string[];
}

export interface ListedProfile {
  name: string;
  description: string;
  /** Names of packages. */
  packages: string[];
  isDefault: boolean;
}

/** Of so many documents is kept what they say. */
const kept = 5000;

/** Reads the streams of modules that contents have. */
export function createModuleLists() {
  const texts = new LRUCache<string, ModuleTexts>({ max: kept });

  /** By module and stream. Documents that cannot be read are left out. */
  async function streamsOf(
    reading: Reading,
    content: Content,
    parts: readonly Part[],
  ): Promise<ListedStream[]> {
    const found = new Map<string, Building>();
    const defaults = new Map<string, Defaults>();
    for (const origin of content.origins) {
      const isIn = (digest: string) => origin.modules === 'all' || origin.modules.has(digest);
      for (const { digest, document } of await documentsOf(reading, origin)) {
        if (!isIn(digest)) continue;
        const one = readModuleDefaults(document);
        // Of a module the first parent's are taken.
        if (one && !defaults.has(one.module)) defaults.set(one.module, one);
      }
      for (const fact of await factsOf(reading, origin)) {
        if (fact.kind !== 'stream' || !isIn(fact.digest)) continue;
        const key = JSON.stringify([fact.name, fact.stream]);
        const before = found.get(key);
        const isNewer = !before || isLess(before.version, fact.version);
        const { name, stream, version, arch, digest } = isNewer ? fact : before;
        const artifacts = before?.artifacts ?? new Set();
        for (const artifact of fact.artifacts) artifacts.add(artifact);
        found.set(key, {
          ...{ name, stream, version, arch, digest, artifacts },
          origin: isNewer ? origin : before.origin,
        });
      }
    }
    const present = presentIn(reading, parts, found.values());
    const streams: ListedStream[] = [];
    for (const one of found.values()) {
      const { description, profiles } = await textsOf(reading, one);
      const chosen = defaults.get(one.name);
      const isDefault = new Set(chosen?.profiles[one.stream]);
      streams.push({
        ...{ module: one.name, stream: one.stream, version: one.version, arch: one.arch },
        ...{ isDefault: chosen?.stream === one.stream, description },
        profiles: profiles.map((p) => ({ ...p, isDefault: isDefault.has(p.name) })),
        packages: [...one.artifacts].filter((key) => present.has(key)).map(packageId),
      });
    }
    return streams;
  }

  async function textsOf(reading: Reading, { digest, origin }: Building): Promise<ModuleTexts> {
    const before = texts.get(digest);
    if (before) return before;
    const documents = await documentsOf(reading, origin);
    const document = documents.find((d) => d.digest === digest)?.document ?? '';
    // Others get their turn: it takes milliseconds.
    await turn();
    const read = readModuleTexts(document);
    texts.set(digest, read);
    return read;
  }

  const cut = new LRUCache<string, Promise<Document[]>>({ max: 4 });

  async function documentsOf({ objects }: Reading, origin: Origin): Promise<Document[]> {
    const manifest: Manifest = await readManifest(objects, origin.manifest);
    const file = modulesFile(manifest);
    if (!file) return [];
    const before = cut.get(file.sha256);
    if (before) return before;
    const reading = readModules(objects, file).then((yaml) =>
      cutModules(yaml).map((document) => ({ digest: hash('sha256', document), document })),
    );
    cut.set(file.sha256, reading);
    return reading.catch((error) => {
      cut.delete(file.sha256);
      return nothing(error);
    });
  }

  return streamsOf;
}

interface Document {
  digest: string;
  document: string;
}

interface Building {
  name: string;
  stream: string;
  version: string;
  arch: string;
  digest: string;
  artifacts: Set<PackageKey>;
  /** Where its newest document is. */
  origin: Origin;
}

type Defaults = NonNullable<ReturnType<typeof readModuleDefaults>>;

async function factsOf({ objects, facts }: Reading, origin: Origin) {
  try {
    return await facts.modules(objects, await readManifest(objects, origin.manifest));
  } catch (error) {
    return nothing(error);
  }
}

/** A modules document that cannot be read is as good as none: what it holds cannot be told. */
function nothing(error: unknown): [] {
  if (error instanceof AppError) return [];
  throw error;
}

/** The builds of streams that are there. */
function presentIn(
  { facts }: Reading,
  parts: readonly Part[],
  streams: Iterable<Building>,
): Set<PackageKey> {
  const wanted = new Set([...streams].flatMap((s) => [...s.artifacts]));
  const found = new Set<PackageKey>();
  for (const { row, key } of facts.packages.named(new Set([...wanted].map(nameOf)))) {
    if (wanted.has(key) && parts.some((part) => part.has(row))) found.add(key);
  }
  return found;
}

/** Whole numbers as text, of 64 bits and more. */
function isLess(a: string, b: string): boolean {
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return x.length === y.length ? x < y : x.length < y.length;
}
