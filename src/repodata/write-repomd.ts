/** A document that repomd.xml lists. Sizes in bytes. */
export interface ListedDocument {
  type: string;
  path: string;
  sha256: string;
  size: number;
  openSize?: number | undefined;
}

/**
 * Writes a repomd.xml. `at`, in whole seconds since 1970, is its revision and every timestamp: yum 3 takes a fraction for 0.
 * An open-checksum is needed by nobody but readers of SQLite. Source: createrepo_c's `xml_dump_repomd.c`.
 */
export function writeRepomd(at: number, tags: readonly string[], data: ListedDocument[]): string {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">',
    `  <revision>${at}</revision>`,
  ];
  if (tags.length > 0) {
    lines.push('  <tags>');
    for (const tag of tags) lines.push(`    <content>${escaped(tag)}</content>`);
    lines.push('  </tags>');
  }
  for (const { type, path, sha256, size, openSize } of data) {
    lines.push(
      `  <data type="${escaped(type)}">`,
      `    <checksum type="sha256">${sha256}</checksum>`,
      `    <location href="${escaped(path)}"/>`,
      `    <timestamp>${at}</timestamp>`,
      `    <size>${size}</size>`,
    );
    if (openSize !== undefined) lines.push(`    <open-size>${openSize}</open-size>`);
    lines.push('  </data>');
  }
  return `${[...lines, '</repomd>'].join('\n')}\n`;
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
