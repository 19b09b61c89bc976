import type { Config } from './cli/config.ts';
import { ownUrl } from './cli/tls-section.ts';
import type { Asker } from './server/asker.ts';

/** How clients reach this server: as configured, else as they did. */
export function createPublicUrl(config: Config) {
  let given = givenIn(config);
  let listening = ownUrl(config);
  const { host } = config.tls?.only ? config.tls.listen : config.listen;
  const listensAnywhere = ['0.0.0.0', '::'].includes(host);
  const now = () => given ?? listening;

  return {
    /** Where nobody asks. */
    now,

    /**
     * For one who asks. Where the configuration names no address, and this server is reached by others than the one it
     * listens on, clients go on using what they asked for.
     */
    for({ host, secure, isForwarded }: Asker): string {
      const byOther = listensAnywhere || secure || isForwarded;
      const usable = /^[A-Za-z0-9.:[\]_-]+$/.test(host);
      return given || !byOther || !usable ? now() : `${secure ? 'https' : 'http'}://${host}`;
    },

    /** Which port it listens on, where the system chose it. */
    listening(port: number): void {
      listening = listening.replace(/:0$/, `:${port}`);
    },

    /** Takes another configuration over. An address that follows from `listen` stays with it. */
    use(next: Config): void {
      given = givenIn(next);
    },
  };
}

const givenIn = (config: Config) =>
  config.publicUrl === ownUrl(config) ? undefined : config.publicUrl;
