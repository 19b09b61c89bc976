import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createListing } from '../../../src/channels/listing/listing.ts';
import { temporaryFolder } from '../../support/app.ts';
import { projectRoot } from '../../support/tools.ts';
import { mirror } from '../content/world.ts';

/** Mirrors fixtures, and lists what they have. */
export async function listFixtures(...names: string[]) {
  const folder = await temporaryFolder();
  const upstreams: Record<string, string> = {};
  for (const name of names) {
    upstreams[name] = join(folder, name);
    await cp(join(projectRoot, 'fixtures/repodata', name), upstreams[name], { recursive: true });
  }
  const world = await mirror(upstreams);
  const listing = createListing({ objects: world.objects, paths: world.paths });
  onTestFinished(listing.close);
  return {
    world,
    listing,
    of: (label: string, manifest = world.current.get(label)!) => ({ label, manifest }),
  };
}
