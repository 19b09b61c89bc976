import { AppError, oneLine } from '../base/errors.ts';
import { shownBytes } from '../base/units.ts';
import type { UpdateKind } from '../base/update-kinds.ts';
import type { GoingPackage, Preview, PreviewWish } from '../updates/preview/preview.ts';
import type { Config } from './config.ts';
import { print, table } from './output.ts';
import { withOperations } from './session.ts';
import { kindOf } from './update-words.ts';
import { idOf } from './values.ts';

export interface PreviewFlags {
  updateAll?: boolean;
  security?: boolean;
  kind?: string[];
  update?: string[];
  install?: string[];
  remove?: string[];
  enable?: string[];
  disable?: string[];
  json: boolean;
}

/** Gives the exit code. */
export async function previewInstance(
  config: Config,
  id: string,
  flags: PreviewFlags,
): Promise<number> {
  const wish = wishOf(flags);
  const preview = await withOperations(config, (o) => o.previewInstance(idOf(id), wish));
  print(flags.json, preview, () => describe(preview));
  return preview.decided ? 0 : 1;
}

function wishOf(flags: PreviewFlags): PreviewWish {
  const named = (flags.kind ?? []).map((text) => kindOf(text)!);
  const kinds: UpdateKind[] = flags.security ? [...named, 'security'] : named;
  const some = kinds.length > 0 ? kinds : undefined;
  const enable = [
    ...(flags.enable ?? []).map((text) => {
      const at = text.indexOf(':');
      if (at > 0 && at < text.length - 1)
        return { module: text.slice(0, at), stream: text.slice(at + 1) };
      throw new AppError('usage', `${text} names no stream`, { hint: 'write MODULE:STREAM' });
    }),
    ...(flags.disable ?? []).map((module) => ({ module, stream: null })),
  ];
  const { update, install, remove } = flags;
  return {
    ...{ update, install, remove, updateAll: flags.updateAll ? 'all' : some },
    enable: enable.length > 0 ? enable : undefined,
  };
}

function describe(preview: Preview): string {
  const comes = (list: Preview['installs']) =>
    list.map((p) => [nameOf(p), p.evr, '', p.source, shownBytes(p.size)]);
  const goes = (list: GoingPackage[]) => list.map((p) => [nameOf(p), '', p.evr, '', '']);
  const strong = preview.dependencies.filter(({ weak }) => !weak);
  const weak = preview.dependencies.filter((d) => d.weak);
  const sections: [string, string[][]][] = [
    [
      'Upgrades',
      preview.upgrades.map((p) => [
        ...[nameOf(p), p.evr, p.installed, p.source, shownBytes(p.size)],
      ]),
    ],
    ['New', comes(preview.installs)],
    ['New, needed by others', comes(strong)],
    ['New, recommended by others', comes(weak)],
    ['Replaced', preview.obsoleted.map((p) => [nameOf(p), `by ${p.by}`, p.evr, '', ''])],
    ['Removed', goes(preview.removals.filter(({ asked }) => asked))],
    ['Removed with these', goes(preview.removals.filter(({ asked }) => !asked))],
  ];
  const filled = sections.filter(([, rows]) => rows.length > 0);
  const head = ['PACKAGE', 'COMES', 'GOES', 'SOURCE', 'SIZE'];
  const lines =
    filled.length === 0
      ? ['Nothing would be done.']
      : table([
          head,
          ...filled.flatMap(([title, rows]) => [[`${title}:`], ...indented(rows)]),
        ]).split('\n');
  return [...lines, '', ...summary(preview)].join('\n').trimEnd();
}

const indented = (rows: string[][]): string[][] =>
  rows.map(([first, ...rest]) => [`  ${oneLine(first ?? '')}`, ...rest.map(oneLine)]);

const nameOf = ({ name, arch }: GoingPackage): string => `${name}.${arch}`;

function summary(preview: Preview): string[] {
  const { downloadBytes, installedBytes, advisories, cves, reboot, reasons, decided } = preview;
  const lines: string[] = [];
  if (downloadBytes > 0) lines.push(`Download: ${shownBytes(downloadBytes)}`);
  if (installedBytes !== 0) {
    const sign = installedBytes < 0 ? '-' : '+';
    lines.push(`On the disk: ${sign}${shownBytes(Math.abs(installedBytes))}`);
  }
  if (advisories.length > 0) {
    const many = advisories.length === 1 ? '1 advisory' : `${advisories.length} advisories`;
    lines.push(`Closes ${many}: ${oneLine(advisories.map((a) => a.id).join(', '))}`);
  }
  if (cves.length > 0) lines.push(`CVEs: ${oneLine(cves.join(', '))}`);
  if (reboot.length > 0) lines.push(`Takes a reboot: ${oneLine(reboot.join(', '))}`);
  for (const reason of reasons) lines.push(`Note: ${oneLine(reason)}`);
  if (!decided) lines.push('It cannot be decided what would happen.');
  return lines;
}
