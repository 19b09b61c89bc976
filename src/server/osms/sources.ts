import { z } from 'zod';
import type { Source } from '../../base/source.ts';
import { createTurns } from '../../fleet/turns.ts';
import type { OsmsDeps } from './door.ts';
import { notAuthorizedOrNotFound } from './errors.ts';
import { displayNameSchema } from './names.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { listed, pageQuery } from './page.ts';
import { asParameter, createNewSources } from './source-creation.ts';
import { type Headwater, headwaterSchema, mergedDefinition } from './source-headwater.ts';
import {
  aboutOf,
  archTypeSchema,
  createSourceShapes,
  describedShape,
  lifecycleSchema,
  sourceSchema,
  sourceSummarySchema,
} from './source-shapes.ts';

const createBody = z.object({
  compartmentId: z.string(),
  displayName: displayNameSchema,
  archType: archTypeSchema,
  parentId: z.string().optional(),
  ...describedShape,
  headwater: headwaterSchema.optional(),
});
const updateBody = z.object({
  displayName: displayNameSchema.optional(),
  ...describedShape,
  headwater: headwaterSchema.optional(),
});
/** What one call may name: as many as anybody has asked for in one. */
const mostNames = 10_000;
const namesBody = z.object({
  packageNames: z.array(z.string().trim().min(1).max(512)).min(1).max(mostNames),
});

const type = 'osms-software-sources';
const of = 'source';
const path = '/softwareSources/{softwareSourceId}';

