import { AppError } from '../base/errors.ts';
import { shownUrl } from '../base/redact.ts';
import { encodePath, type Place } from './upstream.ts';

/**
 * Where metadata at a root says that a package lies, as dnf and createrepo_c read it: an absolute href as it is; else the
 * href below xml:base, whose query goes along. A base that is no address itself is below the root. Throws AppError
 * 'refused' where that is nothing to be fetched over HTTP, nor a file below a root that is a folder.
 */
export function addressOf({ path, base }: Place, root: URL): URL {
  const url = isAbsolute(path) ? URL.parse(path) : below(path, URL.parse(base ?? '', root.href));
  const web = url?.protocol === 'http:' || url?.protocol === 'https:';
  const own = root.protocol === 'file:' && url?.protocol === 'file:';
  if (web || (own && isBelow(url, root))) return url;
  throw new AppError(
    'refused',
    `the metadata names ${url ? shownUrl(url) : 'what is no address'} for a package, which is not fetched`,
    {
      hint: own
        ? 'files outside the upstream folder are not read'
        : 'only http and https addresses are',
    },
  );
}

function below(path: string, folder: URL | null): URL | null {
  if (!folder) return null;
  const { search } = folder;
  folder.search = '';
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const url = URL.parse(encodePath(path), folder.href);
  if (url) url.search = search;
  return url;
}

/** After `..` was taken out, also where its dots or slashes were encoded. */
function isBelow(url: URL, root: URL): boolean {
  if (url.host !== '' || /%2f|%5c/i.test(url.pathname)) return false;
  const folder = root.pathname.endsWith('/') ? root.pathname : `${root.pathname}/`;
  return url.pathname.startsWith(folder);
}

/** Whether a href or a base is an address by itself. */
export const isAbsolute = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

/** The same address for a client to be sent to: without user and password. */
export function bareAddress(place: Place, root: URL): string {
  const url = addressOf(place, root);
  url.username = '';
  url.password = '';
  return url.href;
}
