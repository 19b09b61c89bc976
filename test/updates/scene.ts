import { pathToFileURL } from 'node:url';
import type { SourceDefinition } from '../../src/base/source.ts';
import type { ProfilePackage } from '../../src/fleet/profiles.ts';
import { keyOfNevra } from '../../src/store/catalogue/package-key.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createInstanceSettingTable } from '../../src/store/state/instance-settings.ts';
import { openState } from '../../src/store/state/state.ts';
import { type Invented, writeInvented } from '../channels/check/invented.ts';
import { machine } from '../fleet/fleet.ts';
import { startApp, temporaryFolder } from '../support/app.ts';

/** An advisory as a test wants it. */
export interface InventedAdvisory {
  id: string;
  type?: string;
  severity?: string;
  issued?: string;
  cves?: string[];
  /** NEVRAs. */
  packages: string[];
  reboot?: boolean;
}

export interface InventedRepository {
  packages: Invented[];
  advisories?: InventedAdvisory[];
  /** Documents of a modules.yaml. */
  modules?: string[];
  /** The source that it is a child of. */
  parent?: string;
}

/** name-[epoch:]version-release.arch */
export function parsed(nevra: string) {
  const [name, arch, epoch, version, release] = keyOfNevra(nevra)!.split('\n');
  return {
    ...{ name: name!, arch: arch!, epoch: epoch!, version: version!, release: release! },
  };
}

/** A package by its NEVRA. */
export function pkg(nevra: string, about: Partial<Invented> = {}): Invented {
  const { name, arch, epoch, version, release } = parsed(nevra);
  return { name, arch, evr: `${epoch}:${version}-${release}`, ...about };
}

const updateOf = (
  a: InventedAdvisory,
): string => `<update from="vendor" status="final" type="${a.type ?? 'security'}" version="1">
  <id>${a.id}</id>
  <title>About ${a.id}</title>
  <issued date="${a.issued ?? '2024-01-31 00:00:00'}"/>
  <severity>${a.severity ?? 'Important'}</severity>
  <description>What ${a.id} is about</description>
  <references>
${(a.cves ?? []).map((cve) => `    <reference href="https://e/${cve}" id="${cve}" type="cve" title="${cve}"/>`).join('\n')}
  </references>
  <pkglist><collection short="c"><name>c</name>
${a.packages
  .map((nevra) => {
    const { name, arch, epoch, version, release } = parsed(nevra);
    return `    <package name="${name}" version="${version}" release="${release}" epoch="${epoch}" arch="${arch}"><filename>x</filename>${a.reboot ? '<reboot_suggested>1</reboot_suggested>' : ''}</package>`;
  })
  .join('\n')}
  </collection></pkglist>
</update>`;

export async function writeScene(folder: string, repository: InventedRepository): Promise<void> {
  const { packages, advisories, modules } = repository;
  await writeInvented(folder, packages, {
    ...(advisories && {
      updateinfo: `<?xml version="1.0"?>\n<updates>\n${advisories.map(updateOf).join('\n')}\n</updates>\n`,
    }),
    ...(modules && { modules: modules.join('') }),
  });
}

/** The program with mirrored sources of these repositories, synced, and a way to register instances. */
export async function createScene(
  repositories: Record<string, InventedRepository>,
  more: SourceDefinition[] = [],
) {
  const folder = await temporaryFolder();
  const upstreams = Object.entries(repositories).map(([label, { parent }]) => ({
    ...(parent && { parent }),
    label,
    upstream: `${pathToFileURL(`${folder}/${label}`).href}/`,
  }));
  for (const [label, one] of Object.entries(repositories)) {
    await writeScene(`${folder}/${label}`, one);
  }
  const running = await startApp([...upstreams, ...more]);
  const { managed, operations } = running.app;
  for (const label of Object.keys(repositories)) await running.sync(label);
  const plain = { sources: [], groups: [], tags: [], compartment: null, uses: null };
  const { key } = await operations.createRegistrationKey({
    ...{ ...plain, name: 'key', expiresAt: null, reactivates: null, takeoverMs: null, by: 'test' },
  });

  return {
    ...running,
    managed,
    updates: managed.updates,

    /** Writes a source's repository anew, and syncs it. */
    async publish(label: string, repository: InventedRepository): Promise<void> {
      await writeScene(`${folder}/${label}`, repository);
      await running.sync(label);
    },

    /** An instance with what is installed by NEVRA, which has these sources; gives its number. */
    async instance(
      installed: string[] | undefined,
      sources: string[],
      about: Parameters<typeof machine>[1] = {},
    ): Promise<number> {
      const { instance } = await managed.registration.register(machine([key], about), '192.0.2.1');
      await managed.channelLists.attach([instance.id], sources, { by: 'user:test' });
      if (installed) await managed.profiles.replace(instance.id, installed.map(profilePackage));
      return instance.id;
    },

    /** Notes what the machine said of its modules. */
    async note(id: number, module_streams: unknown): Promise<void> {
      const db = openState(dataPaths(running.config.data));
      await createInstanceSettingTable(db).set(db, id, { module_streams });
      await db.destroy();
      managed.updates.changed({ instance: id });
    },

    install: (id: number, installed: string[]) =>
      managed.profiles.replace(id, installed.map(profilePackage)),
  };
}

/** An epoch of 0 is none to clients. */
function profilePackage(nevra: string): ProfilePackage {
  const { epoch, ...rest } = parsed(nevra);
  return { ...rest, epoch: epoch === '0' ? '' : epoch };
}
