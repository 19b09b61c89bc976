import { AppError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { XmlRpcValue } from '../../base/xmlrpc-value.ts';
import type { ProfilePackage } from '../../fleet/profiles.ts';
import { malformed, type Scan, tag, take } from './xml-scan.ts';
import { own, readValue } from './xmlrpc-decode.ts';

/**
 * The list of packages that is the next value, each a struct or an array. A struct as the clients write it is cut out of
 * the text; any other goes through the decoder. Throws AppError 'invalid' or 'limit'.
 */
export function readPackages(scan: Scan): ProfilePackage[] {
  const packages: ProfilePackage[] = [];
  take(scan, '<value>');
  take(scan, '<array>');
  const data = tag(scan);
  if (data === '<data>') {
    for (let pkg = packageAt(scan); pkg; pkg = packageAt(scan)) {
      if (packages.length >= limits.profilePackages)
        throw new AppError('limit', `a profile has more than ${limits.profilePackages} packages`);
      packages.push(pkg);
    }
    take(scan, '</array>');
  } else if (data === '<data/>') take(scan, '</array>');
  else if (data !== '</array>') throw malformed(scan);
  take(scan, '</value>');
  return packages;
}

/** The next package; undefined after the `</data>` that follows the last. */
function packageAt(scan: Scan): ProfilePackage | undefined {
  const plain = plainPackage(scan);
  if (plain) return plain;
  const { at } = scan;
  if (tag(scan) === '</data>') return undefined;
  scan.at = at;
  return packageOf(readValue(scan));
}

/** The package that a value is. Throws AppError 'invalid'. */
export function packageOf(value: XmlRpcValue): ProfilePackage {
  if (typeof value !== 'object') throw noPackage();
  const [n, v, r, e, a] = Array.isArray(value) ? value : [];
  const struct = { name: n, version: v, release: r, epoch: e, arch: a };
  const { name, epoch, version, release, arch, installtime }: Members = Array.isArray(value)
    ? struct
    : value;
  const at = typeof installtime === 'string' ? Number.parseInt(installtime, 10) : installtime;
  return checked({
    name: text(name),
    epoch: epochOf(text(epoch)),
    version: text(version),
    release: text(release),
    arch: text(arch),
    ...(typeof at === 'number' && Number.isSafeInteger(at) && at > 0 && { installedAt: at }),
  });
}

type Members = Partial<Record<string, XmlRpcValue | undefined>>;

const starts = ['<value><struct>\n', '\n<value><struct>\n'] as const;
const stringEnd = '</string></value>\n</member>\n';
const intEnd = '</int></value>\n</member>\n';
const end = '</struct></value>';

/** A package in the form in which rhnlib writes it; undefined, and the place unmoved, where it is in another. */
function plainPackage(scan: Scan): ProfilePackage | undefined {
  const { text: xml } = scan;
  const start = starts[xml.charCodeAt(scan.at) === 10 ? 1 : 0];
  if (!xml.startsWith(start, scan.at)) return undefined;
  const pkg = { name: '', epoch: '', version: '', release: '', arch: '', installedAt: 0 };
  let at = scan.at + start.length;
  while (!xml.startsWith(end, at)) {
    const from = valueAt(xml, at);
    const to = xml.indexOf('<', from);
    const first = xml.charCodeAt(at + memberStart.length);
    if (first === 105) {
      if (!xml.startsWith(intEnd, to)) return undefined;
      pkg.installedAt = digitsAt(xml, from, to);
      if (pkg.installedAt < 0) return undefined;
      at = to + intEnd.length;
      continue;
    }
    if (from < 0 || !xml.startsWith(stringEnd, to)) return undefined;
    at = to + stringEnd.length;
    const said = plainText(xml.slice(from, to));
    if (said === undefined) return undefined;
    if (first === 110) pkg.name = said;
    else if (first === 101) pkg.epoch = said;
    else if (first === 118) pkg.version = said;
    else if (first === 114) pkg.release = said;
    else if (first === 97) pkg.arch = said;
  }
  scan.at = at + end.length;
  const { name, epoch, version, release, arch, installedAt } = pkg;
  const read = { name, epoch: epochOf(epoch), version, release, arch };
  return checked(installedAt > 0 ? { ...read, installedAt } : read);
}

const memberStart = '<member>\n<name>';

/** Where the value of a package's member begins; -1 where none starts here. No two begin with the same letter. */
function valueAt(xml: string, at: number): number {
  if (!xml.startsWith('<member>\n<name>', at)) return -1;
  const name = at + 15;
  switch (xml.charCodeAt(name)) {
    case 97:
      return xml.startsWith('arch</name>\n<value><string>', name) ? name + 27 : -1;
    case 99:
      return xml.startsWith('cookie</name>\n<value><string>', name) ? name + 29 : -1;
    case 101:
      return xml.startsWith('epoch</name>\n<value><string>', name) ? name + 28 : -1;
    case 105:
      return xml.startsWith('installtime</name>\n<value><int>', name) ? name + 31 : -1;
    case 110:
      return xml.startsWith('name</name>\n<value><string>', name) ? name + 27 : -1;
    case 114:
      return xml.startsWith('release</name>\n<value><string>', name) ? name + 30 : -1;
    case 118:
      return xml.startsWith('version</name>\n<value><string>', name) ? name + 30 : -1;
    default:
      return -1;
  }
}

/** A number of at most ten digits; -1 where it is another. */
function digitsAt(xml: string, from: number, to: number): number {
  if (to === from || to - from > 10) return -1;
  let number = 0;
  for (let i = from; i < to; i++) {
    const digit = xml.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

/** Text that means itself, as it is to be kept: names and versions are the same ones again and again. */
function plainText(said: string): string | undefined {
  const known = said.length < 13 ? undefined : seen.get(said);
  if (known !== undefined) return known;
  if (!isPlain(said)) return undefined;
  if (said.length < 13) return said;
  if (seen.size >= 50_000) seen.clear();
  const copy = own(said);
  seen.set(copy, copy);
  return copy;
}

const seen = new Map<string, string>();

/** Whether text means itself. */
function isPlain(said: string): boolean {
  for (let i = 0; i < said.length; i++) {
    const code = said.charCodeAt(i);
    if (code < 32 || code === 38 || code > 126) return false;
  }
  return true;
}

const text = (value: XmlRpcValue | undefined): string => {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw noPackage();
};

const epochOf = (said: string) => (said === '(none)' ? '' : said);

function checked(pkg: ProfilePackage): ProfilePackage {
  const { name, epoch, version, release, arch } = pkg;
  const longest = Math.max(name.length, epoch.length, version.length, release.length, arch.length);
  if (name === '' || longest > 256) throw noPackage();
  return pkg;
}

const noPackage = () => new AppError('invalid', 'the list of packages has an entry that is none');
