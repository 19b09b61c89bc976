import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkContent } from '../../../src/channels/check/check.ts';
import type { Report } from '../../../src/channels/check/report.ts';
import { createContents } from '../../../src/channels/content/contents.ts';
import { createDependencyReader } from '../../../src/repodata/dependencies.ts';
import { createObjects } from '../../../src/store/objects/objects.ts';
import { dataPaths } from '../../../src/store/paths.ts';
import { openForReading } from '../../../src/store/sqlite.ts';
import { startApp, type TestApp } from '../../support/app.ts';

/** What a check says of a repository in a folder, mirrored: whole, and with its requirements as `repoclosure` gives them. */
export async function checked(folder: string, platform = 'el8') {
  const upstream = `${pathToFileURL(folder).href}/`;
  const running = await startApp([{ label: 'mirror', upstream }]);
  await running.sync('mirror');
  const report = await wholeReport(running, 'mirror', platform);
  return { ...report, byPackage: byPackage(report) };
}

/** The whole report on the current revision of a mirrored source. */
async function wholeReport({ config }: TestApp, label: string, platform: string): Promise<Report> {
  const paths = dataPaths(config.data);
  const objects = createObjects(paths);
  const state = openForReading(paths.state);
  const manifest = state.prepare('SELECT manifest FROM revision').pluck().get() as string;
  state.close();
  const db = openForReading(join(paths.catalogue));
  try {
    const contentOf = createContents({ objects, paths }).of;
    const deps = { db, objects, contentOf, read: createDependencyReader() };
    return await checkContent(deps, { label, revision: manifest }, { with: [], platform });
  } finally {
    db.close();
  }
}

/** Requirements that nothing meets, sorted, by package: as `repoclosure` gives them. */
export function byPackage({ unresolved }: Pick<Report, 'unresolved'>): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const u of unresolved) {
    found[u.package] = [...(found[u.package] ?? []), u.requirement].sort();
  }
  return found;
}