/** Software sources: what they are, and which packages custom ones have. */
export function sourceOperations(deps: OsmsDeps): Operation[] {
  const { operations, sources } = deps;
  const { resources, compartments } = deps.identity;
  const shapes = createSourceShapes(deps);
  const inTurn = createTurns();
  const create = createNewSources(deps, inTurn);

  function sourceOf({ target }: Call): Source {
    const source = sources.get(target.subject);
    if (!source) throw notAuthorizedOrNotFound();
    return source;
  }

  async function shown(source: Source, call: Call) {
    const etag = await shapes.tagOf(source, await resources.of('source', source.label));
    return { body: await shapes.details(source, call.caller), etag };
  }

  /** Does something with a source that is as the caller knows it, and with nobody else meanwhile. */
  function changing<T>(call: Call, work: (source: Source) => Promise<T>): Promise<T> {
    return inTurn(call.target.subject, async () => {
      const source = sourceOf(call);
      call.requireMatch(await shapes.tagOf(source, await resources.of('source', source.label)));
      return work(source);
    });
  }

  async function redefine(source: Source, name: string | undefined, wanted: Headwater | undefined) {
    const before = await operations.sourceDefinition(source.label);
    const definition = mergedDefinition({ ...before, ...(name && { name }) }, wanted);
    await asParameter(operations.changeSource(source.label, definition));
  }

  /** The sources that the caller may take packages from. */
  async function readable(call: Call): Promise<string[]> {
    const all = sources.all();
    const about = await resources.ofAll(
      'source',
      all.map((s) => s.label),
    );
    return all
      .filter(({ label }) => {
        const { ocid: target, compartment } = about.get(label)!;
        return call.may({ verb: 'read', type, compartment, target });
      })
      .map((s) => s.label);
  }

  return [
    operation({
      id: 'createSoftwareSource',
      method: 'POST',
      path: '/softwareSources',
      summary: 'Makes a software source: a custom one, or what `headwater` says',
      permission: { verb: 'manage', type, of: 'compartmentOfBody' },
      body: createBody,
      answer: { status: 200, body: sourceSchema },
      async handle(call) {
        const source = await create(call);
        const { ocid } = await resources.of('source', source.label);
        const location = `${deps.publicUrl()}/20190801/softwareSources/${ocid}`;
        const made = { kind: of, subject: source.label } as const;
        return { ...(await shown(source, call)), location, made };
      },
    }),
    operation({
      id: 'listSoftwareSources',
      method: 'GET',
      path: '/softwareSources',
      summary: 'Lists the software sources of a compartment',
      permission: { verb: 'inspect', type, of: 'compartmentOfQuery' },
      query: z.object({
        compartmentId: z.string(),
        displayName: z.string().optional(),
        lifecycleState: lifecycleSchema.optional(),
        ...pageQuery,
      }),
      answer: { status: 200, body: z.array(sourceSummarySchema) },
      async handle({ query, target }) {
        const { displayName, lifecycleState = 'ACTIVE' } = query;
        const all = sources.all();
        const about = await resources.ofAll(
          'source',
          all.map((s) => s.label),
        );
        const wanted = all.filter(
          (source) =>
            about.get(source.label)!.compartment === target.compartment &&
            (displayName === undefined || source.name === displayName) &&
            lifecycleState === 'ACTIVE',
        );
        const { items, nextPage } = listed(wanted, query, {
          by: { TIMECREATED: (s) => about.get(s.label)!.createdAt, DISPLAYNAME: (s) => s.name },
          usually: 'TIMECREATED',
          id: (s) => s.label,
        });
        return { body: await shapes.summaries(items), ...(nextPage && { nextPage }) };
      },
    }),
    operation({
      id: 'getSoftwareSource',
      method: 'GET',
      path,
      summary: 'Shows a software source',
      permission: { verb: 'read', type, of },
      answer: { status: 200, body: sourceSchema },
      handle: (call) => shown(sourceOf(call), call),
    }),
    operation({
      id: 'updateSoftwareSource',
      method: 'PUT',
      path,
      summary: 'Changes a software source',
      permission: { verb: 'manage', type, of },
      body: updateBody,
      answer: { status: 200, body: sourceSchema },
      handle: (call) =>
        changing(call, async (source) => {
          const { displayName, headwater, ...about } = call.body;
          await create.refuseUnseen(call, headwater);
          // Refuses those of the configuration file, also where only what is said of it changes.
          await redefine(source, displayName, headwater);
          const { details } = await resources.of('source', source.label);
          await resources.change('source', source.label, {
            details: { ...details, ...aboutOf(about) },
          });
          const said = { ...call.body, ...headwater };
          const changed = Object.keys(said).filter((key) => key !== 'headwater');
          return { ...(await shown(sourceOf(call), call)), detail: changed.join(', ') };
        }),
    }),
    operation({
      id: 'deleteSoftwareSource',
      method: 'DELETE',
      path,
      summary: 'Removes a software source',
      permission: { verb: 'manage', type, of },
      answer: { status: 204 },
      handle: (call) =>
        changing(call, async ({ label }) => {
          await operations.removeSource(label);
          return {};
        }),
    }),
    operation({
      id: 'changeSoftwareSourceCompartment',
      method: 'POST',
      path: `${path}/actions/changeCompartment`,
      summary: 'Moves a software source to another compartment',
      permission: { verb: 'manage', type, of },
      body: z.object({ compartmentId: z.string() }),
      answer: { status: 204 },
      handle: (call) =>
        changing(call, async ({ label }) => {
          const compartment = compartments.pathOf(call.body.compartmentId);
          if (compartment === undefined) throw notAuthorizedOrNotFound();
          call.require({ verb: 'manage', type, compartment });
          await resources.change('source', label, { compartment });
          return { detail: `to ${compartment || 'the root'}` };
        }),
    }),
    operation({
      id: 'addPackagesToSoftwareSource',
      method: 'POST',
      path: `${path}/actions/addPackages`,
      summary: 'Puts packages of other sources into a custom one',
      permission: { verb: 'manage', type, of },
      body: namesBody,
      answer: { status: 204 },
      async handle(call) {
        const { packageNames: names } = call.body;
        const from = await readable(call);
        const by = call.caller.name;
        await operations.addPackages({ label: call.target.subject, names, from, by });
        return {};
      },
    }),
    operation({
      id: 'removePackagesFromSoftwareSource',
      method: 'POST',
      path: `${path}/actions/removePackages`,
      summary: 'Takes packages out of a custom source',
      permission: { verb: 'manage', type, of },
      body: namesBody,
      answer: { status: 204 },
      async handle({ body: { packageNames: names }, target, caller }) {
        await operations.removePackages({ label: target.subject, names, by: caller.name });
        return {};
      },
    }),
  ];
}
