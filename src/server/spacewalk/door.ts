import type { Context } from 'koa';
import type { Log } from '../../base/log.ts';
import type { Source } from '../../base/source.ts';
import type { Actions } from '../../fleet/actions.ts';
import type { Advisories } from '../../fleet/advisories.ts';
import type { ChannelLists } from '../../fleet/channel-lists.ts';
import type { Instance, Instances } from '../../fleet/instances.ts';
import type { Profiles } from '../../fleet/profiles.ts';
import type { Registration } from '../../fleet/registration.ts';
import type { Tokens } from '../../fleet/tokens.ts';
import type { Audit } from '../../identity/audit.ts';
import type { SlowDown } from '../../identity/slow-down.ts';
import type { Users } from '../../identity/users.ts';
import type { ChannelFiles } from '../yum/channel-files.ts';

/** What the door of Spacewalk's clients needs from the rest. */
export interface SpacewalkDoor {
  log: Log;
  instances: Pick<
    Instances,
    'bySystemid' | 'get' | 'seen' | 'setRelease' | 'setHardware' | 'remove'
  >;
  registration: Pick<Registration, 'register' | 'requireAllowed'>;
  users: Pick<Users, 'check'>;
  profiles: Pick<Profiles, 'replace' | 'change'>;
  audit: Pick<Audit, 'note'>;
  slowDown: Pick<SlowDown, 'failed' | 'succeeded'>;
  tokens: Pick<Tokens<Instance>, 'issue' | 'verify'>;
  channelLists: Pick<ChannelLists, 'list' | 'served' | 'attached'> & {
    attach(ids: readonly number[], labels: readonly string[], by: { by: string }): Promise<void>;
    detach(ids: readonly number[], labels: readonly string[], by: string): Promise<void>;
    attachable(instance: Instance): Promise<Source[]>;
    moveToRelease(instance: Instance): Promise<void>;
  };
  actions: Pick<Actions, 'next' | 'submit' | 'future' | 'length'>;
  advisories: Pick<Advisories, 'packagesOf'>;
  files: ChannelFiles;
  /** Brings a channel up to what instances were told of it. */
  fresh(channel: string): Promise<void>;
  /** Who asks: of a trusted proxy, whom it says. */
  clientAddress(ctx: Context): string;
}
