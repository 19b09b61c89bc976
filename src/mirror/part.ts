import type { IncomingHttpHeaders } from 'node:http';
import type { Remainder } from './upstream.ts';

/** Content-Range (RFC 9110, section 14.4) where it gives the whole's size. */
export function partOf(headers: IncomingHttpHeaders) {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(headers['content-range'] ?? '');
  return match && { from: Number(match[1]), to: Number(match[2]), total: Number(match[3]) };
}

/** Whether an answer of status 206 is the remainder that was asked for, to the file's end. */
export function isRemainder(headers: IncomingHttpHeaders, wanted: Remainder): boolean {
  const part = partOf(headers);
  const said = wanted.validator.startsWith('"') ? headers.etag : headers['last-modified'];
  const changed = said !== undefined && said !== wanted.validator;
  return (
    !changed &&
    part?.from === wanted.from &&
    part.to === part.total - 1 &&
    (wanted.size === undefined || wanted.size === part.total)
  );
}
