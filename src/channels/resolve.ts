import { AppError } from '../base/errors.ts';
import { timeOf } from '../base/filters.ts';
import { noSource } from '../base/no-source.ts';
import { type Derived, type DerivedParent, putDerived } from '../store/objects/derived.ts';
import type { DefinitionTable, ViewDefinition } from '../store/state/definitions.ts';
import type { Revision, RevisionTable } from '../store/state/revisions.ts';
import { type RenderingDeps, renderingOf } from './rendering.ts';

/** A revision that somebody named. */
export interface Resolved {
  label: string;
  /** Null for a view as it was at a time, which need not be a revision that was published. */
  number: number | null;
  /** The object: a manifest, or what it is derived from. */
  manifest: string;
  derived: boolean;
  /** Since when it was so. */
  at: Date;
}

export interface ResolverDeps extends RenderingDeps {
  revisions: RevisionTable;
  definitions: DefinitionTable;
}

/** Finds the revisions that `<label>` and `<label>@<revision, snapshot or time>` name. */
export function createResolver(deps: ResolverDeps) {
  const { revisions, definitions, source } = deps;

  /** Without `spec` the current one. Throws AppErrors: 'not_found' says what is not there, 'usage' a time that cannot be. */
  async function resolve(label: string, spec?: string): Promise<Resolved> {
    // Of one that vanished from the configuration there are revisions still.
    if (!source(label) && !(await revisions.current(label))) throw noSource(label);
    if (spec === undefined) {
      return found(await revisions.current(label), () => nothingYet(label));
    }
    if (/^\d+$/.test(spec)) {
      const number = Number(spec);
      const revision = Number.isSafeInteger(number)
        ? await revisions.byNumber(label, number)
        : undefined;
      return found(revision, () => none(`source ${label} has no revision ${spec}`));
    }
    const time = timeOf(spec);
    if (time !== undefined) return at(label, time);
    if (/^\d{4}-\d\d-\d\d(?:$|[Tt ])/.test(spec)) throw none(`${spec} is no time`);
    return found(await revisions.named(label, spec === 'current' ? '' : spec), () =>
      none(`source ${label} has no snapshot ${spec}`),
    );
  }

  /** A source as it was at a time (RFC 3339). */
  async function at(label: string, time: string): Promise<Resolved> {
    // Revisions that follow one another quickly have times ahead of the clock.
    const latest = Math.max(Date.now(), await latestOf(label));
    if (Date.parse(time) > latest) throw none(`${time} lies in the future`);
    if (source(label)?.kind === 'view') return viewAt(label, time);
    return publishedAt(label, time);
  }

  /** When a source, or what it draws from, was published last, in milliseconds; 0 for never. */
  async function latestOf(label: string): Promise<number> {
    const own = source(label);
    const parents = own?.kind === 'view' ? own.from : [];
    const all = await Promise.all(parents.map(latestOf));
    const current = await revisions.current(label);
    return Math.max(0, ...all, current ? Date.parse(current.publishedAt) : 0);
  }

  /** The revision that was current at a time. Throws AppError 'not_found', also where it is kept no more. */
  async function publishedAt(label: string, time: string): Promise<Resolved> {
    // In this order: what is forgotten meanwhile is found all the same.
    const kept = await revisions.at(label, time);
    const gone = await revisions.forgottenAt(label, time);
    if (gone && gone.publishedAt > (kept?.publishedAt ?? '')) {
      throw none(
        `revision ${gone.number} of source ${label} was current on ${time}, and is kept no more`,
      );
    }
    return found(kept, () => none(`source ${label} had no revision yet on ${time}`));
  }

  /** What it would have been then; where its parents' revisions are kept no more, what it published. */
  async function viewAt(label: string, time: string): Promise<Resolved> {
    const definition = await definitions.at(label, time);
    if (!definition) throw none(`view ${label} was not defined yet on ${time}`);
    try {
      return await derivedAt(label, definition, time);
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'not_found') throw error;
      const own = await publishedAt(label, time).catch(nothing);
      if (own) return own;
      throw error;
    }
  }

  async function derivedAt(
    label: string,
    definition: ViewDefinition & { since: string },
    time: string,
  ): Promise<Resolved> {
    const { derived, since } = await derive(label, definition, time);
    const manifest = await putDerived(deps.objects, derived);
    const all = [since, Date.parse(definition.since)];
    const latest = new Date(Math.floor(Math.max(...all) / 1000) * 1000);
    return { label, number: null, manifest, derived: true, at: latest };
  }

  /** What a view is made of, now or at a time (RFC 3339), and the latest time of its parents' revisions in milliseconds. */
  async function derive(
    label: string,
    { from, filters }: ViewDefinition,
    time?: string,
  ): Promise<{ derived: Derived; since: number }> {
    const as = time === undefined ? filters.asOf : earlier(filters.asOf, time);
    const resolved = await Promise.all(from.map((p) => (as ? at(p, as) : resolve(p))));
    const parents = resolved.map(
      (r): DerivedParent => ({ label: r.label, revision: r.number, manifest: r.manifest }),
    );
    const rendering = await renderingOf(deps, source(label), parents);
    const since = Math.max(...resolved.map((r) => r.at.getTime()));
    return { derived: { parents, filters: { ...filters, asOf: null }, rendering }, since };
  }

  /** The revisions that a view draws from at a time, as far as they are there; of views what they published then, too. */
  async function drawnAt(label: string, time: string): Promise<NumberedRevision[]> {
    const own = await publishedAt(label, time).catch(nothing);
    const definition =
      source(label)?.kind === 'view' ? await definitions.at(label, time) : undefined;
    const parents = definition ? await parentsAt(definition, time) : [];
    return own?.number == null ? parents : [{ label, number: own.number }, ...parents];
  }

  async function parentsAt({ from, filters }: ViewDefinition, time: string) {
    const as = earlier(filters.asOf, time);
    const drawn: NumberedRevision[] = [];
    for (const parent of from) drawn.push(...(await drawnAt(parent, as)));
    return drawn;
  }

  return {
    resolve,
    derive,
    /** The revisions that these views draw from for as long as they are defined as they are: those of the time of their `as_of`. */
    async frozen(views: readonly ViewDefinition[]): Promise<NumberedRevision[]> {
      const drawn: NumberedRevision[] = [];
      for (const view of views) {
        if (view.filters.asOf !== null) drawn.push(...(await parentsAt(view, view.filters.asOf)));
      }
      return drawn;
    },

    /** The revisions that `label@spec` is read from, as far as they are there. */
    async behind(label: string, spec: string): Promise<NumberedRevision[]> {
      const time = timeOf(spec);
      if (time !== undefined) return drawnAt(label, time);
      const number = (await resolve(label, spec).catch(nothing))?.number ?? null;
      return number === null ? [] : [{ label, number }];
    },
  };
}

export type Resolver = ReturnType<typeof createResolver>;

type NumberedRevision = Pick<Revision, 'label' | 'number'>;

const earlier = (asOf: string | null, time: string): string =>
  asOf !== null && asOf < time ? asOf : time;

/** For what is not there. */
function nothing(error: unknown): undefined {
  if (!(error instanceof AppError)) throw error;
}

function found(revision: Revision | undefined, otherwise: () => AppError): Resolved {
  if (!revision) throw otherwise();
  const { label, number, manifest, derived, publishedAt } = revision;
  return { label, number, manifest, derived, at: new Date(publishedAt) };
}

const none = (message: string) =>
  new AppError('not_found', message, { hint: '`headwater history <label>` lists what there is' });

const nothingYet = (label: string) =>
  new AppError('not_found', `source ${label} has no revision yet`, {
    hint: `\`headwater source show ${label}\` says why`,
  });
