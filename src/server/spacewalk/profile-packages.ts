import { LRUCache } from 'lru-cache';
import { AppError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { XmlRpcValue } from '../../base/xmlrpc-value.ts';
import type { ProfilePackage } from '../../fleet/profiles.ts';
import { malformed, type Scan, tag, take } from './xml-scan.ts';
import { readValue } from './xmlrpc-decode.ts';

/**
 * The list of packages that is the next value, each a struct or an array. A struct as the clients write it is cut out of
 * the text, and its strings are views of that; any other goes through the decoder. Throws AppError 'invalid' or 'limit'.
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

/** A struct as rhnlib writes it, of members in one order: the regular expression of it, and where each is captured. */
interface Form {
  pattern: RegExp;
  captured: Record<keyof typeof memberTypes, number>;
}

const memberTypes = {
  name: 'string',
  epoch: 'string',
  version: 'string',
  release: 'string',
  arch: 'string',
  installtime: 'int',
  cookie: 'string',
} as const;

/** Text that means itself: printable ASCII without entities. */
const plain = { string: "([ -%'-;=-~]*)", int: '(\\d{1,10})' };

const anyForm =
  /\n?<value><struct>\n((?:<member>\n<name>[a-z]+<\/name>\n<value><[a-z]+>[^<]{0,256}<\/[a-z]+><\/value>\n<\/member>\n){1,7})<\/struct><\/value>/y;

/** By the names of the members: each client has one order of its own. */
const forms = new LRUCache<string, Form>({ max: 100 });
let latest: Form | undefined;

/** A package in the form in which rhnlib writes it; undefined, and the place unmoved, where it is in another. */
function plainPackage(scan: Scan): ProfilePackage | undefined {
  const found = latest && matched(scan, latest);
  if (found) return found;
  const form = formAt(scan);
  if (!form) return undefined;
  latest = form;
  return matched(scan, form);
}

function matched(scan: Scan, { pattern, captured }: Form): ProfilePackage | undefined {
  pattern.lastIndex = scan.at;
  const found = pattern.exec(scan.text);
  if (!found) return undefined;
  scan.at = pattern.lastIndex;
  const installedAt = Number(found[captured.installtime] ?? 0);
  const pkg = {
    name: found[captured.name] ?? '',
    epoch: epochOf(found[captured.epoch] ?? ''),
    version: found[captured.version] ?? '',
    release: found[captured.release] ?? '',
    arch: found[captured.arch] ?? '',
  };
  return checked(installedAt > 0 ? { ...pkg, installedAt } : pkg);
}

/** The form of the struct that comes next, if it is of such a form. */
function formAt(scan: Scan): Form | undefined {
  anyForm.lastIndex = scan.at;
  const members = anyForm.exec(scan.text)?.[1];
  if (members === undefined) return undefined;
  const names = [...members.matchAll(/<name>([a-z]+)</g)].map(([, name]) => name!);
  if (new Set(names).size < names.length || !names.every((n) => Object.hasOwn(memberTypes, n)))
    return undefined;
  const key = names.join();
  let form = forms.get(key);
  if (!form) {
    form = formOf(names as (keyof typeof memberTypes)[]);
    forms.set(key, form);
  }
  return form;
}

function formOf(names: (keyof typeof memberTypes)[]): Form {
  const members = names.map((name) => {
    const type = memberTypes[name];
    return `<member>\n<name>${name}</name>\n<value><${type}>${plain[type]}</${type}></value>\n</member>\n`;
  });
  const source = `\n?<value><struct>\n${members.join('')}</struct></value>`;
  // What is missing is captured nowhere.
  const place = (name: keyof typeof memberTypes) => names.indexOf(name) + 1 || names.length + 1;
  const captured = Object.fromEntries(
    Object.keys(memberTypes).map((name) => [name, place(name as keyof typeof memberTypes)]),
  ) as Form['captured'];
  return { pattern: new RegExp(source, 'y'), captured };
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
