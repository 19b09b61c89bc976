import net from 'node:net';

/**
 * Tests talk to this machine only: no proxy is used, and any other connection is refused before it is tried. Names below
 * .test are known to no DNS server (RFC 6761), only to a test's own look-up.
 */
for (const name of Object.keys(process.env)) {
  if (/^(https?|all|no)_proxy$/i.test(name)) delete process.env[name];
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function guarded(this: net.Socket, ...args: unknown[]) {
  const options = (Array.isArray(args[0]) ? args[0][0] : args[0]) as {
    host?: string;
    path?: string;
  };
  const host = typeof options === 'object' ? (options.host ?? 'localhost') : 'localhost';
  if (!options?.path && !/^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\]|[a-z]+\.test)$/.test(host)) {
    throw new Error(`a test tried to connect to ${host}`);
  }
  return Reflect.apply(connect, this, args);
} as typeof connect;
