import { noSource } from './base/no-source.ts';
import { channelName } from './channels/channels.ts';
import type { Checker } from './channels/check/checker.ts';
import { countedWith, offeredBy, platformOf } from './channels/check/strict.ts';
import type { Resolver } from './channels/resolve.ts';
import type { Upcoming } from './offering.ts';
import type { CheckOperations } from './server/control/checks.ts';
import type { SourceSet } from './source-set.ts';
import type { RevisionTable } from './store/state/revisions.ts';

interface Deps {
  checker: Checker;
  sources: SourceSet;
  revisions: RevisionTable;
  resolver: Pick<Resolver, 'resolve'> & { upcoming(label: string): Promise<Upcoming> };
}

/** The operation of `headwater check`. */
export function createCheckOperations(deps: Deps): CheckOperations {
  const { checker, sources, revisions, resolver } = deps;

  async function parse(name: string) {
    const { label, spec } = channelName(name);
    if (!sources.get(label) && !(await revisions.current(label))) throw noSource(label);
    return { label, spec };
  }

  async function resolve(name: string) {
    const { label, spec } = await parse(name);
    return resolver.resolve(label, spec);
  }

  async function subjectOf(name: string): Promise<Upcoming> {
    const { label, spec } = await parse(name);
    if (spec === undefined) return resolver.upcoming(label);
    return { ...(await resolver.resolve(label, spec)), problem: null };
  }

  return {
    async checkSource({ name, with: others, platform }) {
      const started = performance.now();
      const { label, number, manifest, problem } = await subjectOf(name);
      const own = sources.get(label);
      const helpers = await offeredBy(revisions, countedWith(own));
      for (const other of others) {
        const found = await resolve(other);
        helpers.push({ label: found.label, revision: found.manifest });
      }
      const report = await checker.check(
        { label, revision: manifest },
        { with: helpers, platform: platform ?? platformOf(own) },
      );
      const took = Math.round(performance.now() - started);
      return { label, revision: number, problem, ...report, took };
    },
  };
}
