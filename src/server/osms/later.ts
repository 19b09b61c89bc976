import { z } from 'zod';
import type { ResourceType, Verb } from '../../identity/caller.ts';
import { apiError } from './errors.ts';
import { type Operation, operation, type TargetKind } from './operation.ts';
import { pageQuery, pageQueryBy } from './page.ts';
import { timeSchema } from './times.ts';

type Shape = Record<string, z.ZodType>;

const text = z.string().optional();
const namedPage = { displayName: text, ...pageQuery };
const ofInstance = { compartmentId: text, ...namedPage };
const streams = { compartmentId: text, moduleName: text, streamName: text, ...pageQuery };

/** Operations that this server knows, and cannot carry out yet: they answer 501 to whom they are permitted. */
export function laterOperations(): Operation[] {
  return [...updates(), ...modules(), ...errata()];
}

const instance = '/managedInstances/{managedInstanceId}';

function updates(): Operation[] {
  const at = `${instance}/packages`;
  const read = later('read', 'osms-managed-instances', 'instance');
  return [
    read(
      `listAvailablePackagesForManagedInstance GET ${at}/available`,
      'Lists the packages that an instance could install',
      { query: ofInstance },
    ),
    read(
      `listAvailableUpdatesForManagedInstance GET ${at}/updates`,
      'Lists the updates that an instance could install',
      { query: ofInstance },
    ),
  ];
}

function modules(): Operation[] {
  const read = later('read', 'osms-managed-instances', 'instance');
  return [
    read(
      `listModuleStreamsOnManagedInstance GET ${instance}/moduleStreams`,
      'Lists the streams of modules that an instance has',
      { query: { ...streams, streamStatus: z.enum(['ENABLED', 'DISABLED', 'ACTIVE']).optional() } },
    ),
    read(
      `listModuleStreamProfilesOnManagedInstance GET ${instance}/streamProfiles`,
      'Lists the profiles of modules that an instance has',
      {
        query: {
          ...streams,
          profileName: text,
          profileStatus: z.enum(['INSTALLED', 'AVAILABLE']).optional(),
        },
      },
    ),
  ];
}

function errata(): Operation[] {
  const any = later('inspect', 'osms-errata', 'any');
  return [
    any('listErrata GET /errata', 'Lists advisories', {
      query: {
        compartmentId: text,
        erratumId: text,
        advisoryName: text,
        timeIssueDateStart: timeSchema.optional(),
        timeIssueDateEnd: timeSchema.optional(),
        ...pageQueryBy('ISSUEDATE', 'ADVISORYNAME'),
      },
    }),
    later(
      'read',
      'osms-errata',
      'any',
    )('getErratum GET /errata/{erratumId}', 'Says what an advisory is about'),
    later('read', 'osms-managed-instances', 'instance')(
      `listManagedInstanceErrata GET ${instance}/errata`,
      'Lists the advisories that concern an instance',
      { query: ofInstance },
    ),
  ];
}

/** Makes lines of operations with a permission: `id METHOD /path`, a summary, and the shapes of query and body. */
function later(verb: Verb, type: ResourceType, of: TargetKind) {
  return (
    line: string,
    summary: string,
    { query, body }: { query?: Shape; body?: Shape } = {},
  ): Operation => {
    const [id, method, path] = line.split(' ') as [string, Operation['method'], string];
    return operation({
      ...{ id, method, path, summary, permission: { verb, type, of } },
      ...(query && { query: z.object(query) }),
      ...(body && { body: z.looseObject(body) }),
      answer: { status: method === 'GET' ? 200 : method === 'DELETE' ? 204 : 202 },
      async handle() {
        throw apiError('NotImplemented', `this server cannot do this yet (${id})`);
      },
    });
  };
}
