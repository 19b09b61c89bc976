import { AppError } from './base/errors.ts';
import { channelName } from './channels/channels.ts';
import type { Resolver } from './channels/resolve.ts';
import type { ChannelLists } from './fleet/channel-lists.ts';
import type { Instances } from './fleet/instances.ts';
import type { Profiles } from './fleet/profiles.ts';
import type { PreviewOperations } from './server/control/preview.ts';
import type { DataPaths } from './store/paths.ts';
import type { InstanceSettingTable } from './store/state/instance-settings.ts';
import { createPreviewThread } from './updates/preview/thread.ts';
import type { NotedModules } from './updates/updates.ts';

interface Deps {
  paths: DataPaths;
  instances: Pick<Instances, 'require'>;
  channelLists: Pick<ChannelLists, 'channels'>;
  profiles: Pick<Profiles, 'of' | 'count'>;
  settings: Pick<InstanceSettingTable, 'of'>;
  resolver: Pick<Resolver, 'resolve'>;
}

/** What would be done on instances, as they are and with the channels that they see now. */
export function createPreviewPart(deps: Deps): PreviewOperations & { close(): Promise<void> } {
  const thread = createPreviewThread(deps.paths);

  return {
    async previewInstance(id, wish) {
      const instance = await deps.instances.require(id);
      if (Object.values(wish).every((value) => value === undefined || value?.length === 0)) {
        throw new AppError('usage', 'nothing is asked for', {
          hint: `headwater instance preview ${id} --update-all`,
        });
      }
      if ((await deps.profiles.count(id)) === undefined) {
        throw new AppError('conflict', `instance ${id} has not said yet what is installed on it`, {
          hint: 'it does with its next check-in after `rhn-profile-sync` or `dnf`',
        });
      }
      const channels: { label: string; manifest: string }[] = [];
      for (const channel of await deps.channelLists.channels(instance)) {
        const { label, spec } = channelName(channel);
        const found = await deps.resolver.resolve(label, spec).catch(nothingYet);
        if (found) channels.push({ label: channel, manifest: found.manifest });
      }
      const noted = (await deps.settings.of(id)).module_streams as NotedModules | undefined;
      return thread.preview({
        channels,
        installed: await deps.profiles.of(id),
        arch: machineOf(instance.arch),
        modules: noted ?? null,
        kernel: instance.kernel,
        wish,
      });
    },
    close: thread.close,
  };
}

/** `x86_64` of x86_64-redhat-linux. */
const machineOf = (arch: string): string => arch.split('-')[0]!;

function nothingYet(error: unknown): undefined {
  if (!(error instanceof AppError) || error.kind !== 'not_found') throw error;
}
