import { AppError } from '../../base/errors.ts';

/** What armoured text says of itself. */
export type ArmorKind = 'PUBLIC KEY BLOCK' | 'SIGNATURE';

/**
 * The OpenPGP bytes of a document: of every armoured block of that kind (RFC 9580, section 6), or the document itself
 * where it has no armour at all. Throws AppError 'invalid' where there is armour, but none of that kind.
 */
export function dearmor(document: Buffer, kind: ArmorKind): Buffer {
  const text = document.toString('latin1');
  if (!text.includes('-----BEGIN')) return document;
  const begin = `-----BEGIN PGP ${kind}-----`;
  const end = `-----END PGP ${kind}-----`;
  const blocks: Buffer[] = [];
  for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at)) {
    const until = text.indexOf(end, at);
    if (until < 0) throw new AppError('invalid', `the armour of a PGP ${kind} has no end`);
    const lines = text.slice(at + begin.length, until).split('\n');
    // Headers end at an empty line; a checksum, which nobody has to heed, begins with `=`.
    const first = lines.findIndex((line, i) => i > 0 && line.trim() === '');
    const body = lines.slice(first + 1).filter((line) => !line.startsWith('='));
    blocks.push(Buffer.from(body.join(''), 'base64'));
    at = until;
  }
  if (blocks.length === 0) throw new AppError('invalid', `there is no PGP ${kind}`);
  return Buffer.concat(blocks);
}
