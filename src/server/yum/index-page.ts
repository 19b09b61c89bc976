/** A channel as the page at `/` shows it. */
export interface ListedChannel {
  label: string;
  name: string;
  arch: string | null;
  release: string | null;
  parent: string | null;
  url: string;
  ready: boolean;
  repo: string;
}

/** The channels as HTML, each with its `.repo` file ready to copy; `none` is said where there are none. */
export function indexPage(channels: ListedChannel[], none: string): string {
  const list = channels.map(
    (c) => `<section>
<h2 id="${escapeHtml(c.label)}">${escapeHtml(c.name)}</h2>
<p><code>${escapeHtml(c.label)}</code>${c.arch ? ` · ${escapeHtml(c.arch)}` : ''}${c.parent ? ` · below <code>${escapeHtml(c.parent)}</code>` : ''}${c.ready ? '' : ' · <strong>not mirrored yet</strong>'}</p>
<pre>${escapeHtml(c.repo)}</pre>
<p><a href="/channels/${encodeURIComponent(c.label)}.repo">${escapeHtml(c.label)}.repo</a></p>
</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Headwater: channels</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1d2a33; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2rem 0 0; } p { margin: .3rem 0; }
pre { background: #f2f5f7; padding: .8rem 1rem; overflow-x: auto; border-radius: 4px; }
@media (prefers-color-scheme: dark) { body { background: #12191e; color: #dde5ea; } pre { background: #1d272e; } a { color: #8ecbff; } }
</style>
</head>
<body>
<h1>Channels</h1>
${list.length > 0 ? list.join('\n') : `<p>${none}</p>`}
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (c) => entities[c]!);
}
