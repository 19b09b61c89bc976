/** Of more remarks than so many only the number is told. */
const most = 100;

/** Collects sentences, each once. */
export function createRemarks() {
  const all = new Set<string>();
  return {
    add: (text: string): void => void all.add(text),
    list(): string[] {
      const list = [...all].slice(0, most);
      return all.size > most ? [...list, `and ${all.size - most} more remarks`] : list;
    },
  };
}
