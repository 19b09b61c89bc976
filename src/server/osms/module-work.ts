import { z } from 'zod';
import type { Step } from '../../fleet/run-work.ts';
import type { OsmsDeps } from './door.ts';
import { startWork } from './instance-work.ts';
import { type Operation, operation } from './operation.ts';

const name = z.string().min(1).max(255);
const stream = { moduleName: name, streamName: name.optional() };
const profile = { ...stream, profileName: name.optional() };
const streamDetails = z.object({ moduleName: name, streamName: name });
const profileDetails = streamDetails.extend({ profileName: name });
const list = <T extends z.ZodType>(one: T) => z.array(one).max(100).optional();

type ModuleStep = Extract<Step, { kind: 'modules' }>;

interface Named {
  moduleName: string;
  streamName?: string | undefined;
  profileName?: string | undefined;
}

const specOf = ({ moduleName: module, streamName, profileName }: Named) => ({
  module,
  ...(streamName !== undefined && { stream: streamName }),
  ...(profileName !== undefined && { profile: profileName }),
});

/** What instances are given to do with modules. */
export function moduleWorkOperations(deps: OsmsDeps): Operation[] {
  const at = '/managedInstances/{managedInstanceId}/actions';
  const common = {
    method: 'POST',
    permission: { verb: 'use', type: 'osms-managed-instances', of: 'instance' },
    answer: { status: 202 },
  } as const;

  /** An operation on the stream or profile that the query names. */
  const onOne = <Q extends z.ZodType<Named>>(
    line: string,
    about: { summary: string; query: Q },
    stepOf: (named: Named) => Omit<ModuleStep, 'kind'>,
  ) => {
    const [id, path] = line.split(' ') as [string, string];
    return operation({
      ...{ id, path: `${at}/${path}`, ...common, ...about },
      handle: (call) => startWork(deps, call, { kind: 'modules', ...stepOf(call.query as Named) }),
    });
  };

  return [
    onOne(
      'enableModuleStreamOnManagedInstance moduleStreams/enable',
      { summary: 'Enables a stream of a module on an instance', query: z.object(stream) },
      (named) => ({ enable: [specOf(named)] }),
    ),
    onOne(
      'disableModuleStreamOnManagedInstance moduleStreams/disable',
      {
        summary: 'Disables a module on an instance, whichever of its streams is enabled',
        query: z.object(stream),
      },
      ({ moduleName }) => ({ disable: [{ module: moduleName }] }),
    ),
    onOne(
      'switchModuleStreamOnManagedInstance moduleStreams/switch',
      {
        summary: 'Changes to another stream of a module on an instance',
        query: z.object({ moduleName: name, streamName: name }),
      },
      ({ moduleName, streamName }) => ({ switch: [{ module: moduleName, stream: streamName! }] }),
    ),
    onOne(
      'installModuleStreamProfileOnManagedInstance streamProfiles/install',
      { summary: 'Installs a profile of a module on an instance', query: z.object(profile) },
      (named) => ({ install: [specOf(named)] }),
    ),
    onOne(
      'removeModuleStreamProfileFromManagedInstance streamProfiles/remove',
      { summary: 'Removes a profile of a module from an instance', query: z.object(profile) },
      (named) => ({ remove: [specOf(named)] }),
    ),
    operation({
      id: 'manageModuleStreamsOnManagedInstance',
      path: `${at}/moduleStreams/manage`,
      ...common,
      summary: 'Makes several changes to the modules of an instance, or tries them',
      body: z.object({
        isDryRun: z.boolean().optional(),
        enable: list(streamDetails),
        disable: list(streamDetails),
        install: list(profileDetails),
        remove: list(profileDetails),
      }),
      async handle(call) {
        const { isDryRun, enable, disable, install, remove } = call.body;
        return startWork(deps, call, {
          kind: 'modules',
          ...(enable && { enable: enable.map(specOf) }),
          ...(disable && { disable: disable.map(({ moduleName: module }) => ({ module })) }),
          ...(install && { install: install.map(specOf) }),
          ...(remove && { remove: remove.map(specOf) }),
          ...(isDryRun && { dryRun: true }),
        });
      },
    }),
  ];
}
