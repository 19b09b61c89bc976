import type { Config } from './config.ts';
import { print } from './output.ts';
import { withOperations } from './session.ts';
import { absolute } from './source-add.ts';

export async function removeSource(config: Config, label: string, json: boolean): Promise<void> {
  await withOperations(config, (o) => o.removeSource(label));
  print(json, { removed: label }, () => `removed ${label}`);
}

export async function pauseSource(config: Config, label: string, json: boolean): Promise<void> {
  const source = await withOperations(config, (o) => o.pauseSource(label));
  print(
    json,
    source,
    () => `paused ${label}; its schedule goes on with: headwater source resume ${label}`,
  );
}

export async function resumeSource(config: Config, label: string, json: boolean): Promise<void> {
  const source = await withOperations(config, (o) => o.resumeSource(label));
  print(
    json,
    source,
    () =>
      `${label} is not paused; its schedule: ${source.nextSync === null ? 'none, by hand' : `next at ${source.nextSync}`}`,
  );
}

export async function setSourceUrls(
  config: Config,
  label: string,
  { urls, json }: { urls: string[]; json: boolean },
): Promise<void> {
  const source = await withOperations(config, (o) => o.setSourceUrls(label, urls.map(absolute)));
  print(
    json,
    source,
    () => `${label} is mirrored from ${source.upstream} now; fetch with: headwater sync ${label}`,
  );
}
