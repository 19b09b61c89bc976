import type { Config } from './config.ts';
import { print } from './output.ts';
import { withOperations } from './session.ts';

export async function rotateTokenKey(config: Config, json: boolean): Promise<void> {
  const { lifetime } = await withOperations(config, (o) => o.rotateTokenKey());
  const minutes = Math.round(lifetime / 60_000);
  print(
    json,
    { lifetime },
    () =>
      `A new key signs tokens from now on. Those that are out stay good for ${minutes} minutes at most.`,
  );
}
