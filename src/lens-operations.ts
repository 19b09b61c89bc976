import { hash } from 'node:crypto';
import { AppError } from './base/errors.ts';
import { noSource } from './base/no-source.ts';
import type { Source } from './base/source.ts';
import { channelName } from './channels/channels.ts';
import type { Lenses } from './fleet/lenses.ts';
import type { Audit } from './identity/audit.ts';
import type { LensOperations, LensRequest, ShownLens } from './server/control/lenses.ts';
import type { SourceSet } from './source-set.ts';
import type { Lens } from './store/state/lenses.ts';

export interface LensDeps {
  lenses: Lenses;
  sources: SourceSet;
  /** The time of the revision that `label@spec` names. Throws AppErrors. */
  resolve(label: string, spec: string): Promise<{ at: Date }>;
  /** Throws AppError 'not_found' where there is no such instance or group. */
  requireSubject(scope: Lens['scope'], subject: string): Promise<void>;
  addSource(definition: unknown): Promise<unknown>;
  removeSource(label: string): Promise<void>;
  audit: Pick<Audit, 'note'>;
}

/** What was asked for, as it is kept. */
type Definition = Pick<LensRequest, 'filters' | 'at' | 'stage'>;

/** Labels of views that were made for lenses end in so many hexadecimal digits. */
const digits = 12;
const longestLabel = 128;

/** The operations on what instances and groups see of sources. Views with the same filters are one. */
export function createLensOperations(deps: LensDeps) {
  const { lenses, sources } = deps;

  async function channelFor(source: Source, request: LensRequest): Promise<string> {
    const { filters, at, stage } = request;
    if (stage !== null) return stageOf(source, request);
    if (at !== null && filters.length === 0) {
      await deps.resolve(source.label, at);
      return `${source.label}@${at}`;
    }
    if (filters.length === 0) {
      throw new AppError('usage', 'nothing is said of what is to be seen', {
        hint: 'give filters, a stage, or --at a revision, snapshot or time',
      });
    }
    const asOf =
      at === null ? [] : [{ as_of: (await deps.resolve(source.label, at)).at.toISOString() }];
    return viewOf(source, [...filters, ...asOf]);
  }

  function stageOf(source: Source, { filters, at, stage }: LensRequest): string {
    const found = sources.get(stage!);
    if (!found) throw noSource(stage!);
    if (found.kind !== 'stage' || found.follows !== source.label) {
      throw new AppError('usage', `${stage} is no stage that follows ${source.label}`);
    }
    if (filters.length > 0 || at !== null) {
      throw new AppError('usage', 'a stage goes with no filters, and with no other revision');
    }
    return found.label;
  }

  /** The view of a source with these filters: the one that is there, or a new one. */
  async function viewOf(source: Source, filters: unknown[]): Promise<string> {
    const { label, name, arch, release, parent } = source;
    const digest = hash('sha256', JSON.stringify([label, filters])).slice(0, digits);
    const view = `${label.slice(0, longestLabel - digits - 1)}.${digest}`;
    if (!sources.get(view)) {
      await deps.addSource({
        ...{ label: view, name: `${name} (filtered)`, from: [label], filters },
        ...{ ...(arch && { arch }), ...(release && { release }), ...(parent && { parent }) },
      });
    }
    return view;
  }

  /** Removes a view that was made for lenses when none shows it any more. */
  async function dropUnused(channel: string): Promise<void> {
    const { label } = channelName(channel);
    const view = sources.get(label);
    const own = view?.kind === 'view' && view.origin === 'state' && view.from.length === 1;
    if (!own || !madeFor(label, view.from[0]!) || lenses.showing(label).length > 0) return;
    await deps.removeSource(label).catch((error) => {
      // Somebody draws from it, or has it attached: then it is theirs.
      if (!(error instanceof AppError && error.kind === 'conflict')) throw error;
    });
  }

  function note(event: string, lens: Lens, by: string): void {
    const { scope, subject, label, channel } = lens;
    const instance = scope === 'instance' ? Number(subject) : undefined;
    const detail = `${scope} ${subject}: ${channel}`;
    deps.audit.note({ actor: by, event, instance, subject: label, detail });
  }

  const operations: LensOperations = {
    async setLens(request) {
      const { scope, subject, label, under, by } = request;
      const source = sources.get(label);
      if (!source) throw noSource(label);
      await deps.requireSubject(scope, subject);
      const before = lenses.find(request);
      const channel = await channelFor(source, request);
      const { filters, at, stage } = request;
      const definition: Definition = { filters, at, stage };
      const lens: Lens = { scope, subject, label, channel, under, definition };
      await lenses.put(lens);
      note('lens.set', lens, by);
      if (before && before.channel !== channel) await dropUnused(before.channel);
      return shown(lens);
    },

    async removeLens({ scope, subject, label, by }) {
      await deps.requireSubject(scope, subject);
      const [gone] = await lenses.remove(scope, subject, label);
      if (!gone) {
        throw new AppError('not_found', `${scope} ${subject} sees ${label} as it is already`);
      }
      note('lens.removed', gone, by);
      await dropUnused(gone.channel);
    },

    async listLenses(of) {
      if (of) await deps.requireSubject(of.scope, of.subject);
      const all = lenses.all();
      const some = of ? all.filter((l) => l.scope === of.scope && l.subject === of.subject) : all;
      return some.map(shown);
    },
  };

  return {
    operations,

    /** An instance or a group is gone, and what it saw with it. */
    async forget(scope: Lens['scope'], subject: string): Promise<void> {
      for (const gone of await lenses.remove(scope, subject)) await dropUnused(gone.channel);
    },

    /** Throws AppError 'conflict' where instances see a source instead of another. */
    refuseUsed: (label: string): void => refuseShown(lenses, label),
  };
}

/** Throws AppError 'conflict' where instances see a channel instead of a source. */
export function refuseShown(lenses: Pick<Lenses, 'showing'>, channel: string): void {
  const [lens] = lenses.showing(channel);
  if (!lens) return;
  const { scope, subject, label } = lens;
  throw new AppError('conflict', `${scope} ${subject} sees ${channel} as ${label}`, {
    hint: `take that away first: \`headwater ${scope} filter ${subject} ${label} --none\``,
  });
}

/** Whether a label is one of those that views get that are made for lenses of another. */
function madeFor(label: string, of: string): boolean {
  const start = `${of.slice(0, longestLabel - digits - 1)}.`;
  return label.startsWith(start) && /^[0-9a-f]{12}$/.test(label.slice(start.length));
}

function shown({ scope, subject, label, channel, under, definition }: Lens): ShownLens {
  return { scope, subject, label, channel, under, ...(definition as Definition) };
}
