import { AsyncLocalStorage } from 'node:async_hooks';

/** The request that something is done for: logs and the audit say so by themselves. */
export interface RequestContext {
  requestId: string;
  /** Where it came from. */
  address: string;
  /** Who asks, once that is known, as the audit names them. */
  actor?: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs something for a request. */
export const inRequest = <T>(request: RequestContext, run: () => T): T => storage.run(request, run);

/** The request that this is done for; undefined for what nobody asked for over HTTP. */
export const currentRequest = (): RequestContext | undefined => storage.getStore();

/** What every line of the log says of the request that it is about. */
export function aboutRequest(): { requestId?: string } {
  const request = storage.getStore();
  return request ? { requestId: request.requestId } : {};
}
