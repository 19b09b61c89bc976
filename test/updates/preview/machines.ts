import { hash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type MadeRepository, writeRepository } from '../../../oracle/made-repository.ts';
import type { StubPackage } from '../../../oracle/rpm-headers.ts';
import type { PreviewWish } from '../../../src/updates/preview/preview.ts';
import { openApi } from '../../server/osms/registered.ts';
import { temporaryFolder } from '../../support/app.ts';

/** A source that has had what is installed once, and a machine that has it attached. */
export async function openMachine({
  before = [],
  installed,
  now,
  hideFiles = false,
}: {
  /** What the source had besides what is installed. */
  before?: readonly StubPackage[];
  installed: readonly StubPackage[];
  now: MadeRepository;
  /** Whether primary names none of the files. */
  hideFiles?: boolean;
}) {
  const folder = join(await temporaryFolder(), 'repository');
  await writeRepository(folder, { packages: [...installed, ...before] });
  const upstream = `${pathToFileURL(folder).href}/`;
  const api = await openApi([{ label: 'base', upstream, release: 8, arch: 'x86_64' }]);
  await api.sync('base');
  await writeRepository(folder, now);
  if (hideFiles) await withoutFiles(folder);
  await api.sync('base');
  const machine = await api.enrol({}, installed.map(nevra));
  await api.managed.channelLists.attach([machine.id], ['base'], { by: 'user:test' });
  return {
    ...{ ...api, ...machine, folder },
    preview: (wish: PreviewWish) => api.operations.previewInstance(machine.id, wish),
    /** Asks the API as a new user, whom these statements let do something. */
    async ask(user: string, body: object, ...statements: string[]) {
      const by = 'test';
      await api.operations.createUserGroup(user, { description: '', by });
      await api.operations.addUser(user, null, { groups: [user], by });
      const policy = { name: user, compartment: '', statements, description: '', by };
      if (statements.length > 0) await api.operations.createPolicy(policy);
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      const { token } = await api.operations.createBearerToken({
        ...{ user, name: 'test', scopes: [], by, expiresAt },
      });
      const path = `/20190801/managedInstances/${machine.ocid}/actions/preview`;
      const response = await fetch(`${api.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
  };
}

async function withoutFiles(folder: string): Promise<void> {
  const [primary, repomd] = ['primary.xml', 'repomd.xml'].map((f) => join(folder, 'repodata', f));
  const before = await readFile(primary!, 'utf8');
  const after = before.replaceAll(/<file>[^<]*<\/file>/g, '');
  await writeFile(primary!, after);
  const about = (text: string): [string, string] => [
    hash('sha256', text),
    String(Buffer.byteLength(text)),
  ];
  const [old, own] = [about(before), about(after)];
  const text = await readFile(repomd!, 'utf8');
  const said = text.replaceAll(old[0], own[0]).replaceAll(`size>${old[1]}<`, `size>${own[1]}<`);
  await writeFile(repomd!, said);
}

const nevra = ({ name, epoch, version, release, arch }: StubPackage) => ({
  ...{ name, epoch, version, release, arch },
});

/**
 * A package by name-[epoch:]version-release.arch, and what it says of others, each as `name` or `name >= version`, by kind:
 * `stub('a-1-1.noarch', { requires: ['b >= 2'] })`.
 */
export function stub(
  named: string,
  of: Partial<Record<Kind, readonly string[]>> & { files?: readonly string[] } = {},
): StubPackage {
  const [, name = '', epoch = '', version = '', release = '', arch = ''] =
    /^(.+)-(?:(\d+):)?([^-]+)-([^-]+)\.([^.]+)$/.exec(named)!;
  const own = { name, epoch, version, release };
  const lists = kinds.map((kind) => [kind, (of[kind] ?? []).map(dependency)]);
  const self = { name, flags: 'EQ', epoch: epoch || '0', version, release, pre: 0 };
  const { provides, ...others } = Object.fromEntries(lists);
  return { ...own, arch, ...others, provides: [self, ...provides], files: of.files ?? [] };
}

const kinds = [
  'provides',
  'requires',
  'conflicts',
  'obsoletes',
  'recommends',
  'supplements',
] as const;
type Kind = (typeof kinds)[number];
const flags: Record<string, string> = { '=': 'EQ', '<': 'LT', '<=': 'LE', '>': 'GT', '>=': 'GE' };

function dependency(text: string) {
  const nothing = { flags: undefined, epoch: undefined, version: undefined, release: undefined };
  const [, name = '', operator = '', epoch = '0', version = '', release] =
    /^([^(]\S*) (<=|>=|[<=>]) (?:(\d+):)?([^-]+)(?:-(.+))?$/.exec(text) ?? [];
  if (!operator) return { name: text, ...nothing, pre: 0 };
  return { name, flags: flags[operator], epoch, version, release, pre: 0 };
}
