import type { DiffResult } from '../server/control/operations.ts';
import type { Config } from './config.ts';
import { print, shownCount } from './output.ts';
import { withOperations } from './session.ts';

export async function diffCommand(
  config: Config,
  [before, after]: [string, string],
  json: boolean,
): Promise<void> {
  const result = await withOperations(config, (o) => o.diff(before, after));
  print(json, result, () => shown(result));
}

function shown({ before, after, packages, advisories, modules, groups }: DiffResult): string {
  const build = ({ name, arch, evr }: { name: string; arch: string; evr: string }) =>
    `${name}-${evr}.${arch}`;
  const move = (m: { name: string; arch: string; from: string; to: string }) =>
    `${m.name}.${m.arch} ${m.from} → ${m.to}`;
  const advisory = (a: { id: string; type: string; severity: string }) =>
    [a.id, a.type, a.severity].filter((t) => t).join(' ');
  const sections: [string, string[]][] = [
    ['packages added', packages.added.map(build)],
    ['packages removed', packages.removed.map(build)],
    ['packages upgraded', packages.upgraded.map(move)],
    ['packages downgraded', packages.downgraded.map(move)],
    ['packages replaced (same version, other file)', packages.replaced.map(build)],
    ['advisories added', advisories.added.map(advisory)],
    ['advisories removed', advisories.removed.map(advisory)],
    ['advisories changed', advisories.changed.map(advisory)],
    ['module streams added', modules.added],
    ['module streams removed', modules.removed],
    ['groups added', groups.added],
    ['groups removed', groups.removed],
  ];
  const filled = sections.filter(([, lines]) => lines.length > 0);
  const name = ({ label, revision }: DiffResult['before']) =>
    `${label}${revision === null ? '' : `@${revision}`}`;
  return [
    `${name(before)} → ${name(after)}${filled.length === 0 ? ': no difference' : ''}`,
    ...filled.flatMap(([head, lines]) => [
      '',
      `${shownCount(lines.length)} ${head}`,
      ...lines.map((line) => `  ${line}`),
    ]),
  ].join('\n');
}
