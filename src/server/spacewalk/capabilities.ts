/** What this server says in `X-RHN-Server-Capability` with every answer to a call: one header, as clients accept it. */
export const serverCapabilities = [
  // Profiles as structs, with architectures; without it rhnreg_ks sends none.
  'xmlrpc.packages.extended_profile(1-2)=1',
  'registration.smbios(1)=1',
  'registration.update_systemid(1)=1',
  'registration.delta_packages(1)=1',
  'registration.finish_message(1)=1',
  'registration.remaining_subscriptions(1)=1',
  'registration.update_contact_info(1)=1',
  'xmlrpc.login.extra_data(1)=1',
  'ipv6(1)=1',
  'cpu_sockets(1)=1',
  // Each rhn_check then asks queue.get_future_actions.
  'staging_content(1)=1',
].join(',');
