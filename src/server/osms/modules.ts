import { z } from 'zod';
import type { ListedStream } from '../../channels/listing/modules.ts';
import type { OsmsDeps } from './door.ts';
import { apiError, notAuthorizedOrNotFound } from './errors.ts';
import { type Operation, operation, type Target } from './operation.ts';
import type { StreamSummary } from './packages-worker.ts';
import { listed, pageQuery } from './page.ts';

const streamSummarySchema = z.object({
  moduleName: z.string(),
  streamName: z.string(),
  softwareSourceId: z.string(),
});

const streamSchema = streamSummarySchema.extend({
  isDefault: z.boolean(),
  architecture: z.string().optional(),
  description: z.string(),
  profiles: z.array(z.string()),
  packages: z.array(z.string()),
});

const profileSummarySchema = z.object({
  moduleName: z.string(),
  streamName: z.string(),
  profileName: z.string(),
});

const profileSchema = profileSummarySchema.extend({
  isDefault: z.boolean(),
  description: z.string(),
  packages: z.array(z.string()),
});

const named = z.string().max(1000).optional();
const query = z.object({
  compartmentId: z.string().optional(),
  moduleName: named,
  streamName: named,
  ...pageQuery,
});
const permission = { verb: 'read', type: 'osms-software-sources', of: 'source' } as const;

/** The streams of modules, and their profiles, that sources have as they are served now. */
export function moduleOperations({ packages, revisionOf }: OsmsDeps): Operation[] {
  async function streamsOf(
    { subject }: Target,
    {
      moduleName,
      streamName,
    }: { moduleName?: string | undefined; streamName?: string | undefined },
  ): Promise<StreamSummary[]> {
    if (streamName !== undefined && moduleName === undefined) throw missing('moduleName');
    const of = await revisionOf(subject);
    const streams = of ? await packages.streams(of) : [];
    return streams.filter(
      ({ module, stream }) =>
        (moduleName === undefined || module === moduleName) &&
        (streamName === undefined || stream === streamName),
    );
  }

  async function streamOf(
    { subject }: Target,
    params: Readonly<Record<string, string>>,
  ): Promise<ListedStream> {
    const of = await revisionOf(subject);
    const { moduleName, streamName } = params;
    const found = of && (await packages.stream({ of, module: moduleName!, stream: streamName! }));
    if (!found) throw notAuthorizedOrNotFound('there is none');
    return found;
  }

  return [
    operation({
      id: 'listModuleStreams',
      method: 'GET',
      path: '/softwareSources/{softwareSourceId}/moduleStreams',
      summary: 'Lists the module streams of a software source',
      permission,
      query,
      answer: { status: 200, body: z.array(streamSummarySchema) },
      async handle({ target, query }) {
        const streams = await streamsOf(target, query);
        const { items, nextPage } = listed(streams, query, {
          by: { TIMECREATED: madeAt, DISPLAYNAME: nameOf },
          usually: 'TIMECREATED',
          id: nameOf,
        });
        const body = items.map((one) => ({
          ...{ moduleName: one.module, streamName: one.stream, softwareSourceId: target.ocid },
        }));
        return { body, ...(nextPage && { nextPage }) };
      },
    }),
    operation({
      id: 'getModuleStream',
      method: 'GET',
      path: '/softwareSources/{softwareSourceId}/modules/{moduleName}/streams/{streamName}',
      summary: 'Says what a module stream is',
      permission,
      answer: { status: 200, body: streamSchema },
      async handle({ target, params }) {
        const found = await streamOf(target, params);
        return {
          body: {
            moduleName: found.module,
            streamName: found.stream,
            isDefault: found.isDefault,
            softwareSourceId: target.ocid,
            architecture: found.arch || undefined,
            description: found.description,
            profiles: found.profiles.map((profile) => profile.name),
            packages: found.packages,
          },
        };
      },
    }),
    operation({
      id: 'listModuleStreamProfiles',
      method: 'GET',
      path: '/softwareSources/{softwareSourceId}/streamProfiles',
      summary: 'Lists the profiles of the module streams of a software source',
      permission,
      query: query.extend({ profileName: named }),
      answer: { status: 200, body: z.array(profileSummarySchema) },
      async handle({ target, query }) {
        const { profileName } = query;
        if (profileName !== undefined && query.streamName === undefined)
          throw missing('streamName');
        const profiles = (await streamsOf(target, query)).flatMap((one) =>
          one.profiles
            .filter((profile) => profileName === undefined || profile === profileName)
            .map((profile) => ({ ...one, profile })),
        );
        const id = (one: StreamSummary & { profile: string }) => `${nameOf(one)}\n${one.profile}`;
        const { items, nextPage } = listed(profiles, query, {
          by: { TIMECREATED: madeAt, DISPLAYNAME: id },
          usually: 'TIMECREATED',
          id,
        });
        const body = items.map((one) => ({
          ...{ moduleName: one.module, streamName: one.stream, profileName: one.profile },
        }));
        return { body, ...(nextPage && { nextPage }) };
      },
    }),
    operation({
      id: 'getModuleStreamProfile',
      method: 'GET',
      path: '/softwareSources/{softwareSourceId}/modules/{moduleName}/streams/{streamName}/profiles/{profileName}',
      summary: 'Says what a profile of a module stream is',
      permission,
      answer: { status: 200, body: profileSchema },
      async handle({ target, params }) {
        const { module, stream, profiles } = await streamOf(target, params);
        const found = profiles.find((profile) => profile.name === params.profileName);
        if (!found) throw notAuthorizedOrNotFound('there is none');
        const { name, isDefault, description, packages } = found;
        return {
          body: {
            ...{ moduleName: module, streamName: stream, profileName: name },
            ...{ isDefault, description, packages },
          },
        };
      },
    }),
  ];
}

const missing = (parameter: string) =>
  apiError('MissingParameter', `${parameter}: this is missing beside what it holds`);

const nameOf = ({ module, stream }: StreamSummary): string => `${module}\n${stream}`;

/** A stream's version says when it was made, mostly; numbers of different length sort by that. */
const madeAt = ({ version }: StreamSummary): string => version.padStart(20, '0');
