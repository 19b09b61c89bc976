import type { Config } from './config.ts';
import { print, table } from './output.ts';
import { withOperations } from './session.ts';

/** Looks everything over. Gives the exit code: 1 if something failed. */
export async function doctorCommand(config: Config, json: boolean): Promise<number> {
  const checks = await withOperations(config, (o) => o.doctor());
  print(json, checks, () =>
    table([['STATUS', 'CHECK', 'FOUND'], ...checks.map((c) => [c.status, c.name, c.detail])]),
  );
  return checks.some((c) => c.status === 'failed') ? 1 : 0;
}
