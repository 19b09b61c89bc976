import { release } from '../../base/memory.ts';
import type { PackGroup } from '../../store/objects/pack.ts';
import type { OpenPack } from './sequence.ts';

/** How many groups are kept open: neighbouring pieces share some. */
const most = 3;

interface Entry {
  opened: Promise<Buffer>;
  users: number;
  left: boolean;
}

/** Lends groups of packs, decompressed. Their memory is given free at once, as there are hundreds of megabytes of them. */
export function createGroups() {
  const entries = new Map<string, Entry>();

  async function free(entry: Entry): Promise<void> {
    if (!entry.left || entry.users > 0) return;
    release(await entry.opened);
  }

  return {
    async borrow(pack: OpenPack, group: PackGroup): Promise<{ bytes: Buffer; giveBack(): void }> {
      const name = `${pack.name} ${group.first}`;
      let entry = entries.get(name);
      if (!entry) {
        entry = { opened: pack.reader.open(group), users: 0, left: false };
        entry.opened.catch(() => entries.delete(name));
        entries.set(name, entry);
        const [oldest] = entries;
        if (entries.size > most) {
          const [key, left] = oldest!;
          entries.delete(key);
          left.left = true;
          free(left).catch(() => {});
        }
      }
      entry.users++;
      const own = entry;
      return {
        bytes: await entry.opened,
        giveBack(): void {
          own.users--;
          void free(own);
        },
      };
    },
  };
}
