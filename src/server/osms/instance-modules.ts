import { z } from 'zod';
import type { InstanceModule } from '../../updates/updates.ts';
import type { OsmsDeps } from './door.ts';
import { apiError } from './errors.ts';
import { type Operation, operation } from './operation.ts';
import { listed, pageQuery } from './page.ts';

const profileSchema = z.object({
  moduleName: z.string(),
  streamName: z.string(),
  profileName: z.string(),
  status: z.enum(['INSTALLED', 'AVAILABLE']),
});

const streamSchema = z.object({
  moduleName: z.string(),
  streamName: z.string(),
  status: z.enum(['ENABLED', 'DISABLED', 'ACTIVE']),
  profiles: z.array(profileSchema),
  softwareSourceId: z.string().optional(),
});

const named = z.string().max(1000).optional();
const query = {
  compartmentId: z.string().optional(),
  moduleName: named,
  streamName: named,
  ...pageQuery,
};
const permission = { verb: 'read', type: 'osms-managed-instances', of: 'instance' } as const;

/** The streams of modules that instances see, and what is installed of their profiles. */
export function moduleOfInstanceOperations({ managed, sources, identity }: OsmsDeps): Operation[] {
  async function streamsOf(instance: number, asked: Asked): Promise<InstanceModule[]> {
    const { moduleName, streamName, profileName } = asked;
    if (streamName !== undefined && moduleName === undefined) throw missing('moduleName');
    if (profileName !== undefined && streamName === undefined) throw missing('streamName');
    const all = await managed.updates.modules(instance);
    return all.filter(
      ({ module, stream }) =>
        (moduleName === undefined || module === moduleName) &&
        (streamName === undefined || stream === streamName),
    );
  }

  return [
    operation({
      id: 'listModuleStreamsOnManagedInstance',
      method: 'GET',
      path: '/managedInstances/{managedInstanceId}/moduleStreams',
      summary: 'Lists the streams of modules that an instance sees, and which it uses',
      permission,
      query: z.object({
        ...query,
        streamStatus: z.enum(['ENABLED', 'DISABLED', 'ACTIVE']).optional(),
      }),
      answer: { status: 200, body: z.array(streamSchema) },
      async handle({ target, query }) {
        const all = await streamsOf(Number(target.subject), query);
        const { streamStatus } = query;
        const found = all.filter((one) => streamStatus === undefined || is(one, streamStatus));
        const { items, nextPage } = listed(found, query, {
          by: { TIMECREATED: madeAt, DISPLAYNAME: nameOf },
          usually: 'TIMECREATED',
          id: nameOf,
        });
        const having = new Map(items.map((one) => [one, one.sources.find((s) => sources.get(s))]));
        const about = await identity.resources.ofAll('source', [
          ...new Set([...having.values()].filter((label) => label !== undefined)),
        ]);
        const body = items.map((one) => ({
          ...{ moduleName: one.module, streamName: one.stream, status: statusOf(one) },
          profiles: profilesOf(one),
          softwareSourceId: about.get(having.get(one) ?? '')?.ocid,
        }));
        return { body, ...(nextPage && { nextPage }) };
      },
    }),
    operation({
      id: 'listModuleStreamProfilesOnManagedInstance',
      method: 'GET',
      path: '/managedInstances/{managedInstanceId}/streamProfiles',
      summary: 'Lists the profiles of modules that an instance sees, and which are installed',
      permission,
      query: z.object({
        ...query,
        profileName: named,
        profileStatus: z.enum(['INSTALLED', 'AVAILABLE']).optional(),
      }),
      answer: { status: 200, body: z.array(profileSchema) },
      async handle({ target, query }) {
        const { profileName, profileStatus } = query;
        const all = (await streamsOf(Number(target.subject), query)).flatMap((stream) =>
          profilesOf(stream)
            .filter((p) => profileName === undefined || p.profileName === profileName)
            .filter((p) => profileStatus === undefined || p.status === profileStatus)
            .map((profile) => ({ stream, profile })),
        );
        const id = (one: (typeof all)[number]) =>
          `${nameOf(one.stream)}\n${one.profile.profileName}`;
        const { items, nextPage } = listed(all, query, {
          by: { TIMECREATED: ({ stream }) => madeAt(stream), DISPLAYNAME: id },
          usually: 'TIMECREATED',
          id,
        });
        return { body: items.map(({ profile }) => profile), ...(nextPage && { nextPage }) };
      },
    }),
  ];
}

interface Asked {
  moduleName?: string | undefined;
  streamName?: string | undefined;
  profileName?: string | undefined;
}

type Status = z.output<typeof streamSchema>['status'];

/** One that must be enabled before it can be used is called disabled, be it that nobody did so. */
const statusOf = ({ state }: InstanceModule): Status =>
  state === 'enabled' ? 'ENABLED' : state === 'default' ? 'ACTIVE' : 'DISABLED';

/** Those that are enabled are active, too. */
function is(stream: InstanceModule, status: Status): boolean {
  const own = statusOf(stream);
  return own === status || (status === 'ACTIVE' && own === 'ENABLED');
}

const profilesOf = ({ module, stream, profiles }: InstanceModule) =>
  profiles.map(({ name, installed }) => ({
    ...{ moduleName: module, streamName: stream, profileName: name },
    status: installed ? ('INSTALLED' as const) : ('AVAILABLE' as const),
  }));

const missing = (parameter: string) =>
  apiError('MissingParameter', `${parameter}: this is missing beside what it holds`);

const nameOf = ({ module, stream }: InstanceModule): string => `${module}\n${stream}`;

/** A stream's version says when it was made, mostly; numbers of different length sort by that. */
const madeAt = ({ version }: InstanceModule): string => version.padStart(20, '0');
