import { expect } from 'vitest';
import type { Limits } from '../../src/base/limits.ts';
import type { SourceDefinition } from '../../src/base/source.ts';
import { defaultLimits } from '../../src/cli/limits-section.ts';
import { startApp } from '../support/app.ts';
import type { Fault } from '../support/upstream.ts';
import { invented, type RepositoryOptions, startRepository } from './repository.ts';

export const packages = [invented('brook'), invented('weir'), invented('sluice')];

/** A sync of a repository under other limits than usual. */
export async function synced(
  change: Partial<Limits>,
  repository: Partial<RepositoryOptions> = {},
  { fault, ...source }: Partial<SourceDefinition> & { fault?: Fault } = {},
) {
  const { upstream } = await startRepository({ packages, advisories: ['A-1'], ...repository });
  upstream.fault = fault;
  const limits = { ...defaultLimits, ...change };
  const test = await startApp([{ label: 'a', upstream: upstream.url, ...source }], { limits });
  const result = await test.sync('a');
  return { ...test, upstream, result };
}

/** Why a sync under such limits failed. */
export const failed = async (...args: Parameters<typeof synced>) => {
  const { result } = await synced(...args);
  expect(result).toMatchObject({ outcome: 'failed' });
  expect(result.reason).toMatch(/^source a: /);
  return { kind: result.kind, reason: result.reason };
};
