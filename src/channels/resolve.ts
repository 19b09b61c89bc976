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
    const current = await revisions.current(label);
    const latest = Math.max(Date.now(), Date.parse(current?.publishedAt ?? '') || 0);
    if (Date.parse(time) > latest) throw none(`${time} lies in the future`);
    if (source(label)?.kind === 'view') return viewAt(label, time);
    return found(await revisions.at(label, time), () =>
      none(`source ${label} had no revision yet on ${time}`),
    );
  }

  async function viewAt(label: string, time: string): Promise<Resolved> {
    const definition = await definitions.at(label, time);
    if (!definition) throw none(`view ${label} was not defined yet on ${time}`);
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
    const { asOf } = filters;
    const as = asOf !== null && (time === undefined || asOf < time) ? asOf : time;
    const resolved = await Promise.all(from.map((p) => (as ? at(p, as) : resolve(p))));
    const parents = resolved.map(
      (r): DerivedParent => ({ label: r.label, revision: r.number, manifest: r.manifest }),
    );
    const rendering = await renderingOf(deps, source(label), parents);
    const since = Math.max(...resolved.map((r) => r.at.getTime()));
    return { derived: { parents, filters: { ...filters, asOf: null }, rendering }, since };
  }

  return { resolve, derive };
}

export type Resolver = ReturnType<typeof createResolver>;

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
