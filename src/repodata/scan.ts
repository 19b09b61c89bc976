/**
 * The fast way to read an element: its bytes as latin1, tags found by regular expressions. It serves the XML that
 * createrepo_c and Oracle write; `isSimple` tells what it must not be used on.
 */

/**
 * False where text could hide in a comment, CDATA section or instruction, or where an `&` begins none of the entities
 * that `plain` replaces: then fast-xml-parser reads the element.
 */
export function isSimple(latin1: string): boolean {
  return !latin1.includes('<!') && !latin1.includes('<?') && !otherAmpersand.test(latin1);
}

const otherAmpersand = /&(?!(?:#x[0-9a-fA-F]{1,6}|#\d{1,7}|amp|lt|gt|quot|apos);)/;

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * A piece of simple XML as text: latin1 taken for the UTF-8 that it is, line ends made `\n`, entities replaced.
 * References to what is no character of XML are dropped.
 */
export function plain(latin1: string): string {
  let text = latin1;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is "ASCII"
  if (/[^\x00-\x7f]/.test(text)) text = Buffer.from(text, 'latin1').toString('utf8');
  if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n');
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/g,
    (all, hex, dec, name) => {
      if (name) return named[name]!;
      const code = hex ? Number.parseInt(hex, 16) : Number.parseInt(dec, 10);
      if (code > 0x10ffff) return all;
      return isCharacter(code) ? String.fromCodePoint(code) : '';
    },
  );
}

const isCharacter = (code: number): boolean =>
  code < 0x20 ? code === 9 || code === 10 || code === 13 : code < 0xd800 || code > 0xdfff;

/** An attribute's value out of the text of a tag; undefined if it is not there in double quotes. */
export function attributeIn(tag: string, name: string): string | undefined {
  const start = tag.indexOf(` ${name}="`);
  if (start < 0) return undefined;
  const from = start + name.length + 3;
  const end = tag.indexOf('"', from);
  return end < 0 ? undefined : plain(tag.slice(from, end));
}

/** A whole number from text, or 0 where it is absent, no number, negative, or larger than a number can hold exactly. */
export function wholeNumber(text: string | undefined): number {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
