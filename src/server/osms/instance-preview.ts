import { z } from 'zod';
import type { OsmsDeps } from './door.ts';
import { type Operation, operation } from './operation.ts';
import { kindsOf, packageUpdateTypes } from './update-types.ts';

const names = z.array(z.string().min(1).max(1000)).max(1000).optional();
const previewBody = z.object({
  updateTypes: z.array(z.enum(packageUpdateTypes)).min(1).optional(),
  install: names,
  update: names,
  remove: names,
  /** A stream of null is a module that is disabled. */
  modules: z
    .array(
      z.object({ moduleName: z.string().max(1000), streamName: z.string().max(1000).nullable() }),
    )
    .max(1000)
    .optional(),
});

const going = z.object({ name: z.string(), arch: z.string(), evr: z.string() });
const coming = going.extend({
  source: z.string(),
  size: z.number(),
  installedSize: z.number(),
});
const previewSchema = z.object({
  decided: z.boolean(),
  reasons: z.array(z.string()),
  upgrades: z.array(coming.extend({ installed: z.string() })),
  installs: z.array(coming),
  dependencies: z.array(coming.extend({ weak: z.boolean() })),
  removals: z.array(going.extend({ asked: z.boolean() })),
  obsoleted: z.array(going.extend({ by: z.string() })),
  downloadBytes: z.number(),
  installedBytes: z.number(),
  advisories: z.array(
    z.object({
      ...{ id: z.string(), type: z.string(), severity: z.string(), title: z.string() },
      ...{ issued: z.string(), updated: z.string() },
      ...{ cves: z.array(z.string()), sources: z.array(z.string()) },
    }),
  ),
  cves: z.array(z.string()),
  reboot: z.array(z.string()),
});

/** What the SDK knows nothing of: what would be done on an instance. */
export function instancePreviewOperations(deps: OsmsDeps): Operation[] {
  return [
    operation({
      id: 'previewManagedInstance',
      method: 'POST',
      path: '/managedInstances/{managedInstanceId}/actions/preview',
      summary: 'Says what an update, an installation or a removal would do on a managed instance',
      permission: { verb: 'read', type: 'osms-managed-instances', of: 'instance' },
      body: previewBody,
      answer: { status: 200, body: previewSchema },
      async handle({ target, body }) {
        const { updateTypes, modules, ...wish } = body;
        const all = updateTypes && kindsOf(updateTypes);
        const enable = modules?.map(({ moduleName: module, streamName: stream }) => ({
          ...{ module, stream },
        }));
        const about = { ...wish, updateAll: all, enable };
        return { body: await deps.operations.previewInstance(Number(target.subject), about) };
      },
    }),
  ];
}
