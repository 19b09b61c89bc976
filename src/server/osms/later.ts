import { z } from 'zod';
import type { ResourceType, Verb } from '../../identity/caller.ts';
import { apiError } from './errors.ts';
import { type Operation, operation, type TargetKind } from './operation.ts';
import { pageQuery } from './page.ts';
import { timeSchema } from './times.ts';

type Shape = Record<string, z.ZodType>;

const text = z.string().optional();
const namedPage = { displayName: text, ...pageQuery };
const osFamily = z.enum(['LINUX', 'WINDOWS', 'ALL']).optional();
const lifecycleState = z
  .enum(['CREATING', 'UPDATING', 'ACTIVE', 'DELETING', 'DELETED', 'FAILED'])
  .optional();
const updateType = z
  .enum(['SECURITY', 'BUGFIX', 'ENHANCEMENT', 'OTHER', 'KSPLICE', 'ALL'])
  .optional();
const stream = { moduleName: z.string(), streamName: text };
const profile = { ...stream, profileName: text };

/** Operations that this server knows, and cannot carry out yet: they answer 501 to whom they are permitted. */
export function laterOperations(): Operation[] {
  return [...updates(), ...modules(), ...jobs()];
}

const instance = '/managedInstances/{managedInstanceId}';
const job = '/scheduledJobs/{scheduledJobId}';

function updates(): Operation[] {
  const named = { softwarePackageName: z.string() };
  const act = `${instance}/actions/packages`;
  const group = '/managedInstanceGroups/{managedInstanceGroupId}';
  const use = later('use', 'osms-managed-instances', 'instance');
  const useGroup = later('use', 'osms-managed-instance-groups', 'group');
  return [
    use(
      `installPackageOnManagedInstance POST ${act}/install`,
      'Installs a package on an instance',
      { query: named },
    ),
    use(
      `installPackageUpdateOnManagedInstance POST ${act}/update`,
      'Updates a package of an instance',
      { query: named },
    ),
    use(
      `installAllPackageUpdatesOnManagedInstance POST ${act}/updateAll`,
      'Updates all packages of an instance',
      { query: { updateType } },
    ),
    use(
      `removePackageFromManagedInstance POST ${act}/remove`,
      'Removes a package from an instance',
      { query: named },
    ),
    useGroup(
      `installAllUpdatesOnManagedInstanceGroup POST ${group}/actions/updates/installAll`,
      'Updates all packages of the instances of a group',
      { query: { updateType } },
    ),
  ];
}

function modules(): Operation[] {
  const act = `${instance}/actions`;
  const use = later('use', 'osms-managed-instances', 'instance');
  return [
    use(
      `enableModuleStreamOnManagedInstance POST ${act}/moduleStreams/enable`,
      'Enables a stream of a module on an instance',
      { query: stream },
    ),
    use(
      `disableModuleStreamOnManagedInstance POST ${act}/moduleStreams/disable`,
      'Disables a stream of a module on an instance',
      { query: stream },
    ),
    use(
      `switchModuleStreamOnManagedInstance POST ${act}/moduleStreams/switch`,
      'Changes to another stream of a module on an instance',
      { query: { moduleName: z.string(), streamName: z.string() } },
    ),
    use(
      `manageModuleStreamsOnManagedInstance POST ${act}/moduleStreams/manage`,
      'Makes several changes to the modules of an instance',
      { body: {} },
    ),
    use(
      `installModuleStreamProfileOnManagedInstance POST ${act}/streamProfiles/install`,
      'Installs a profile of a module on an instance',
      { query: profile },
    ),
    use(
      `removeModuleStreamProfileFromManagedInstance POST ${act}/streamProfiles/remove`,
      'Removes a profile of a module from an instance',
      { query: profile },
    ),
  ];
}

function jobs(): Operation[] {
  const inCompartment = later('inspect', 'osms-scheduled-jobs', 'compartmentOfQuery');
  const one = (verb: Verb) => later(verb, 'osms-scheduled-jobs', 'any');
  const compartmentId = z.string();
  return [
    inCompartment('listScheduledJobs GET /scheduledJobs', 'Lists the jobs of a compartment', {
      query: {
        ...{ compartmentId, ...namedPage, lifecycleState, osFamily },
        managedInstanceId: text,
        managedInstanceGroupId: text,
        operationType: text,
        isRestricted: z.enum(['true', 'false']).optional(),
      },
    }),
    inCompartment(
      'listUpcomingScheduledJobs GET /scheduledJobs/upcomingSchedules',
      'Lists when jobs will run',
      {
        query: {
          ...{ compartmentId, ...namedPage, lifecycleState, osFamily },
          timeEnd: timeSchema,
          tagName: text,
          tagValue: text,
        },
      },
    ),
    later('manage', 'osms-scheduled-jobs', 'compartmentOfBody')(
      'createScheduledJob POST /scheduledJobs',
      'Makes a job',
      { body: { compartmentId } },
    ),
    one('read')(`getScheduledJob GET ${job}`, 'Says what a job does'),
    one('use')(`updateScheduledJob PUT ${job}`, 'Changes a job', { body: {} }),
    one('manage')(`deleteScheduledJob DELETE ${job}`, 'Removes a job'),
    one('manage')(
      `changeScheduledJobCompartment POST ${job}/actions/changeCompartment`,
      'Puts a job into another compartment',
      { body: { compartmentId } },
    ),
    one('use')(`runScheduledJobNow POST ${job}/actions/runNow`, 'Runs a job now'),
    one('use')(
      `skipNextScheduledJobExecution POST ${job}/actions/skipNextExecution`,
      'Leaves out the next run of a job',
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
