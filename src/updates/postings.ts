import type { Fleet, Member } from './fleet.ts';

/** After so many instances changed, what is where is put together anew. */
const mostChanged = 200;

/** Which instances have a version of a package. */
export function createPostings(fleet: Fleet) {
  let members: Member[] = [];
  let starts = new Uint32Array(1);
  let places = new Uint32Array();
  /** Instances that changed since it was put together. */
  const changed = new Set<Member>();
  let built = false;

  function build(): void {
    members = [...fleet.all()];
    let highest = 0;
    let total = 0;
    for (const { tops } of members) {
      for (const id of tops!) if (id > highest) highest = id;
      total += tops!.length;
    }
    starts = new Uint32Array(highest + 2);
    for (const { tops } of members) for (const id of tops!) starts[id + 1]!++;
    for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!;
    const next = starts.slice();
    places = new Uint32Array(total);
    for (const [place, { tops }] of members.entries()) {
      for (const id of tops!) places[next[id]!++] = place;
    }
    changed.clear();
    built = true;
  }

  return {
    /** Calls `take` with each instance of which one of these is the highest version of its name and architecture. */
    visit(ids: ReadonlySet<number>, take: (member: Member, id: number) => void): void {
      for (const member of fleet.changes()) changed.add(member);
      fleet.load(fleet.all());
      for (const member of fleet.changes()) changed.add(member);
      if (!built || changed.size > mostChanged) build();
      for (const id of ids) {
        const end = starts[id + 1] ?? 0;
        for (let i = starts[id] ?? 0; i < end; i++) {
          const member = members[places[i]!]!;
          if (!changed.has(member)) take(member, id);
        }
      }
      for (const member of changed) {
        if (fleet.find(member.id) !== member) continue;
        for (const id of member.tops!) if (ids.has(id)) take(member, id);
      }
    },
  };
}

export type Postings = ReturnType<typeof createPostings>;
