import { refused } from '../../../fleet/refusals.ts';
import type { Methods } from '../call.ts';

export const errataMethods: Methods = {
  'errata.getErrataInfo': async (call, door) => {
    const instance = await call.instance();
    const number = call.int('id');
    call.end();
    const packages = await door.advisories.packagesOf(instance, number);
    // An empty list crashes the client.
    if (packages.length === 0) throw refused('no_such_advisory', `there is no advisory ${number}`);
    return packages.map(({ name, version, release, epoch, arch }) => [
      name,
      version,
      release,
      epoch,
      arch,
    ]);
  },

  // Clients of old look for the advisories of a package with these.
  'errata.GetByPackage': async () => [],
  'errata.getPackageErratum': async () => [],
  'errata.getErrataNamesById': async () => [],
};
