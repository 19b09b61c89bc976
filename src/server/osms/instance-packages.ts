import { z } from 'zod';
import { AppError } from '../../base/errors.ts';
import type { Source } from '../../base/source.ts';
import { channelName } from '../../channels/channels.ts';
import { packageId } from '../../channels/content/listed.ts';
import type { ProfilePackage } from '../../fleet/profiles.ts';
import { keyOf } from '../../store/catalogue/package-key.ts';
import type { OsmsDeps } from './door.ts';
import { notAuthorizedOrNotFound } from './errors.ts';
import { sourceId, timeOf } from './names.ts';
import { type Operation, operation } from './operation.ts';
import { listed, pageQuery } from './page.ts';

const packageSchema = z.object({
  displayName: z.string(),
  name: z.string(),
  type: z.string(),
  version: z.string(),
  architecture: z.string().optional(),
  installTime: z.iso.datetime().optional(),
  softwareSources: z.array(z.object({ id: z.string(), name: z.string() })),
});

/** What is installed on instances. */
export function packageOfInstanceOperations(deps: OsmsDeps): Operation[] {
  const { resources } = deps.identity;
  const { instances, profiles, channelLists } = deps.managed;

  /** The builds that a channel has of what is installed; none where there is nothing yet. */
  async function held(channel: string, names: readonly string[]): Promise<Set<string>> {
    const { label, spec } = channelName(channel);
    const revision = await deps.resolver.resolve(label, spec).catch(absent);
    if (!revision) return new Set();
    const { builds } = await deps.content.named({ label, manifest: revision.manifest }, names);
    return new Set(builds.map(identifierOf));
  }

  return [
    operation({
      id: 'listPackagesInstalledOnManagedInstance',
      method: 'GET',
      path: '/managedInstances/{managedInstanceId}/packages',
      summary: 'Lists what is installed on an instance, and which of its sources have it',
      permission: { verb: 'read', type: 'osms-managed-instances', of: 'instance' },
      query: z.object({
        displayName: z.string().optional(),
        compartmentId: z.string().optional(),
        ...pageQuery,
      }),
      answer: { status: 200, body: z.array(packageSchema) },
      async handle({ target, query }) {
        const instance = await instances.get(Number(target.subject));
        if (!instance) throw notAuthorizedOrNotFound();
        const part = query.displayName?.trim().toLowerCase() ?? '';
        const installed = await profiles.of(instance.id);
        const { items, nextPage } = listed(
          installed.filter((p) => p.name.toLowerCase().includes(part)),
          query,
          {
            by: { TIMECREATED: (p) => p.installedAt ?? 0, DISPLAYNAME: (p) => p.name },
            usually: 'TIMECREATED',
            id: (p) => identifierOf(p),
          },
        );
        const names = [...new Set(items.map((p) => p.name))];
        const having: { source: Source; builds: Set<string> }[] = [];
        for (const { label, channel } of await channelLists.reads(instance)) {
          const source = deps.sources.get(label);
          if (source) having.push({ source, builds: await held(channel, names) });
        }
        const about = await resources.ofAll(
          'source',
          having.map(({ source }) => source.label),
        );
        const body = items.map((pkg) => ({
          ...shown(pkg),
          softwareSources: having
            .filter(({ builds }) => builds.has(identifierOf(pkg)))
            .map(({ source }) => sourceId(about.get(source.label)!, source)),
        }));
        return { body, ...(nextPage && { nextPage }) };
      },
    }),
  ];
}

const shown = (pkg: ProfilePackage) => ({
  displayName: pkg.name,
  name: identifierOf(pkg),
  type: 'rpm',
  version: versionOf(pkg),
  architecture: pkg.arch || undefined,
  installTime: timeOf(pkg.installedAt === undefined ? null : pkg.installedAt * 1000),
});

type Build = Omit<ProfilePackage, 'installedAt'>;

const versionOf = ({ epoch, version, release }: Build): string =>
  `${epoch === '' || epoch === '0' ? '' : `${epoch}:`}${version}-${release}`;

/** As it is listed for sources. Keys of rpm's, which are listed as packages, have no architecture. */
const identifierOf = (build: Build): string =>
  packageId(keyOf({ ...build, epoch: build.epoch || '0' })).replace(/\.$/, '');

function absent(error: unknown): undefined {
  if (!(error instanceof AppError) || error.kind !== 'not_found') throw error;
}
