/** A URL as it may be shown: without user name, password and query, which may carry credentials. */
export function shownUrl(url: string | URL): string {
  const parsed = typeof url === 'string' ? URL.parse(url) : url;
  if (!parsed)
    return String(url)
      .replace(/\?.*$/s, '?…')
      .replace(/\/\/.*@/s, '//');
  const copy = new URL(parsed);
  copy.username = '';
  copy.password = '';
  if (copy.search) copy.search = '?…';
  return copy.protocol === 'file:' ? decoded(copy.href) : copy.href.replace('?%E2%80%A6', '?…');
}

function decoded(href: string): string {
  try {
    return decodeURI(href);
  } catch {
    return href;
  }
}

/** Text from a library or the system, with user name, password and query taken out of any URL that it quotes. */
export function shownText(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s]*@/gi, '$1')
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s?"'<>]*)\?[^\s"'<>]*/gi, '$1?…');
}
