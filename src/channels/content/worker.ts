import { createObjects } from '../../store/objects/objects.ts';
import { dataPaths } from '../../store/paths.ts';
import { serveCalls } from '../../store/worker-calls.ts';
import { type Diff, diffContents } from '../diff/diff.ts';
import { advisoryPackages, type BuildName } from './advisory-packages.ts';
import { createContents } from './contents.ts';
import { digestContent } from './digest.ts';
import type { ContentCounts, ListedPackage } from './listed.ts';
import { type NamedBuilds, namedBuilds } from './named-builds.ts';
import { type PickedPackage, pickPackages } from './picks.ts';

/** A source's revision: its label, and the object. */
export interface RevisionName {
  label: string;
  manifest: string;
}

/** What is asked of what revisions consist of. */
export type ContentJob =
  | { op: 'diff'; before: RevisionName; after: RevisionName }
  | { op: 'count' | 'list' | 'preview' | 'digest'; of: RevisionName }
  | { op: 'advisory'; of: RevisionName; id: string }
  | { op: 'named' | 'pick'; of: RevisionName; names: readonly string[] };

export interface ContentPreview {
  counts: ContentCounts;
  /** A sentence each. */
  remarks: string[];
}

export type ContentAnswer =
  | Diff
  | ContentCounts
  | ContentPreview
  | ListedPackage[]
  | string
  | BuildName[]
  | NamedBuilds
  | PickedPackage[][];

serveCalls<{ root: string }, ContentJob, ContentAnswer>((data) => {
  const paths = dataPaths(data.root);
  const contents = createContents({ objects: createObjects(paths), paths });
  const of = ({ label, manifest }: RevisionName) => contents.of(label, manifest);
  return async (job) => {
    if (job.op === 'diff') {
      const [before, after] = [await of(job.before), await of(job.after)];
      return contents.reading([before, after], (r) => diffContents(r, before, after));
    }
    const content = await of(job.of);
    if (job.op === 'count') return contents.count(content);
    if (job.op === 'digest') return contents.reading([content], (r) => digestContent(r, content));
    if (job.op === 'advisory') {
      return contents.reading([content], (r) => advisoryPackages(r, content, job.id));
    }
    if (job.op === 'named') {
      return contents.reading([content], (r) => namedBuilds(r, content, job.names));
    }
    if (job.op === 'pick') {
      return contents.reading([content], (r) => pickPackages(r, content, job.names));
    }
    if (job.op === 'preview') {
      return { counts: await contents.count(content), remarks: content.remarks };
    }
    const list: ListedPackage[] = [];
    await contents.listPackages(content, (pkg) => list.push(pkg));
    return list;
  };
});
