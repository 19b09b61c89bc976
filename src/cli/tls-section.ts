import { resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import type { TlsSettings } from '../server/tls/material.ts';

const fileSchema = z
  .string()
  .min(1)
  .refine((f) => !/[\r\n]|-----BEGIN/.test(f), 'the path of a file, not what it holds');

/** `tls:`: HTTPS beside or in place of plain HTTP. */
export const tlsSchema = (hostPort: z.ZodType<string>) =>
  z
    .strictObject({
      listen: hostPort.optional(),
      /** Without them, those that the server makes itself. */
      certificate: fileSchema.optional(),
      key: fileSchema.optional(),
      /** The authority of `certificate`, for clients that do not know it. */
      ca: fileSchema.optional(),
      /** Whose client certificates are believed, besides this server's own. */
      client_ca: fileSchema.optional(),
      /** No plain HTTP. */
      only: z.boolean().optional(),
    })
    .refine(
      (tls) => (tls.certificate === undefined) === (tls.key === undefined),
      'certificate and key together, or neither',
    )
    .refine(
      (tls) => tls.ca === undefined || tls.certificate !== undefined,
      'ca where there is a certificate that it signed',
    );

export type WrittenTls = z.output<ReturnType<typeof tlsSchema>>;

/** The settings of the section. `listen` gives the host where none is written; `address` reads one. Throws AppError 'config'. */
export function readTls(
  written: WrittenTls | undefined,
  { folder, listen, address }: TlsPlace,
): TlsSettings | undefined {
  if (!written) return undefined;
  const at = (file: string | undefined) => (file === undefined ? undefined : resolve(folder, file));
  const { certificate, key } = written;
  const own = written.listen === undefined ? { ...listen, port: 8443 } : address(written.listen);
  if (own.port !== 0 && own.port === listen.port && own.host === listen.host && !written.only) {
    throw new AppError(
      'config',
      `tls.listen: found ${own.host}:${own.port}, which is listen, too`,
      {
        hint: 'take another port, or say tls.only: true',
      },
    );
  }
  return {
    listen: own,
    files: certificate && key ? { certificate: at(certificate)!, key: at(key)! } : undefined,
    ca: at(written.ca),
    clientCa: at(written.client_ca),
    only: written.only ?? false,
  };
}

interface TlsPlace {
  folder: string;
  listen: TlsSettings['listen'];
  address(text: string): TlsSettings['listen'];
}

/** The address that clients use where the configuration names no other. */
export function ownUrl({ listen, tls }: Own): string {
  const { host, port } = tls?.only ? tls.listen : listen;
  return `${tls?.only ? 'https' : 'http'}://${shownHost(host)}:${port}`;
}

interface Own {
  listen: TlsSettings['listen'];
  tls: TlsSettings | undefined;
}

const shownHost = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
};
