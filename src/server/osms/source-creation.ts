import { AppError, explain } from '../../base/errors.ts';
import { labelSchema, type Source, type SourceDefinition } from '../../base/source.ts';
import type { createTurns } from '../../fleet/turns.ts';
import type { OsmsDeps } from './door.ts';
import { apiError, notAuthorizedOrNotFound } from './errors.ts';
import { archOf, archTypeOf } from './names.ts';
import type { Call } from './operation.ts';
import { type Headwater, mergedDefinition } from './source-headwater.ts';
import { aboutOf } from './source-shapes.ts';

/** What a client says of a source that is to be. */
interface NewSource {
  displayName: string;
  archType: string;
  parentId?: string | undefined;
  headwater?: Headwater | undefined;
  [described: string]: unknown;
}

const type = 'osms-software-sources';
const longestLabel = 128;

/** Makes sources of what clients say. */
export function createNewSources(deps: OsmsDeps, inTurn: ReturnType<typeof createTurns>) {
  const { operations, sources } = deps;
  const { resources } = deps.identity;

  async function mayRead(call: Call, label: string): Promise<boolean> {
    if (!sources.get(label)) return false;
    const { ocid: target, compartment } = await resources.of('source', label);
    return call.may({ verb: 'read', type, target, compartment });
  }

  /** Throws AppError 'usage' where a source would be made of others that the caller may not read, as for those there are none of. */
  async function refuseUnseen(call: Call, wanted: Headwater | undefined): Promise<void> {
    const { from, follows, strict } = (wanted ?? {}) as Partial<SourceDefinition>;
    const named: [string, string][] = [
      ...(from ?? []).map((p): [string, string] => ['from', typeof p === 'string' ? p : p.source]),
      ...(follows ? [['follows', follows] satisfies [string, string]] : []),
      ...(typeof strict === 'object' && strict ? strict.with : []).map(
        (label): [string, string] => ['strict.with', label],
      ),
    ];
    for (const [key, label] of named) {
      if (await mayRead(call, label)) continue;
      throw apiError('InvalidParameter', `headwater.${key}: there is no source ${label}`);
    }
  }

  function parentOf(call: Call, id: string | undefined): Source | undefined {
    if (id === undefined) return undefined;
    const found = resources.byOcid('source', id);
    const parent = found && sources.get(found.subject);
    if (!parent) throw notAuthorizedOrNotFound();
    const { ocid: target, compartment } = found;
    call.require({ verb: 'read', type, target, compartment });
    return parent;
  }

  /** Whether something is left of a source of this label that is gone: that is not for whoever makes another. */
  async function isLeft(label: string): Promise<boolean> {
    if (await deps.managed.channelLists.isNamed(label)) return true;
    try {
      // Revisions of one that the configuration file had.
      await operations.showSource(label);
      return true;
    } catch (error) {
      if (error instanceof AppError && error.kind === 'not_found') return false;
      throw error;
    }
  }

  /** One of its own, like the name that people give it. */
  async function labelFor(name: string): Promise<string> {
    const plain = name
      .normalize('NFKD')
      .replaceAll(/\p{M}/gu, '')
      .replaceAll(/[^A-Za-z0-9_.:-]+/g, '-')
      .replaceAll(/^[-.:]+|[-.:]+$/g, '')
      .replace(/(\.repo)+$/, '')
      .slice(0, longestLabel - 5);
    const base = labelSchema.safeParse(plain).success ? plain : `source-${plain}`.slice(0, 100);
    for (let n = 1; ; n++) {
      const label = n === 1 ? base : `${base}-${n}`;
      if (sources.get(label) || !labelSchema.safeParse(label).success) continue;
      if (!(await isLeft(label))) return label;
    }
  }

  function archFor(archType: string, wanted: unknown): string {
    const arch = archOf(archType);
    if (arch === undefined)
      throw apiError('InvalidParameter', `archType: no source has ${archType}`);
    if (typeof wanted !== 'string') return arch;
    if (archTypeOf(wanted) !== archType && archTypeOf(wanted) !== undefined) {
      throw apiError('InvalidParameter', `headwater.arch: ${wanted} is not ${archType}`);
    }
    return wanted;
  }

  const origins = ['upstream', 'mirrorlist', 'metalink', 'from', 'follows'];

  async function create(call: Call<unknown, NewSource>): Promise<Source> {
    const { displayName, archType, parentId, headwater = {}, ...about } = call.body;
    const { label: wanted, arch: said, ...rest } = headwater;
    const parent = parentOf(call, parentId);
    await refuseUnseen(call, headwater);
    const isCustom = !origins.some((key) => rest[key] !== undefined && rest[key] !== null);
    const arch = archFor(archType, said);
    // As nothing else tells a custom source which machines it is for.
    const release = isCustom ? parent?.release : undefined;
    // One after the other: what a label is given to is asked and done in one.
    return inTurn('', async () => {
      const label = typeof wanted === 'string' ? wanted : await labelFor(displayName);
      if (sources.get(label)) throw apiError('IncorrectState', `source ${label} exists already`);
      if (label === wanted && (await isLeft(label))) {
        throw apiError(
          'IncorrectState',
          `there was a source ${label}, of which something is left`,
          {
            hint: 'take another label, or have whoever runs this server make it by command',
          },
        );
      }
      const definition = mergedDefinition(
        {
          ...{ label, name: displayName, arch },
          ...(parent && { parent: parent.label }),
          ...(release !== undefined && { release }),
          ...(isCustom && { custom: true }),
        },
        rest,
      );
      // First, so that nobody meets it in another compartment.
      const { compartment } = call.target;
      await resources.change('source', label, { compartment, details: aboutOf(about) });
      try {
        await asParameter(operations.addSource(definition));
      } catch (error) {
        await resources.forget('source', label);
        throw error;
      }
      return sources.get(label)!;
    });
  }

  return Object.assign(create, { refuseUnseen });
}

/** A definition that cannot be served, as a client is told of it. */
export async function asParameter<T>(defined: Promise<T>): Promise<T> {
  try {
    return await defined;
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'invalid') throw error;
    throw apiError('InvalidParameter', `headwater: ${explain(error)}`);
  }
}
