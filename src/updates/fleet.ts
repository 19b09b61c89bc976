import { AppError } from '../base/errors.ts';
import type { FleetReader } from '../store/state/fleet-reader.ts';
import { profileColumns } from '../store/state/packed-profile.ts';
import { createNames, createScratch, type NameArch, type Names } from './installed.ts';
import type { Delta, SeenList } from './protocol.ts';
import type { InUse } from './streams.ts';
import type { NotedModules } from './updates.ts';

/** An instance as far as updates go. */
export interface Member {
  id: number;
  list: SeenList;
  /** Of each name and architecture the highest version; undefined where it is not read yet. */
  tops: Uint32Array | undefined;
  /** Whether it said what is installed. */
  reported: boolean;
  /** What it said of its modules; undefined for nothing. */
  noted: NotedModules | undefined;
  /** When a package that takes a reboot was installed last, in seconds since 1970; 0 for never. */
  rebootAfter: number;
  /** What was found; undefined where that is to be done again. */
  result: Result | undefined;
}

export interface Result {
  /** As `countColumns` has it, but for the last two. */
  counts: Int32Array;
  /** Numbers of advisories of which something is lacking, ascending. */
  pending: Uint32Array;
  useNow: InUse;
  useUpstream: InUse;
}

/** So many profiles are read at a time. */
const batch = 500;

/** The instances, and which version of a package is installed where. */
export function createFleet(reader: FleetReader) {
  const members = new Map<number, Member>();
  const lists = new Map<number, SeenList>();
  /** Without a result, or not read. */
  const stale = new Set<Member>();
  const names: Names = createNames();
  const tops = createScratch(names);
  /** Counts what was read: who keeps what follows from it sees whether it is so still. */
  let generation = 0;
  /** Those read since `changes` was asked for last. */
  let changed = new Set<Member>();

  function read(some: readonly Member[]): void {
    const ids = some.map((member) => member.id);
    const profiles = reader.profiles(ids);
    const noted = reader.settings('module_streams', ids);
    const columns = some.map((member) => {
      const packed = profiles.get(member.id);
      return packed && profileColumns(packed);
    });
    const missing = new Set<number>();
    for (const column of columns) {
      for (const id of column?.ids ?? []) if (!names.has(id)) missing.add(id);
    }
    if (missing.size > 0) for (const pkg of reader.nevras([...missing])) names.add(pkg);
    for (const [i, member] of some.entries()) {
      const column = columns[i];
      member.noted = noted.get(member.id) as NotedModules | undefined;
      member.reported = column !== undefined;
      Object.assign(member, column ? digest(column) : { tops: new Uint32Array(), rebootAfter: 0 });
      member.result = undefined;
      stale.add(member);
      changed.add(member);
    }
    generation++;
  }

  /** The highest version of each name and architecture, and when what takes a reboot was installed last. */
  function digest({ ids, times }: ReturnType<typeof profileColumns>) {
    tops.clear();
    const found: NameArch[] = [];
    let rebootAfter = 0;
    for (const [i, id] of ids.entries()) {
      // One whose version was removed meanwhile is another profile's by now.
      if (!names.has(id)) continue;
      const { nameArch, evr, reboot } = names.get(id);
      if (reboot && times[i]! > rebootAfter) rebootAfter = times[i]!;
      const before = tops.get(nameArch);
      if (before === undefined) found.push(nameArch);
      if (before === undefined || names.get(before).evr < evr) tops.set(nameArch, id);
    }
    return { tops: Uint32Array.from(found, (nameArch) => tops.get(nameArch)!), rebootAfter };
  }

  return {
    names,
    lists,
    stale,
    all: (): Iterable<Member> => members.values(),
    size: () => members.size,
    find: (id: number): Member | undefined => members.get(id),

    apply({ lists: changedLists, goneLists, placed, dirty, gone }: Delta): void {
      for (const list of changedLists) lists.set(list.number, list);
      for (const [id, number] of placed) {
        const list = lists.get(number)!;
        const member = members.get(id);
        if (member) member.list = list;
        else members.set(id, unread(id, list));
      }
      const isChanged = new Set(changedLists.map((list) => list.number));
      if (isChanged.size > 0 || placed.length > 0) {
        const isPlaced = new Set(placed.map(([id]) => id));
        for (const member of members.values()) {
          if (!isChanged.has(member.list.number) && !isPlaced.has(member.id)) continue;
          member.list = lists.get(member.list.number)!;
          member.result = undefined;
          stale.add(member);
        }
      }
      for (const id of dirty) {
        const member = members.get(id);
        if (!member) continue;
        member.tops = undefined;
        member.result = undefined;
        stale.add(member);
      }
      for (const id of gone) {
        const member = members.get(id);
        if (!member) continue;
        members.delete(id);
        stale.delete(member);
        changed.add(member);
      }
      for (const number of goneLists) lists.delete(number);
    },

    /** Reads what is installed on those of which that is not known. */
    load(some: Iterable<Member>): void {
      let wanted: Member[] = [];
      for (const member of some) {
        if (member.tops) continue;
        if (wanted.push(member) < batch) continue;
        read(wanted);
        wanted = [];
      }
      if (wanted.length > 0) read(wanted);
    },

    /** Throws AppError 'not_found'. */
    require(id: number): Member & { tops: Uint32Array } {
      const member = members.get(id);
      if (!member) throw new AppError('not_found', `there is no instance ${id}`);
      if (!member.tops) read([member]);
      return member as Member & { tops: Uint32Array };
    },

    generation: () => generation,

    /** Those that were read, or went, since this was asked last. */
    changes(): Set<Member> {
      const since = changed;
      changed = new Set();
      return since;
    },
  };
}

export type Fleet = ReturnType<typeof createFleet>;

const unread = (id: number, list: SeenList): Member => ({
  ...{ id, list, tops: undefined, reported: false, noted: undefined },
  ...{ rebootAfter: 0, result: undefined },
});
