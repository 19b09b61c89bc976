import { createApp } from '../app.ts';
import { explain } from '../base/errors.ts';
import { createLog } from '../base/log.ts';
import { channelUrl } from '../channels/repofile.ts';
import { aboutRequest } from '../identity/request-context.ts';
import type { Config } from './config.ts';
import { shownCount } from './output.ts';

/** Runs the server until SIGTERM or SIGINT. `reload` reads the configuration anew, for SIGHUP. */
export async function serve(config: Config, reload: () => Promise<Config>): Promise<void> {
  const log = createLog(config.logLevel, { mixin: aboutRequest });
  const app = await createApp(config, log);
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => resolve(signal));
  });
  process.on('SIGHUP', () => {
    void (async () => {
      try {
        const next = await reload();
        await app.reload(next);
        log.level = next.logLevel;
        log.info('configuration reloaded');
      } catch (error) {
        log.error({ reason: explain(error) }, 'configuration not reloaded; the old one stays');
      }
    })();
  });
  try {
    const address = await app.serve();
    log.info({ ...address, data: config.data }, 'listening');
    const publicUrl = app.publicUrl();
    say(`Headwater serves ${publicUrl}/ from ${config.data}`);
    void introduce(publicUrl).catch((error) => log.error({ err: error }, 'no introduction'));
    await administrate().catch((error) => {
      log.error({ reason: explain(error) }, 'no administrator was made');
    });
    log.info({ signal: await stopped }, 'stopping');
  } finally {
    await app.close();
  }

  /** Makes sure that the OS Management API can be asked by somebody. */
  async function administrate(): Promise<void> {
    const { user, made } = await app.operations.initialiseAdministrator();
    if (made)
      say(`An administrator was made: ${user}. \`headwater init\` shows how to ask as them.`);
  }

  /** Waits for the first sync of sources that never had one, and says what to try. */
  async function introduce(publicUrl: string): Promise<void> {
    const sources = await app.operations.listSources();
    const fresh = sources.filter((s) => s.revision === null && s.nextSync !== null);
    if (fresh.length > 0) {
      const labels = fresh.map((s) => s.label);
      for (const r of await app.operations.sync({ labels }, () => {})) {
        say(
          r.outcome === 'failed'
            ? `${r.label}: not mirrored: ${r.reason}`
            : `${r.label}: mirrored, ${shownCount(r.packages)} packages`,
        );
      }
    }
    const ready = (await app.operations.listSources()).find((s) => s.revision !== null);
    if (!ready) return;
    const url = channelUrl(publicUrl, ready.label);
    say(`Try:  dnf --repofrompath=${ready.label},${url} --repo=${ready.label} repoquery`);
    say(`Or open ${publicUrl}/ for .repo files. In another shell: bin/headwater source list`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
