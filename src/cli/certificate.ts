import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, explain } from '../base/errors.ts';
import type { CertificateFlags } from './certificate-command.ts';
import type { Config } from './config.ts';
import { print, shownTime } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';

/** Issues a certificate, and prints it or writes it to files. Throws AppErrors. */
export async function issueCertificate(
  config: Config,
  id: string,
  { file, out, days, json }: CertificateFlags & { json: boolean },
): Promise<void> {
  const given = file === undefined ? null : await readFile(file, 'utf8').catch(unreadable(file));
  if (given !== null && out !== undefined) {
    throw new AppError(
      'usage',
      '--out is for a certificate that is made, --file for one that is there',
    );
  }
  // Before there is anything to lose.
  if (out !== undefined) await mkdir(out, { recursive: true, mode: 0o700 }).catch(unwritable(out));
  const request = {
    id: numberOf(id, 'an instance'),
    days: numberOf(days, 'a number of days'),
    certificate: given,
    by: userName(),
  };
  const issued = await withOperations(config, (o) => o.issueCertificate(request));
  const { certificate, key, sha256, notAfter } = issued;
  const paths = out && key ? [join(out, 'instance.pem'), join(out, 'instance.key')] : undefined;
  if (paths) {
    await writeFile(paths[0]!, certificate, { mode: 0o644 }).catch(unwritable(out!));
    await writeFile(paths[1]!, key!, { mode: 0o600 }).catch(unwritable(out!));
  }
  const { certificate: _, key: __, ...about } = issued;
  print(json, paths ? { ...about, files: paths } : issued, () =>
    [
      ...(paths || !key ? [] : [certificate + key]),
      `Instance ${id} may read its channels with the certificate ${sha256}`,
      `until ${shownTime(notAfter)}${paths ? `; it is in ${paths.join(' and ')}` : ''}.`,
    ].join('\n'),
  );
}

function numberOf(text: string, what: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new AppError('usage', `${JSON.stringify(text)} is not ${what}`);
}

const unreadable = (file: string) => (cause: unknown) => {
  throw new AppError('usage', `${file} cannot be read (${explain(cause)})`, { cause });
};
const unwritable = (folder: string) => (cause: unknown) => {
  throw new AppError('usage', `${folder} cannot be written to (${explain(cause)})`, { cause });
};
