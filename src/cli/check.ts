import { oneLine } from '../base/errors.ts';
import type { CheckedSource } from '../server/control/checks.ts';
import type { Config } from './config.ts';
import { print, shownCount } from './output.ts';
import { withOperations } from './session.ts';

export interface CheckFlags {
  json: boolean;
  with?: string[];
  platform?: string;
}

/** Checks a source. Gives the exit code: 1 if it lacks something. */
export async function checkCommand(
  config: Config,
  name: string,
  flags: CheckFlags,
): Promise<number> {
  const request = { name, with: flags.with ?? [], platform: flags.platform ?? null };
  const checked = await withOperations(config, (o) => o.checkSource(request));
  print(flags.json, checked, () => describe(checked));
  const { unresolved, modules, advisories } = checked.counts;
  return unresolved + modules + advisories === 0 ? 0 : 1;
}

function describe(checked: CheckedSource): string {
  const { label, revision, counts, took } = checked;
  const hidden = counts.hidden > 0 ? ` (${shownCount(counts.hidden)} hidden by modules)` : '';
  const what = `${label}${revision === null ? '' : ` revision ${revision}`}`;
  const lines = [
    `${what}: ${shownCount(counts.packages)} packages checked${hidden} (${(took / 1000).toFixed(1)} s)`,
    ...(checked.problem === null ? [] : [`not served: ${oneLine(checked.problem)}`]),
    ...part(
      `requirements that nothing meets: ${shownCount(counts.unresolved)}, of ${shownCount(counts.unresolvedPackages)} packages`,
      checked.unresolved.map((u) => `${u.package} requires ${u.requirement}`),
      counts.unresolved,
    ),
    ...part(
      `module streams that lack a stream: ${shownCount(counts.modules)}`,
      checked.modules.map(
        (m) => `${m.stream} requires ${m.requires}${m.lost ? '' : ', which no parent has either'}`,
      ),
      counts.modules,
    ),
    ...part(
      `advisories only partly there: ${shownCount(counts.advisories)}`,
      checked.advisories.map((a) => `${a.id} without ${a.missing.join(', ')}`),
      counts.advisories,
    ),
    ...part(
      `smallest additions found: ${shownCount(counts.additions)} packages`,
      checked.proposals.map((p) => {
        const needs = p.needs.length > 0 ? `, with ${p.needs.join(', ')}` : '';
        return `${p.package} from ${p.from} meets ${p.solves}${needs}`;
      }),
      counts.proposals,
    ),
  ];
  const { unresolved, modules, advisories } = counts;
  if (unresolved + modules + advisories === 0) lines.push('nothing is missing');
  return lines.join('\n');
}

/** A heading and what is below it; nothing where there is none. */
function part(heading: string, items: string[], count: number): string[] {
  if (count === 0) return [];
  const rest = count - items.length;
  const more = rest > 0 ? [`  and ${shownCount(rest)} more`] : [];
  return [heading, ...items.map((i) => `  ${oneLine(i)}`), ...more];
}
