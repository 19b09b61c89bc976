/** The UUID of a machine's SMBIOS, in lower case; undefined where it says nothing, or what many machines say. */
export function smbiosUuid(text: string | undefined): string | undefined {
  const uuid = text?.trim().toLowerCase() ?? '';
  if (!/^[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/.test(uuid)) return undefined;
  const digits = uuid.replaceAll('-', '');
  if (defaults.has(digits) || new Set(digits).size < 4) return undefined;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** What boards have to which no vendor gave a number of their own. */
const defaults: ReadonlySet<string> = new Set([
  '03000200040005000006000700080009',
  '00020003000400050006000700080009',
  '12345678123456781234567812345678',
  '12345678123412341234123456789012',
  '00112233445566778899aabbccddeeff',
  '0123456789abcdef0123456789abcdef',
  'fefefefefefefefefefefefefefefefe',
]);
