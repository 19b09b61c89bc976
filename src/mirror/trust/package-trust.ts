import { createHash, hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import type { Checksum } from '../../base/digest.ts';
import { AppError } from '../../base/errors.ts';
import type { MirroredSource } from '../../base/source.ts';
import { type KeyFile, keysOf, readManifest } from '../../store/objects/manifest.ts';
import type { Objects, StoredObject } from '../../store/objects/objects.ts';
import type { PackageCheckTable } from '../../store/state/package-checks.ts';
import type { RevisionTable } from '../../store/state/revisions.ts';
import type { Certificate } from './certificates.ts';
import type { Rules } from './judge-one.ts';
import { createRpmCheck, type ReadAt, type RpmCheck, tooLarge } from './rpm-check.ts';
import { readKeyFiles } from './source-keys.ts';

/** What a package's bytes must get past, where its source wants rpms to be signed. */
export interface PackageGate {
  /** More bytes are there. Gives true once they may be passed on. Throws AppError 'untrusted' or 'invalid'. */
  arrived(read: ReadAt, available: number): Promise<boolean>;
  /** All bytes are there, and have the digest that the metadata gives. Throws AppError 'untrusted'; nothing is to be kept then. */
  complete(read: ReadAt, whole: { size: number; sha256: string }): Promise<void>;
}

export type PackageTrust = ReturnType<typeof createPackageTrust>;

/** Changes when rpms are judged by other rules than before. */
const version = 2;

/** Decides by the keys of a source's current revision which rpms may be stored and served. */
export function createPackageTrust(deps: {
  objects: Objects;
  revisions: RevisionTable;
  packageChecks: PackageCheckTable;
}) {
  const { objects, packageChecks } = deps;
  const manifests = new LRUCache<string, Promise<KeyFile[]>>({ max: 200 });
  const looks = new Map<string, Promise<void>>();
  const certificates = new LRUCache<string, Promise<Certificate[]>>({ max: 200 });

  /** The gate for a package that is on its way; undefined where every package may pass. */
  async function gate(source: MirroredSource, what: string): Promise<PackageGate | undefined> {
    if (source.verifyPackages !== 'signature') return undefined;
    const { rules, id } = await rulesOf(source);
    const check = createRpmCheck(what, rules);
    return {
      arrived: check.start,
      async complete(read, { size, sha256 }) {
        await judgeWhole(check, read, { what, size, sha256, id });
      },
    };
  }

  /** Throws AppError 'untrusted' where an rpm of that checksum was refused before, so that it is not fetched again for it. */
  async function refuseKnown(
    source: MirroredSource,
    checksum: Checksum,
    what: string,
  ): Promise<void> {
    if (source.verifyPackages !== 'signature' || checksum.type !== 'sha256') return;
    const { id } = await rulesOf(source);
    const known = await packageChecks.find(checksum.value, id);
    if (known?.refusal) throw refused(what, known.refusal);
  }

  /**
   * Lets a package that is held be served, or not: another source may have stored it unchecked. Throws AppError
   * 'untrusted'.
   */
  async function requireTrusted(
    source: MirroredSource,
    held: StoredObject,
    what: string,
  ): Promise<void> {
    if (source.verifyPackages !== 'signature') return;
    const { rules, id } = await rulesOf(source);
    const known = await packageChecks.find(held.sha256, id);
    if (known?.refusal) throw refused(what, known.refusal);
    if (known) return;
    // However many ask for it at the same time, it is read once.
    const key = `${held.sha256} ${id}`;
    const look = () => judgeHeld(held, { what, rules, id }).finally(() => looks.delete(key));
    const looking = looks.get(key) ?? look();
    looks.set(key, looking);
    await looking;
  }

  async function judgeHeld(
    held: StoredObject,
    { what, rules, id }: { what: string; rules: Rules; id: string },
  ): Promise<void> {
    const file = await open(held.path, 'r');
    const read: ReadAt = async (start, length) => {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, start);
      return buffer.subarray(0, bytesRead);
    };
    const intact = async () => {
      const digest = createHash('sha256');
      for await (const chunk of await objects.stream(held.sha256)) digest.update(chunk);
      return digest.digest('hex') === held.sha256;
    };
    try {
      const check = createRpmCheck(what, rules);
      await judgeWhole(check, read, { what, size: held.size, sha256: held.sha256, id, intact });
    } finally {
      await file.close();
    }
  }

  /**
   * Judges an rpm, and remembers what was found. What a disk has damaged is not held against the rpm: `intact` tells
   * whether its bytes have its digest, where that is not known. Throws AppError 'untrusted'.
   */
  async function judgeWhole(
    check: RpmCheck,
    read: ReadAt,
    about: {
      what: string;
      size: number;
      sha256: string;
      id: string;
      intact?: () => Promise<boolean>;
    },
  ): Promise<void> {
    const { what, size, sha256, id, intact = async () => true } = about;
    try {
      const { expires } = await check.end(read, size);
      if (!expires) await packageChecks.put(sha256, id, { refusal: undefined });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const reason = error.kind === 'invalid' ? error.message : error.detail?.reason;
      if (typeof reason !== 'string') throw error;
      // Clocks may be set right, and limits raised; nothing else that is wrong with an rpm passes.
      const passes = ['not_yet_valid', tooLarge].includes(String(error.detail?.problem));
      if (!passes && (await intact())) await packageChecks.put(sha256, id, { refusal: reason });
      throw error.kind === 'untrusted' ? error : refused(what, reason);
    }
  }

  /** What a source's packages are judged by now, and a digest of it. */
  async function rulesOf(source: MirroredSource): Promise<{ rules: Rules; id: string }> {
    const current = await deps.revisions.current(source.label);
    const files = current ? keysOf(source, { keys: await keysIn(current.manifest) }) : [];
    const names = files.map((file) => file.sha256).sort();
    const id = hash('sha256', JSON.stringify([version, source.allowSha1, names]));
    const keys = cached(certificates, names.join(), () => readKeyFiles(objects, files));
    const rules: Rules = {
      certificates: await keys,
      when: 'when_signed',
      allowSha1: source.allowSha1,
    };
    return { rules, id };
  }

  function keysIn(manifest: string): Promise<KeyFile[]> {
    return cached(
      manifests,
      manifest,
      async () => (await readManifest(objects, manifest)).keys ?? [],
    );
  }

  return { gate, refuseKnown, requireTrusted };
}

/** What is made for a key once, unless it fails. */
function cached<T extends object>(
  cache: LRUCache<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  let entry = cache.get(key);
  if (!entry) {
    entry = make();
    cache.set(key, entry);
    entry.catch(() => cache.delete(key));
  }
  return entry;
}

const refused = (what: string, reason: string) =>
  new AppError('untrusted', `${what} is refused: ${reason}`);
