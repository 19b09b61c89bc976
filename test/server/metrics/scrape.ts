import { expect } from 'vitest';

/** A sample of the text format: its value by name and labels, as they stand: `name{a="b"}`. */
export type Samples = Map<string, number>;

/** Reads `/metrics` as Prometheus does. Fails on a line that is no comment and no sample, and on a sample without a type. */
export async function scrape(url: string): Promise<Samples> {
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const samples: Samples = new Map();
  const types = new Map<string, string>();
  for (const line of (await response.text()).split('\n')) {
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
    if (type) types.set(type[1]!, type[2]!);
    if (line === '' || line.startsWith('# ')) continue;
    const [, name, labels = '', value] =
      /^([a-z_]+)(\{(?:[a-z]+="[^"\\]*",?)+\})? (\S+)$/.exec(line) ?? [];
    const family = name && (types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, ''));
    expect(family && types.get(family), line).toBeDefined();
    expect(Number.isFinite(Number(value)), line).toBe(true);
    samples.set(name + labels, Number(value));
  }
  return samples;
}

/** The labels of all samples: their values by name. */
export function labelsOf(samples: Samples): Record<string, Set<string>> {
  const found: Record<string, Set<string>> = {};
  for (const sample of samples.keys()) {
    for (const [, name, value] of sample.matchAll(/([a-z]+)="([^"]*)"/g)) {
      found[name!] ??= new Set();
      found[name!]!.add(value!);
    }
  }
  return found;
}
