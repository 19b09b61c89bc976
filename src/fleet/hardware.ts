/** One entry of what a machine says of its hardware; its `class` says of what. */
export type HardwareEntry = Readonly<Record<string, unknown>>;

const mostEntries = 1000;
const mostCharacters = 256 * 1024;

/** Entries as JSON. Of too many, or too large ones, the first. */
export function hardwareText(entries: readonly HardwareEntry[]): string {
  const kept: string[] = [];
  let size = 2;
  for (const entry of entries.slice(0, mostEntries)) {
    const text = JSON.stringify(entry);
    size += text.length + 1;
    if (size > mostCharacters) break;
    kept.push(text);
  }
  return `[${kept.join(',')}]`;
}
