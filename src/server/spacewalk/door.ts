import type { Context } from 'koa';
import type { Log } from '../../base/log.ts';
import type { XmlRpcValue } from '../../base/xmlrpc-value.ts';
import type { ChannelFiles } from '../yum/channel-files.ts';

/** What the door of Spacewalk's clients needs from the rest. */
export interface SpacewalkDoor {
  log: Log;
  instances: {
    /** Throws refused('systemid'). */
    bySystemid(id: number, credential: string): Promise<Instance>;
    get(id: number): Promise<Instance | undefined>;
    /** What a call shows of its instance; also that a registration has been finished. */
    seen(instance: Instance, about: Seen): void;
    setRelease(id: number, osRelease: string): Promise<Instance>;
    setHardware(id: number, entries: Record<string, XmlRpcValue>[]): Promise<void>;
    remove(id: number, by: string): Promise<void>;
  };
  registration: {
    register(
      request: RegistrationRequest,
      address: string,
    ): Promise<{ instance: Instance; credential: string }>;
  };
  users: {
    /** The user's name. Throws refused('login'). */
    check(name: string, password: string, address?: string): Promise<string>;
  };
  profiles: {
    replace(id: number, packages: ProfilePackage[]): Promise<void>;
    change(
      id: number,
      change: { added: ProfilePackage[]; deleted: ProfilePackage[] },
    ): Promise<void>;
  };
  audit: {
    note(entry: {
      actor: string;
      event: string;
      instance?: number;
      subject?: string;
      address?: string;
      detail?: string;
    }): void;
  };
  slowDown: {
    /** Returns later with each failure. */
    failed(address: string, identity: string): Promise<void>;
    succeeded(address: string, identity: string): void;
  };
  tokens: {
    issue(instance: Instance): Promise<LoginToken>;
    /** Throws refused('token_missing' | 'token_invalid' | 'token_expired'). */
    verify(token: Partial<LoginToken>): Promise<Instance>;
  };
  channelLists: {
    /** The parent first. */
    list(instance: Instance): Promise<ListedChannel[]>;
    /** The name of the channel to read for a label; undefined where it is not attached, or not there. */
    served(instance: Instance, label: string): Promise<string | undefined>;
    attach(ids: number[], labels: string[], by: string): Promise<void>;
    detach(ids: number[], labels: string[], by: string): Promise<void>;
    attachable(instance: Instance): Promise<AttachableSource[]>;
    moveToRelease(instance: Instance, release: string): Promise<void>;
  };
  actions: {
    next(instance: Instance, about: { uptimeSeconds?: number }): Promise<OfferedAction | undefined>;
    submit(
      instance: Instance,
      id: number,
      /** `status` is undefined where the client said no number. */
      result: { status: number | undefined; message: string; data: unknown },
    ): Promise<void>;
    future(instance: Instance, hours: number): Promise<OfferedAction[]>;
    length(instance: Instance): Promise<number>;
  };
  advisories: {
    /** Its packages in the instance's channels. Throws refused('no_such_advisory'). */
    packagesOf(instance: Instance, number: number): Promise<Omit<ProfilePackage, 'installedAt'>[]>;
  };
  files: ChannelFiles;
  /** Where a channel has the package of which this is the file name, percent-encoded; undefined if it has none. */
  packagePath(channel: string, fileName: string): Promise<string | undefined>;
  /** Who asks: of a trusted proxy, whom it says. */
  clientAddress(ctx: Context): string;
}

export interface Instance {
  id: number;
  name: string;
  osName: string;
  osRelease: string;
  arch: string;
  owner: string;
}

export interface Seen {
  address: string;
  capabilities?: string;
  agentVersion?: string;
  kernel?: string;
  bootedAt?: Date;
}

export interface RegistrationRequest {
  name: string;
  osName: string;
  osRelease: string;
  arch: string;
  keys?: string[];
  user?: { name: string; password: string };
  smbiosUuid?: string;
  smbios?: Record<string, string>;
  agentVersion?: string;
  capabilities?: string;
}

export interface ProfilePackage {
  name: string;
  epoch: string;
  version: string;
  release: string;
  arch: string;
  /** Seconds since 1970. */
  installedAt?: number;
}

export interface LoginToken {
  serverId: string;
  userId: string;
  auth: string;
  serverTime: string;
  expireOffset: string;
}

export interface ListedChannel {
  id: number;
  label: string;
  name: string;
  parent: string | undefined;
  arch: string;
  summary: string;
  /** YYYYMMDDHHMMSS. */
  lastModified: string;
  gpgKeyUrl: string;
}

export interface AttachableSource {
  label: string;
  name: string;
  parent?: string | undefined;
}

export interface OfferedAction {
  id: number;
  kind: string;
  params: XmlRpcValue[];
}
