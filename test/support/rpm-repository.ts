import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Builds a small noarch rpm with one file into `<folder>/Packages`. */
export async function buildRpm(
  folder: string,
  name: string,
  version: string,
  requires: string[] = [],
): Promise<void> {
  const work = join(folder, '..', 'rpmbuild');
  await mkdir(join(folder, 'Packages'), { recursive: true });
  await mkdir(work, { recursive: true });
  const spec = join(work, `${name}.spec`);
  await writeFile(
    spec,
    `Name: ${name}
Version: ${version}
Release: 1
Summary: A package of a test
License: Apache-2.0
BuildArch: noarch
AutoReqProv: no
${requires.map((r) => `Requires: ${r}\n`).join('')}
%description
A package of a test.
%install
mkdir -p %{buildroot}/usr/share/${name}
echo ${version} > %{buildroot}/usr/share/${name}/version
%files
/usr/share/${name}
`,
  );
  const defines = [
    `_topdir ${work}`,
    `_rpmdir ${join(folder, 'Packages')}`,
    '_build_name_fmt %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm',
  ];
  await run('rpmbuild', ['-bb', '--quiet', ...defines.flatMap((d) => ['--define', d]), spec]);
}

/** Makes or renews the repository's metadata, as an upstream does when it publishes. */
export async function createRepository(folder: string, ...options: string[]): Promise<void> {
  await run('createrepo_c', ['--quiet', ...options, folder]);
}
