import { shownUrl } from '../base/redact.ts';
import type { Source } from '../base/source.ts';
import { connector } from './connection.ts';
import { request } from './http-request.ts';
import { resumed } from './resume.ts';
import { type Answer, encodePath, type GetOptions, type Upstream } from './upstream.ts';

/**
 * A repository behind HTTP or HTTPS. `inside` says of a base that a list names whether it may be at a private address;
 * one that the source names itself may be anywhere.
 */
export function createHttpUpstream(base: string, source: Source, inside?: boolean): Upstream {
  const root = new URL(base.endsWith('/') ? base : `${base}/`);
  const bare = shownUrl(root);
  const connect = connector(source);
  return {
    shown: bare,
    publicUrl: (path) => bare + encodePath(path),
    get: (path, get) => {
      const url = new URL(encodePath(path), root);
      return resumed((options) => request(url, { ...options, connect, inside }), get);
    },
  };
}

/** Fetches one address for a source: a mirrorlist, a metalink, a key. */
export function httpGet(url: string, source: Source, get: GetOptions): Promise<Answer> {
  const connect = connector(source);
  return resumed((options) => request(new URL(url), { ...options, connect }), get);
}
