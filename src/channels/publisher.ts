import { setTimeout as wait } from 'node:timers/promises';
import { AppError, explain } from '../base/errors.ts';
import { noFilters } from '../base/filters.ts';
import type { Log } from '../base/log.ts';
import type { Source } from '../base/source.ts';
import type { Lease, Leases } from '../store/collect/leases.ts';
import { putHeld } from '../store/collect/put-held.ts';
import {
  type Derived,
  type DerivedParent,
  putDerived,
  readRevision,
} from '../store/objects/derived.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { Revision, RevisionTable } from '../store/state/revisions.ts';
import type { Renderer } from './render/renderer.ts';
import { jobOf, renderingOf } from './rendering.ts';
import type { Resolver } from './resolve.ts';

export interface PublisherDeps {
  objects: Objects;
  leases: Leases;
  revisions: RevisionTable;
  renderer: Renderer;
  resolver: Resolver;
  log: Log;
  source(label: string): Source | undefined;
  sources(): Source[];
  signedBy(): Promise<string[]>;
  /** Why a revision of a strict view may not follow another; undefined if it may. */
  refusal(label: string, before: string | undefined, after: string): Promise<string | undefined>;
  /** What the packages of a custom source are of. */
  picked(label: string): Promise<DerivedParent[]>;
  /** A derived source got a new revision. */
  onPublished(label: string): void;
}

/** How long a client waits for the new revision of a view that has an old one, in milliseconds. */
const patience = 1500;

/** After a failure nobody tries again for so long, in milliseconds, unless something changed. */
const pause = 10_000;

/**
 * Publishes the revisions of views and stages, one after the other for each. A view follows its parents: in the background
 * once it has been asked for, else when it is next asked for. What is served changes when the new revision is rendered.
 */
