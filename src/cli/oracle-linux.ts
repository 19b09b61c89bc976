import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { labelSchema, type SourceDefinition } from '../base/source.ts';
import { readYaml } from './read-yaml.ts';

/** The catalogue of Oracle Linux sources that comes with the program. */
export const oracleCatalogueFile = fileURLToPath(
  new URL('../../config/oracle-linux.yaml', import.meta.url),
);

const publicHost = 'https://yum.oracle.com/';

const regionSchema = z
  .string()
  .regex(/^[a-z]+-[a-z]+(-[a-z]+)*-\d+$/, 'an OCI region such as eu-frankfurt-1');

const catalogueSchema = z.strictObject({
  region: regionSchema.nullable(),
  keys: z.record(
    z.string(),
    z.strictObject({
      url: z.url(),
      fingerprint: z
        .string()
        .regex(/^[0-9A-F]{40}$/)
        .optional(),
    }),
  ),
  sources: z.array(
    z.strictObject({
      label: labelSchema,
      parent: labelSchema.optional(),
      name: z.string(),
      release: z.number().int(),
      arch: z.enum(['x86_64', 'aarch64', 'i386']),
      keys: z.array(z.string()).min(1),
      region_only: z.literal(true).optional(),
      upstream: z.string().startsWith(publicHost).endsWith('/'),
    }),
  ),
});

/** Reads the catalogue. Throws AppError 'config'. */
export function readOracleCatalogue(file: string): z.infer<typeof catalogueSchema> {
  return readYaml(file, catalogueSchema);
}

/**
 * A source of the catalogue as a definition, taken from the public server or from an OCI region's mirror. Throws AppError
 * 'not_found' on an unknown label, 'usage' on a source that exists in regions only where none is given.
 */
export function fromOracleCatalogue(
  label: string,
  options: { file?: string | undefined; region?: string | undefined },
): SourceDefinition {
  const file = options.file ?? oracleCatalogueFile;
  const catalogue = readOracleCatalogue(file);
  const entry = catalogue.sources.find((s) => s.label === label);
  if (!entry) {
    const stem = label.split('_')[0]!;
    const near = catalogue.sources.filter((s) => s.label.startsWith(stem)).map((s) => s.label);
    throw new AppError('not_found', `the catalogue has no source ${label}`, {
      hint: near.length > 0 ? `it has ${near.slice(0, 8).join(', ')} …` : `see ${file}`,
    });
  }
  const region = options.region ?? catalogue.region ?? undefined;
  if (region !== undefined && !regionSchema.safeParse(region).success) {
    throw new AppError('usage', `${region} is no OCI region`, {
      hint: 'one looks like eu-frankfurt-1',
    });
  }
  if (entry.region_only && !region) {
    throw new AppError('usage', `${label} exists on the mirrors of OCI regions only`, {
      hint: 'give one with --region, such as --region eu-frankfurt-1',
    });
  }
  const at = (url: string) =>
    region ? url.replace(publicHost, `https://yum.${region}.oci.oraclecloud.com/`) : url;
  return {
    label: entry.label,
    name: entry.name,
    arch: entry.arch,
    release: entry.release,
    ...(entry.parent && { parent: entry.parent }),
    upstream: at(entry.upstream),
    gpg_keys: entry.keys.map((name) => at(catalogue.keys[name]!.url)),
    sync: { every: '6h' },
  };
}
