import type { Socket } from 'node:net';
import { LRUCache } from 'lru-cache';

const signature = '/repodata/repomd.xml.asc';

/** How long a client may take from repomd.xml to its signature, in milliseconds. */
const patience = 120_000;

/** So many clients that did not keep their connection are remembered. */
const most = 20_000;

/**
 * Remembers for each client which revision of a channel its repomd.xml came from: the signature that it asks for next must
 * be of the same, whatever was published meanwhile. By connection, as several clients may share an address; by address
 * for those that begin a new connection.
 */
export function createSameRevision() {
  const connections = new WeakMap<Socket, LRUCache<string, string>>();
  const anywhere = new LRUCache<string, string>({ max: most, ttl: patience });
  const addressed = (socket: Socket, key: string) => `${socket.remoteAddress} ${key}`;

  return {
    /** The revision that a path, which begins with the channel's name, is meant of; undefined where any will do. */
    preferred(socket: Socket, client: string, path: string): string | undefined {
      if (!path.endsWith(signature)) return undefined;
      const key = `${client} ${path}`;
      return connections.get(socket)?.get(key) ?? anywhere.get(addressed(socket, key));
    },
    /** Notes that a client got this path of a revision. */
    note(socket: Socket, client: string, { path, revision }: { path: string; revision: string }) {
      const next = `${path}.asc`;
      if (!next.endsWith(signature)) return;
      let clients = connections.get(socket);
      if (!clients) {
        clients = new LRUCache({ max: 32, ttl: patience });
        connections.set(socket, clients);
      }
      const key = `${client} ${next}`;
      clients.set(key, revision);
      anywhere.set(addressed(socket, key), revision);
    },
  };
}
