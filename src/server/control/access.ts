import type { AuthOperations } from './auth.ts';

/** What the command line asks about access: login tokens, certificates, and what users have. All throw AppErrors. */
export interface AccessOperations extends AuthOperations {
  /** Signs login tokens with a new key from now on. Those of the one before stay good for their time, in milliseconds. */
  rotateTokenKey(): Promise<{ lifetime: number }>;
  /** Makes sure that there are an own authority and a certificate for the server: for its address and these names. */
  initialiseTls(names: string[]): Promise<InitialisedTls>;
  /** Gives an instance a new client certificate, in place of any that it had. */
  issueCertificate(request: CertificateRequest): Promise<GivenCertificate>;
}

export interface InitialisedTls {
  /** Of the authority's certificate: SHA-256, as openssl shows it. */
  fingerprint: string;
  names: string[];
  /** RFC 3339. */
  notAfter: string;
  made: { authority: boolean; server: boolean };
  /** Where clients get the authority's certificate. */
  url: string;
}

export interface CertificateRequest {
  id: number;
  days: number;
  /** One that somebody else issued, as PEM; null to make one. */
  certificate: string | null;
  by: string;
}

export interface GivenCertificate {
  instance: number;
  /** As PEM. */
  certificate: string;
  /** As PEM, the only copy; null where the certificate was made elsewhere. */
  key: string | null;
  /** SHA-256 of its DER, as hex. */
  sha256: string;
  /** RFC 3339. */
  notAfter: string;
}
