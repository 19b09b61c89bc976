import type { XmlRpcValue } from '../../../base/xmlrpc-value.ts';
import type { HandedOut } from '../../../fleet/action-calls.ts';
import { isStruct, type Methods, wholeNumber } from '../call.ts';
import { encodeCall } from '../xmlrpc-encode.ts';

/** What an instance is to do, and what came of it. */
export const queueMethods: Methods = {
  'queue.get': async (call, door) => {
    const instance = await call.instance({ seen: true });
    call.value(); // The version of actions that the client knows: they are all of the second.
    const { kernel, uptime } = statusOf(call.value());
    call.end();
    const bootedAt = uptime === undefined ? undefined : new Date(Date.now() - uptime * 1000);
    const booted = { ...(kernel && { kernel }), ...(bootedAt && { bootedAt }) };
    door.instances.seen(instance, { ...call.about(), ...booted });
    const about = uptime === undefined ? {} : { uptimeSeconds: uptime };
    const action = await door.actions.next(instance, about);
    return action ? offered(action) : '';
  },

  'queue.submit': async (call, door) => {
    const instance = await call.instance();
    const id = call.int('id');
    const said = call.value();
    const message = call.value() ?? '';
    const data = call.value() ?? {};
    call.end();
    // A mistake in the client makes it an array of one number where something unexpected happened.
    const status = typeof said === 'number' ? said : undefined;
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    await door.actions.submit(instance, id, { status, message: text, data });
    return 0;
  },

  'queue.get_future_actions': async (call, door) => {
    const instance = await call.instance();
    const hours = call.int('hours');
    call.end();
    return (await door.actions.future(instance, Math.min(Math.max(hours, 0), 8784))).map(offered);
  },

  'queue.length': async (call, door) => {
    const instance = await call.instance();
    call.end();
    return door.actions.length(instance);
  },
};

/** A version above 2 crashes rhn_check. */
const offered = ({ id, kind, params }: HandedOut) => ({
  id,
  version: 2,
  action: encodeCall(kind, params),
});

/** The kernel's release, and seconds since the machine booted. */
function statusOf(status: XmlRpcValue | undefined): { kernel?: string; uptime?: number } {
  if (!isStruct(status)) return {};
  const kernel = Array.isArray(status.uname) ? status.uname[2] : undefined;
  const uptime = wholeNumber(Array.isArray(status.uptime) ? status.uptime[0] : undefined);
  return {
    ...(typeof kernel === 'string' && kernel && { kernel: kernel.slice(0, 256) }),
    ...(uptime !== undefined && uptime >= 0 && uptime < tenYears && { uptime }),
  };
}

const tenYears = 10 * 366 * 86_400;
