import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';

export interface CertificateFlags {
  file?: string;
  out?: string;
  days: string;
}

/** `headwater instance certificate`. */
export function addCertificateCommand(instance: Command): void {
  const certificate = shared(instance.command('certificate'))
    .description('give an instance a client certificate to read its channels with')
    .argument('<id>', 'the instance')
    .option('--out <folder>', 'write instance.pem and instance.key there (default: print both)')
    .option('--days <number>', 'for how long it is good', '730')
    .option('--file <certificate>', 'take this one, which another authority issued (tls.client_ca)')
    .addHelpText(
      'after',
      `
The key is kept nowhere else, and shown this once. A new certificate takes the place of the one before, which is good for
nothing from then on. On the machine they belong into /etc/pki/headwater/, the key readable by root alone.

Examples:
  headwater instance certificate 1000010000 --out /root/web1
  headwater instance certificate 1000010000 --file web1.example.com.pem`,
    );
  certificate.action(async (id: string, flags: CertificateFlags) =>
    (await import('./certificate.ts')).issueCertificate(await configOf(certificate), id, {
      ...flags,
      json: jsonOf(certificate),
    }),
  );
}