export function createPublisher(deps: PublisherDeps) {
  const { objects, revisions, renderer, resolver, source } = deps;
  const turns = new Map<string, Promise<unknown>>();
  /** Sources of which nothing is known to have changed since they were brought up to date. */
  const fresh = new Set<string>();
  const asked = new Set<string>();
  const problems = new Map<string, { error: unknown; reason: string; at: Date }>();
  const waiting = new Set<string>();
  let draining: Promise<void> | undefined;
  let closed = false;

  function inTurn<T>(label: string, work: () => Promise<T>): Promise<T> {
    const before = turns.get(label) ?? Promise.resolve();
    const own = before.catch(() => {}).then(work);
    turns.set(label, own);
    const leave = () => turns.get(label) === own && turns.delete(label);
    own.then(leave, leave);
    return own;
  }

  /** Publishes what a source is made of as its next revision; its current one where that is the same. */
  function publish(label: string, made: Omit<Derived, 'rendering'>): Promise<Revision> {
    return inTurn(label, () => publishNow(label, made));
  }

  /** What it is made of stays until it is published, also where those revisions are being forgotten. */
  async function publishNow(label: string, made: Omit<Derived, 'rendering'>): Promise<Revision> {
    const lease = await deps.leases.take(made.parents.map((parent) => parent.manifest));
    try {
      return await publishLeased(label, made, lease);
    } finally {
      lease.end();
    }
  }

  async function publishLeased(
    label: string,
    { parents, filters }: Omit<Derived, 'rendering'>,
    lease: Lease,
  ): Promise<Revision> {
    const put = (derived: Derived) => putHeld(objects, lease, () => putDerived(objects, derived));
    const own = source(label);
    const rendering = await renderingOf(deps, own, parents);
    const current = await revisions.current(label);
    const whole = { parents, filters, rendering };
    // Databases take a while: what is new is served without them first.
    const quick = { ...whole, rendering: { ...rendering, sqlite: false } };
    const manifest = await put(whole);
    if (current?.manifest === manifest) return current;
    if (own?.kind === 'view' && own.strict) {
      const refusal = await deps.refusal(label, current?.manifest, manifest);
      if (refusal) throw new AppError('conflict', `view ${label} is not published: ${refusal}`);
    }
    if (!rendering.sqlite) return next(label, manifest, whole);
    const without = await put(quick);
    const revision = current?.manifest === without ? current : await next(label, without, quick);
    const later = inTurn(label, async () => {
      if ((await revisions.current(label))?.manifest === without)
        await next(label, await putDerived(objects, whole), whole, true);
    });
    later.catch((error) => fail(label, error));
    return revision;
  }

  async function next(
    label: string,
    manifest: string,
    derived: Derived,
    background = false,
  ): Promise<Revision> {
    const at = await revisions.nextTime(label);
    const job = jobOf(label, { manifest, at }, derived);
    const { packages } = await renderer.render(job, { background });
    const number = await revisions.reserve(label);
    const revision = await revisions.publish(label, number, {
      manifest,
      derived: { at, packages: packages.size },
    });
    deps.log.info({ source: label, revision: number }, 'published');
    deps.onPublished(label);
    return revision;
  }

  /**
   * Brings a view up to its definition and its parents, a custom source to what was put into it, and a view or a stage up to how it is to be rendered. Throws
   * AppErrors; what is served stays then. Undefined where there is nothing to offer yet.
   */
  function update(label: string): Promise<Revision | undefined> {
    return inTurn(label, async () => {
      if (fresh.has(label)) return revisions.current(label);
      // Before the first look: what changes meanwhile takes it out again.
      fresh.add(label);
      try {
        const revision = await bringUp(label);
        problems.delete(label);
        return revision;
      } catch (error) {
        fresh.delete(label);
        fail(label, error);
        throw error;
      }
    });
  }

  async function bringUp(label: string): Promise<Revision | undefined> {
    const own = source(label);
    if (own?.kind === 'view') {
      for (const parent of own.from) {
        // The last that it could be is good enough for those who draw from it.
        if (source(parent)?.kind === 'view') await update(parent).catch(() => {});
      }
      const { derived } = await resolver.derive(label, own);
      return publishNow(label, derived);
    }
    if (own?.kind === 'custom') {
      return publishNow(label, { parents: await deps.picked(label), filters: noFilters });
    }
    const current = await revisions.current(label);
    if (own?.kind !== 'stage' || !current?.derived) return current;
    const made = await readRevision(objects, current.manifest);
    return made.kind === 'derived' ? publishNow(label, made.derived) : current;
  }

  function fail(label: string, error: unknown): void {
    if (closed) return;
    const reason = explain(error);
    problems.set(label, { error, reason, at: new Date() });
    if (error instanceof AppError) deps.log.warn({ source: label, reason }, 'not published');
    else deps.log.error({ source: label, err: error }, 'not published');
  }

  function inBackground(label: string): void {
    waiting.add(label);
    draining ??= drain().finally(() => {
      draining = undefined;
    });
  }

  async function drain(): Promise<void> {
    for (const label of waiting) {
      if (closed) return;
      // It has said what went wrong.
      await update(label).catch(() => {});
      waiting.delete(label);
    }
  }

  /** Something that a source is made of changed, or how it is to be made. */
  function expire(label: string): void {
    fresh.delete(label);
    problems.delete(label);
    if (asked.has(label)) inBackground(label);
    follow(label);
  }

  /** A source changed: those that draw from it follow. */
  function follow(label: string): void {
    for (const other of deps.sources()) {
      if (other.kind === 'view' && other.from.includes(label)) expire(other.label);
    }
  }

  return {
    publish,
    update,

    /**
     * A client asks for a view or a stage: it is brought up to date first, where nobody is about to. Throws what stands
     * in the way where there is no older revision to serve.
     */
    async ask(label: string): Promise<void> {
      asked.add(label);
      const isBusy = () => waiting.has(label) || turns.has(label);
      if (fresh.has(label) && !isBusy()) return;
      const has = (await revisions.current(label)) !== undefined;
      if (has && (fresh.has(label) || isBusy())) return;
      const problem = problems.get(label);
      const isRecent = problem && Date.now() - problem.at.getTime() < pause;
      if (has && isRecent) return;
      if (isRecent && !isBusy()) throw problem.error;
      // Whoever is at it already is waited for.
      const updating = update(label);
      if (!has) await updating;
      else {
        const patient = wait(patience, undefined, { ref: false });
        await Promise.race([updating, patient]).catch(() => {});
      }
    },

    expire,
    follow,

    /** Definitions or keys changed: everything is looked at anew. */
    expireAll(): void {
      for (const { kind, label } of deps.sources()) if (kind !== 'mirrored') expire(label);
    },

    /** Why a source could not be brought up to date, the last time that this was tried. */
    problem: (label: string): string | undefined => problems.get(label)?.reason,

    /** Waits for what is under way. */
    async close(): Promise<void> {
      closed = true;
      await draining;
      await Promise.allSettled(turns.values());
    },
  };
}

export type Publisher = ReturnType<typeof createPublisher>;
