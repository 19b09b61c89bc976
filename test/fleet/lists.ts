import { onTestFinished } from 'vitest';
import { fillIn } from '../../src/base/fill-in.ts';
import { createLog } from '../../src/base/log.ts';
import type { Source, SourceDefinition } from '../../src/base/source.ts';
import { type AttachingDeps, createAttaching } from '../../src/fleet/attaching.ts';
import { type ChannelReader, createChannelLists } from '../../src/fleet/channel-lists.ts';
import { createContentChanges } from '../../src/fleet/content-changes.ts';
import { createLenses } from '../../src/fleet/lenses.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createAttachmentTable } from '../../src/store/state/attachments.ts';
import { createChannelChangeTable } from '../../src/store/state/channel-changes.ts';
import { createGroupCommit } from '../../src/store/state/group-commit.ts';
import { createLensTable } from '../../src/store/state/lenses.ts';
import { openState, type StateDb } from '../../src/store/state/state.ts';
import { temporaryFolder } from '../support/app.ts';
import { projectRoot } from '../support/tools.ts';

type Note = Parameters<AttachingDeps['audit']['note']>[0];

/** Channel lists on a state database of their own, over sources whose content is what `digests` says. */
export async function channelWorld(definitions: SourceDefinition[]) {
  const sources = new Map<string, Source>(
    definitions.map((d) => [
      d.label,
      fillIn(d as Parameters<typeof fillIn>[0], projectRoot, 'file'),
    ]),
  );
  const folder = await temporaryFolder();
  const state = openState(dataPaths(folder));
  onTestFinished(() => state.destroy());
  const digests = new Map([...sources.keys()].map((label) => [label, `${label} 1`]));
  const notes: Note[] = [];
  const parts = await open(state, { sources, digests, notes });
  return {
    ...parts,
    state,
    sources,
    digests,
    notes,
    reopen: () => open(state, { sources, digests, notes }),
  };
}

async function open(
  state: StateDb,
  world: { sources: Map<string, Source>; digests: Map<string, string>; notes: Note[] },
) {
  const attachments = createAttachmentTable(state);
  const commits = createGroupCommit(state);
  const lenses = await createLenses(createLensTable(state));
  const source = (label: string) => world.sources.get(label);
  const changes = await createContentChanges({
    table: createChannelChangeTable(state),
    log: createLog('error'),
    digestOf: async (channel) => world.digests.get(channel),
    drawsOn: (channel, label) => channel.split('@')[0] === label,
    latest: attachments.latestSince,
  });
  const lists = createChannelLists({
    attachments,
    commits,
    changes,
    source,
    lensOf: lenses.of,
    keyUrl: () => '',
  });
  const attaching = createAttaching({
    ...{ attachments, commits, changes, lists, source },
    sources: () => [...world.sources.values()],
    defaults: () => [{ release: '8', arch: 'x86_64', sources: ['base', 'addons'] }],
    ofGroup: async (group) => (group === 'web' ? ['base', 'extra'] : []),
    audit: { note: (entry) => world.notes.push(entry) },
  });
  return { attachments, lenses, changes, lists, attaching };
}

let last = 1_000_010_000;

/** An instance that the state database knows. */
export async function reader(
  state: StateDb,
  about: Partial<Omit<ChannelReader, 'id'>> = {},
): Promise<ChannelReader> {
  const id = last++;
  const { osRelease = '8', arch = 'x86_64-redhat-linux', groups = [] } = about;
  await state
    .insertInto('instance')
    .values({
      ...{ id, name: `host${id}`, state: 'registered', credential: Buffer.alloc(32) },
      ...{ os_name: 'oraclelinux-release', os_release: osRelease, arch, owner: 'admin' },
      registered_at: new Date().toISOString(),
      twin_of: null,
    })
    .execute();
  return { id, osRelease, arch, groups };
}
