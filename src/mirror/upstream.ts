/** One base URL of a source: gives the bytes of what lies below it. */
export interface Upstream {
  /** As it may be shown: without credentials. */
  readonly shown: string;
  /** What it is known by when it rests after a failure; without it, it never does. */
  readonly name?: string;
  /** The address of a path, without credentials, to send a client to. */
  publicUrl(path: string): string;
  /**
   * Asks for a path below the base. Throws AppError: 'unreachable' (no answer, may be tried again), 'refused' (an
   * error status, in `detail.status`), 'cancelled'.
   */
  get(path: string, options: GetOptions): Promise<Answer>;
  /** The address of a place, without credentials. Throws AppError 'refused'. */
  publicUrlAt(place: Place): string;
  /**
   * Asks where its metadata says that a package lies. Another server may be at a private address only if this one is at
   * one itself. Throws as `get`, and AppError 'refused' where that is no place to ask at.
   */
  getAt(place: Place, options: GetOptions): Promise<Answer>;
}

/** Where metadata says that a package lies (elsewhere.ts). */
export interface Place {
  /** The href of its location. */
  path: string;
  /** xml:base of its location. */
  base?: string | undefined;
}

export interface GetOptions {
  signal?: AbortSignal | undefined;
  /** Makes the request conditional. */
  validators?: Validators | undefined;
  /** Whether a client waits for it: it is then asked for before what nobody waits for. */
  urgent?: boolean | undefined;
  /** Asks for what follows the bytes that are here. */
  remainder?: Remainder | undefined;
  /** Milliseconds for the whole answer; what the limit allows unless said otherwise. */
  time?: number | undefined;
}

/** The bytes of an answer that broke off, from `from` on, if the file is still the one with that validator. */
export interface Remainder {
  from: number;
  /** An ETag or a Last-Modified. */
  validator: string;
  /** Bytes of the whole file, if known. */
  size: number | undefined;
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
      /** Bytes of the whole file, if upstream says. */
      size: number | undefined;
      /** Where the body starts in the file: 0, or where the remainder was asked from. */
      start: number;
      /** Whether every server on the way was at a private address: only such ones may lead to others. */
      inside: boolean;
      etag: string | undefined;
      lastModified: string | undefined;
      /** Ends with an AppError 'unreachable' if the connection breaks or stalls. */
      body: AsyncIterable<Buffer>;
      /** Gives the connection up where the body is not wanted; nothing to do if it was read. */
      discard(): void;
    };

/** A href as a URL's path: what is not percent-encoded yet is encoded, `+`, `#` and `?` too. */
export function encodePath(href: string): string {
  return href
    .split('/')
    .map((segment) => encodeURIComponent(segment).replace(/%25([0-9A-Fa-f]{2})/g, '%$1'))
    .join('/');
}
