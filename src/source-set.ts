import { AppError } from './base/errors.ts';
import { fillIn } from './base/fill-in.ts';
import { issuesOf } from './base/issues.ts';
import {
  type MirroredSource,
  type Source,
  type SourceDefinition,
  sourceSchema,
} from './base/source.ts';
import type { Config } from './cli/config.ts';
import { checkGraph, needing } from './source-graph.ts';
import type { CustomPackageTable } from './store/state/custom-packages.ts';
import type { SourceTable } from './store/state/sources.ts';

interface SourceSetStores {
  sourceTable: SourceTable;
  customPackages: Pick<CustomPackageTable, 'sources'>;
}

export type SourceSet = Awaited<ReturnType<typeof createSourceSet>>;

/**
 * All sources: those of the configuration file, which commands cannot change, and those added by command. Throws AppError
 * 'config' where a label is in both, where one draws from a source that is not there, or from itself in the end.
 */
export async function createSourceSet(
  { sourceTable: table, customPackages }: SourceSetStores,
  config: Config,
) {
  let sources = await load(config);
  let generation = 0;
  let current = config;
  const paused = new Set(await table.paused());

  async function load(from: Config): Promise<Map<string, Source>> {
    const all = new Map(from.sources.map((s) => [s.label, s]));
    const taken = await customPackages.sources();
    for (const { label, definition } of await table.all()) {
      if (all.has(label)) {
        throw new AppError(
          'config',
          `source ${label} is in ${from.file} and was also added by command`,
          {
            hint: `take it out of the file; to keep it there, run \`headwater source remove ${label}\` before it is put back`,
          },
        );
      }
      const source = fillIn(sourceSchema.parse(definition), '/', 'state');
      if (source.kind === 'custom') source.from = taken.get(label) ?? [];
      all.set(label, source);
    }
    checkGraph(all, 'config');
    return all;
  }

  function refuseFile(label: string, hint: string): void {
    if (sources.get(label)?.origin !== 'file') return;
    throw new AppError('conflict', `source ${label} is in ${current.file}`, { hint });
  }

  /** A source that was added by command as it would be with another definition. Throws AppErrors. */
  async function edited(label: string, edit: (definition: SourceDefinition) => unknown) {
    const all = await table.all();
    const definition = edit(all.find((s) => s.label === label)!.definition as SourceDefinition);
    const source = checkedSource(definition);
    checkGraph(new Map(sources).set(label, source), 'usage');
    return { definition, source };
  }

  /** Gives a source that was added by command another definition. Throws AppErrors, and changes nothing then. */
  async function change(
    label: string,
    edit: (definition: SourceDefinition) => unknown,
  ): Promise<Source> {
    const { definition, source } = await edited(label, edit);
    const before = sources.get(label);
    if (source.kind === 'custom' && before?.kind === 'custom') source.from = before.from;
    await table.change(label, definition);
    generation++;
    sources.set(label, source);
    return source;
  }

  function checkNew(definition: unknown): Source {
    const source = checkedSource(definition);
    if (sources.has(source.label)) {
      throw new AppError('conflict', `source ${source.label} exists already`);
    }
    checkGraph(new Map(sources).set(source.label, source), 'usage');
    return source;
  }

  const refuseFilters = (label: string) =>
    refuseFile(label, 'change its filters there and reload (SIGHUP)');

  const withFilters =
    (filters: unknown[]) =>
    ({ filters: _, ...rest }: SourceDefinition): unknown => ({
      ...rest,
      ...(filters.length > 0 && { filters }),
    });

  return {
    get: (label: string): Source | undefined => sources.get(label),
    all: (): Source[] => [...sources.values()],
    /** Another number whenever a source was added, removed or defined otherwise. */
    generation: (): number => generation,
    /** Those that have an upstream. */
    mirrored: (): MirroredSource[] => [...sources.values()].filter((s) => s.kind === 'mirrored'),

    /** Notes which sources the packages of a custom one were taken from. */
    tookFrom(label: string, from: readonly string[]): void {
      const source = sources.get(label);
      if (source?.kind === 'custom') source.from = from;
    },

    /** The definition of a source that was added by command; undefined for others. */
    async definition(label: string): Promise<SourceDefinition | undefined> {
      const found = (await table.all()).find((s) => s.label === label);
      return found?.definition as SourceDefinition | undefined;
    },

    /** Whether an operator paused it: its schedule does not count. */
    isPaused: (label: string): boolean => paused.has(label),

    /** Whether it was not paused before. */
    async pause(label: string): Promise<boolean> {
      paused.add(label);
      return table.pause(label);
    },

    /** Whether it was paused. */
    async resume(label: string): Promise<boolean> {
      paused.delete(label);
      return table.resume(label);
    },

    async reload(next: Config): Promise<void> {
      sources = await load(next);
      generation++;
      current = next;
    },

    /** What `add` would add. Throws as that does, and changes nothing. */
    checkNew,

    /** Adds a source by command. Throws AppError 'usage' on a definition that is none, 'conflict' on a label in use. */
    async add(definition: unknown): Promise<Source> {
      const source = checkNew(definition);
      await table.add(source.label, definition);
      generation++;
      sources.set(source.label, source);
      return source;
    },

    /**
     * Gives a source that was added by command other base URLs. Throws AppError 'conflict' if it is in the file, 'usage' on
     * what is no URL.
     */
    async setUrls(label: string, urls: string[]): Promise<Source> {
      refuseFile(label, 'change its upstream there and reload (SIGHUP)');
      return change(label, ({ upstream, mirrorlist, metalink, ...rest }) => ({
        ...rest,
        upstream: urls,
      }));
    },

    /**
     * Gives a view that was added by command other filters, as the configuration file writes them; an empty list for none.
     * Throws AppError 'conflict' if it is in the file, 'usage' on what are no filters.
     */
    async setFilters(label: string, filters: unknown[]): Promise<Source> {
      refuseFilters(label);
      return change(label, withFilters(filters));
    },

    /** What `redefine` would make of a source. Throws as that does, and changes nothing. */
    async checkDefinition(label: string, definition: unknown): Promise<Source> {
      refuseFile(label, 'change it there and reload (SIGHUP)');
      const { source } = await edited(label, () => definition);
      const before = sources.get(label)!;
      if (source.label !== label || source.kind !== before.kind) {
        throw new AppError('usage', `source ${label} is a ${before.kind} one and stays so`, {
          hint: 'make another source, under a label of its own',
        });
      }
      return source;
    },

    /** Gives a source that was added by command another definition. Throws AppErrors 'conflict', 'usage'. */
    async redefine(label: string, definition: unknown): Promise<Source> {
      await this.checkDefinition(label, definition);
      return change(label, () => definition);
    },

    /** What `setFilters` would make of a view. Throws as that does, and changes nothing. */
    async checkFilters(label: string, filters: unknown[]): Promise<Source> {
      refuseFilters(label);
      return (await edited(label, withFilters(filters))).source;
    },

    /**
     * Removes a source that was added by command; false if there is none. Throws AppError 'conflict' if it is in the file, or
     * others draw from it, are checked with it, or are its children.
     */
    async remove(label: string): Promise<boolean> {
      refuseFile(
        label,
        'take it out of that file and reload (SIGHUP), then remove what is left of it',
      );
      const others = needing(sources, label);
      if (others.length > 0) {
        throw new AppError(
          'conflict',
          `source ${label} cannot be removed: ${others.join(', ')} would lose what they need`,
          { hint: 'remove those first' },
        );
      }
      generation++;
      sources.delete(label);
      paused.delete(label);
      return table.remove(label);
    },
  };
}

/** Throws AppError 'usage' on a definition that is none. */
function checkedSource(definition: unknown): Source {
  const checked = sourceSchema.safeParse(definition);
  if (checked.success) return fillIn(checked.data, '/', 'state');
  const [issue] = issuesOf(checked.error);
  throw new AppError(
    'usage',
    ['this is no source', issue?.path.join('.'), issue?.message].filter(Boolean).join(': '),
  );
}
