import type { z } from 'zod';
import type { filtersSchema } from '../../src/base/filters.ts';
import { type Model, nevra } from './filter-model.ts';

interface Choice {
  parents: Model[];
  random: () => number;
  pick: <T>(list: readonly T[]) => T;
  some: <T>(most: number, make: () => T) => T[];
}

/** Filters that a person might write of these parents, and some that fit nothing. */
export function randomFilters({
  parents,
  random,
  pick,
  some,
}: Choice): z.input<typeof filtersSchema> {
  const all = <T>(of: (m: Model) => T[]) => parents.flatMap(of);
  const packages = all((m) => m.packages);
  const advisories = all((m) => m.advisories);
  const modules = all((m) => m.modules);
  const groups = all((m) => m.groups);
  const pattern = (): string => {
    const p = pick(packages);
    const cut = p.name.slice(0, 1 + Math.floor(random() * p.name.length));
    const vr = `${p.version}-${p.release}`;
    return pick([
      ...[p.name, p.name, `${p.name}.${p.arch}`, `${p.name}-${p.version}`, `${p.name}-${vr}`],
      ...[`${p.name}-${vr}.${p.arch}`, nevra(p), `${p.epoch}:${p.name}-${vr}.${p.arch}`],
      ...[
        `${cut}*`,
        `*${cut.slice(-2)}*`,
        `*.${p.arch}`,
        `${p.name}-*.${p.arch}`,
        `?${p.name.slice(1)}`,
      ],
      ...[`[${p.name[0]}-z]${p.name.slice(1)}`, `${p.name}-nowhere`, `${p.name}-*:*`],
    ]).replaceAll(/\s/g, '?');
  };
  const rule = () =>
    pick([
      { type: ['security', 'SECURITY'] },
      { type: [pick(advisories).type || 'bugfix'], severity: ['low', 'Important', 'critical'] },
      { id: [pick(advisories).id] },
      { id: [`${pick(advisories).id.slice(0, 7)}*`] },
      { issued_until: `${2010 + Math.floor(random() * 16)}-06-15` },
    ]);
  const module = () => {
    const m = pick(modules);
    return pick([
      m.name,
      `${m.name}:${m.stream}`,
      `${m.name.slice(0, 2)}*`,
      `*:${m.stream}`,
      `${m.name}:none`,
    ]);
  };
  const group = () => pick([pick(groups).id, `${pick(groups).id.slice(0, 3)}*`]);
  const lists = <T>(key: string, make: () => T) => {
    const include = random() < 0.3 ? some(4, make) : [];
    const exclude = random() < 0.4 ? some(4, make) : [];
    if (include.length + exclude.length === 0) return {};
    return {
      [key]: { ...(include.length > 0 && { include }), ...(exclude.length > 0 && { exclude }) },
    };
  };
  return [
    {
      ...lists('packages', pattern),
      ...(advisories.length > 0 && lists('advisories', rule)),
      ...(modules.length > 0 && lists('modules', module)),
      ...(groups.length > 0 && lists('groups', group)),
      ...(random() < 0.3 && { latest_only: true }),
    },
  ];
}
