const units = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
} as const;

/** Milliseconds of a duration such as `500ms`, `90s`, `30m`, `6h`, `2d`, `1w`; undefined if it is none. */
export function milliseconds(duration: string): number | undefined {
  const match = /^(\d{1,6})\s*(ms|[smhdw])$/.exec(duration.trim());
  return match ? Number(match[1]) * units[match[2] as keyof typeof units] : undefined;
}

const powers = { '': 0, K: 1, M: 2, G: 3, T: 4 } as const;

/** Bytes of a size such as `500MB` (powers of 1000) or `1GiB` (powers of 1024); undefined if it is none. */
export function bytes(size: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?$/i.exec(size.trim());
  if (!match) return undefined;
  const power = powers[match[2]!.toUpperCase() as keyof typeof powers];
  return Math.round(Number(match[1]) * (match[3] ? 1024 : 1000) ** power);
}

/** A size for people: `12.3 MB`. */
export function shownBytes(count: number): string {
  let value = count;
  for (const unit of ['B', 'kB', 'MB', 'GB', 'TB']) {
    if (value < 1000 || unit === 'TB') {
      return `${unit === 'B' || value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`;
    }
    value /= 1000;
  }
  return `${count} B`;
}

/** As sentences count instances. */
export const instancesText = (count: number): string =>
  count === 1 ? 'one instance' : `${count} instances`;
