/** One base URL of a source: gives the bytes of what lies below it. */
export interface Upstream {
  /** As it may be shown: without credentials. */
  readonly shown: string;
  /** The address of a path, without credentials, to send a client to. */
  publicUrl(path: string): string;
  /**
   * Asks for a path below the base. Throws AppError: 'unreachable' (no answer, may be tried again), 'refused' (an
   * error status, in `detail.status`), 'cancelled'.
   */
  get(path: string, options: GetOptions): Promise<Answer>;
}

export interface GetOptions {
  signal?: AbortSignal | undefined;
  /** Makes the request conditional. */
  validators?: Validators | undefined;
}

export interface Validators {
  etag?: string | null | undefined;
  lastModified?: string | null | undefined;
}

export type Answer =
  | { status: 'not_modified' }
  | {
      status: 'ok';
      /** Where the bytes really came from, as it may be shown. */
      url: string;
      /** Bytes that will come, if upstream says. */
      size: number | undefined;
      etag: string | undefined;
      lastModified: string | undefined;
      /** Ends with an AppError 'unreachable' if the connection breaks or stalls. */
      body: AsyncIterable<Buffer>;
    };

/** A href as a URL's path: what is not percent-encoded yet is encoded, `+`, `#` and `?` too. */
export function encodePath(href: string): string {
  return href
    .split('/')
    .map((segment) => encodeURIComponent(segment).replace(/%25([0-9A-Fa-f]{2})/g, '%$1'))
    .join('/');
}
