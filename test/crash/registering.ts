import type { XmlRpcValue } from '../../src/base/xmlrpc-value.ts';
import { encodeCall } from '../../src/server/spacewalk/xmlrpc-encode.ts';
import { createPlace, fixture, type Place, type Server } from '../cli/headwater.ts';
import { resultOf, send } from '../server/spacewalk/front.ts';

/** A place with one source, which machines of release 8 get. */
export const placeForMachines = (): Promise<Place> =>
  createPlace(
    JSON.stringify({
      min_free: '1MB',
      defaults: [{ sources: ['base'] }],
      sources: [{ label: 'base', upstream: fixture('ol8') }],
    }),
  );

/** Calls a method of the protocol of clients. Throws for a fault. */
export async function call(server: Server, method: string, ...params: XmlRpcValue[]) {
  const answer = await send(`${server.url}/XMLRPC`, { body: encodeCall(method, params) });
  const { result, fault } = resultOf(answer);
  if (fault) throw new Error(`${method}: ${fault.faultString}`);
  return result!;
}

/** Registers a machine that has nothing installed. */
export async function register(
  server: Server,
  key: string,
): Promise<{ id: number; systemid: string }> {
  const about = { profile_name: 'host', os_release: '8', release_name: 'oraclelinux-release' };
  const request = { ...about, architecture: 'x86_64', token: key };
  const systemid = (await call(server, 'registration.new_system', request)) as string;
  await call(server, 'up2date.listChannels', systemid);
  return { id: Number(/ID-(\d+)/.exec(systemid)![1]), systemid };
}
