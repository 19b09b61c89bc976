import { createModuleLists, type ListedStream } from '../channels/listing/modules.ts';
import { createOrders } from '../channels/listing/orders.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { Engine, Standing } from './engine.ts';
import type { InstanceModule } from './updates.ts';

/** Tells the streams of modules that an instance sees, by module and stream, and which of them it uses. */
export function createInstanceModules(engine: Engine, objects: Objects) {
  const orders = createOrders(objects);
  const streamsOf = createModuleLists();
  const { loader } = engine;

  async function seenBy({ member }: Standing) {
    const found = new Map<string, { stream: ListedStream; sources: Set<string> }>();
    for (const seen of member.list.now) {
      const content = await loader.content(seen);
      const streams = await loader.contents.reading([content], async (reading) =>
        streamsOf(reading, content, await orders.parts(reading, content, 'package')),
      );
      for (const stream of streams) {
        const key = JSON.stringify([stream.module, stream.stream]);
        const before = found.get(key);
        if (before) before.sources.add(seen.label);
        else found.set(key, { stream, sources: new Set([seen.label]) });
      }
    }
    return [...found.values()];
  }

  return async (id: number): Promise<InstanceModule[]> => {
    const own = await engine.standing(id);
    const { member, useNow } = own;
    const { names } = engine.fleet();
    const installed = new Set([...member.tops].map((top) => names.get(top).nameArch.name));
    const all = (await seenBy(own)).map(({ stream: one, sources }): InstanceModule => {
      const { module, stream, version, isDefault, description } = one;
      const chosen = useNow.chosen.get(module);
      const inUse = chosen === stream;
      const noted = member.noted?.[module];
      const state =
        chosen === null ? 'disabled' : !inUse ? 'none' : stateOf(useNow.byDefault, module);
      return {
        ...{ module, stream, version, isDefault, state },
        noted: noted !== undefined,
        summary: description,
        sources: [...sources].sort(),
        profiles: one.profiles.map(({ name, packages, isDefault: usual }) => ({
          ...{ name, isDefault: usual, packages },
          // What the machine says counts; else that all of it is there.
          installed:
            inUse &&
            (noted?.profiles?.includes(name) ??
              (packages.length > 0 && packages.every((pkg) => installed.has(pkg)))),
        })),
      };
    });
    return all.sort((a, b) =>
      a.module === b.module ? compare(a.stream, b.stream) : compare(a.module, b.module),
    );
  };
}

const stateOf = (byDefault: ReadonlySet<string>, module: string): 'default' | 'enabled' =>
  byDefault.has(module) ? 'default' : 'enabled';

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
