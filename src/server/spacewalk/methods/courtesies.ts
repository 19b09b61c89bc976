import type { Call, Methods } from '../call.ts';

/** What clients ask without needing an answer that says much. */
export const courtesyMethods: Methods = {
  // Every tool calls this to see the capabilities in the answer's headers: often, and without saying who it is.
  'registration.welcome_message': async () => 'Welcome to Headwater',
  'registration.privacy_statement': async () =>
    'What this machine says of itself is kept by whoever runs this server.',
  'registration.finish_message': async () => [0, '', ''],
  'registration.remaining_subscriptions': async () => 1,
  'registration.send_serial': nothing,
  'registration.register_product': nothing,
  'registration.update_contact_info': nothing,
  'registration.update_transactions': nothing,
  'registration.virt_notify': nothing,
  // No push: osad goes on without.
  'registration.register_osad': async (call) => {
    await nothing(call);
    return {};
  },
  'registration.register_osad_jid': async (call) => {
    await nothing(call);
    return {};
  },
  'servers.list': async ({ host }) => [
    { server: host, handler: '/XMLRPC', description: 'Headwater', location: '' },
  ],
  'servers.get': async () => [],
};

/** Is told something by an instance, and does nothing with it. */
async function nothing(call: Call): Promise<number> {
  await call.instance();
  call.end();
  return 0;
}
