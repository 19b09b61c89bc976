import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../test/support/tools.ts';

/** Writes a configuration with a parent and a child; gives its path. */
export async function fixtureFolder(work: string): Promise<string> {
  const upstream = (name: string) => `file:${join(projectRoot, 'fixtures/repodata', name)}/`;
  const config = join(work, 'headwater.yaml');
  await writeFile(
    config,
    `data: ${join(work, 'data')}
log_level: warn
defaults: [ { sources: [ base, addons ] } ]
sources:
  - { label: base, upstream: "${upstream('ol8')}" }
  - { label: addons, upstream: "${upstream('ol9')}", parent: base }
`,
  );
  return config;
}
