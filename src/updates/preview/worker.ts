import { createContents } from '../../channels/content/contents.ts';
import type { ModulesOf } from '../../store/catalogue/module-streams.ts';
import { usable } from '../../store/catalogue/unusable.ts';
import { createObjects } from '../../store/objects/objects.ts';
import { dataPaths } from '../../store/paths.ts';
import { openForReading } from '../../store/sqlite.ts';
import { serveCalls } from '../../store/worker-calls.ts';
import { answer, type PreviewQuestion } from './answer.ts';
import { createPackages } from './packages.ts';
import type { Preview } from './preview.ts';

/** With more packages than that, what was read is dropped: they take some hundred megabytes. */
const mostPackages = 250_000;

serveCalls<{ root: string }, PreviewQuestion, Preview>(({ root }) => {
  const paths = dataPaths(root);
  const objects = createObjects(paths);
  const contents = createContents({ objects, paths });
  let packages = createPackages();
  const modules = new Map<string, ModulesOf>();
  return (question) =>
    usable(async () => {
      if (packages.pool.size() > mostPackages) packages = createPackages();
      const db = openForReading(paths.catalogue);
      try {
        return await answer({ db, objects, contents, packages, modules }, question);
      } finally {
        db.close();
      }
    });
});
