import { oneLine } from '../base/errors.ts';
import type { Config } from './config.ts';
import { print, shownTime, table } from './output.ts';
import { withOperations } from './session.ts';
import { countOf, idOf, whenOf } from './values.ts';

export interface AuditFlags {
  instance?: string;
  event?: string;
  by?: string;
  request?: string;
  since?: string;
  limit?: string;
  json: boolean;
}

const usualLimit = 50;

export async function queryAudit(config: Config, flags: AuditFlags): Promise<void> {
  const { instance, event, by, request, since, limit } = flags;
  const query = {
    instance: instance === undefined ? null : idOf(instance),
    event: event ?? null,
    actor: by ?? null,
    requestId: request ?? null,
    since: since === undefined ? null : whenOf(since, 'ago', '--since'),
    limit: limit === undefined ? usualLimit : countOf(limit, '--limit'),
  };
  const entries = await withOperations(config, (o) => o.queryAudit(query));
  print(flags.json, entries, () => {
    if (entries.length === 0) return 'nothing of that is known';
    const rows = entries.map((e) => [
      shownTime(e.at),
      ...[e.event, e.actor, e.instance?.toString(), e.subject, e.address, e.result].map(shown),
      ...[e.detail, e.request_id].map(shown),
    ]);
    const about = ['INSTANCE', 'ABOUT', 'FROM', 'RESULT', 'DETAIL', 'REQUEST'];
    return table([['TIME', 'EVENT', 'BY', ...about], ...rows]);
  });
}

const shown = (cell: string | null | undefined): string => (cell == null ? '-' : oneLine(cell));
