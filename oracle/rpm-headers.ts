import type { Dependency } from '../src/repodata/primary-record.ts';

/** An installed package, as far as dnf looks at it. */
export interface StubPackage {
  name: string;
  /** Empty for none. */
  epoch: string;
  version: string;
  release: string;
  arch: string;
  /** Without any, it provides itself alone. */
  provides?: readonly Dependency[];
  requires?: readonly Dependency[];
  conflicts?: readonly Dependency[];
  obsoletes?: readonly Dependency[];
  recommends?: readonly Dependency[];
  supplements?: readonly Dependency[];
  /** Absolute paths. */
  files?: readonly string[];
}

/** Types and tags by rpm's own format description (docs/manual/format_header.md, tags.md). */
const types = { int16: 3, int32: 4, string: 6, stringArray: 8, i18n: 9 } as const;
type Type = (typeof types)[keyof typeof types];
const tags = {
  ...{ name: 1000, version: 1001, release: 1002, epoch: 1003, summary: 1004, buildTime: 1006 },
  ...{ installTime: 1008, size: 1009, license: 1014, group: 1016, os: 1021, arch: 1022 },
  ...{ fileModes: 1030, sourceRpm: 1044, dirIndexes: 1116, baseNames: 1117, dirNames: 1118 },
} as const;
/** Of each kind: name, flags, version. */
const dependencyTags = {
  provides: [1047, 1112, 1113],
  requires: [1049, 1048, 1050],
  conflicts: [1054, 1053, 1055],
  obsoletes: [1090, 1114, 1115],
  recommends: [5046, 5048, 5047],
  supplements: [5052, 5054, 5053],
} as const;
const senses: Record<string, number> = { LT: 2, GT: 4, EQ: 8, LE: 10, GE: 12 };

interface Entry {
  tag: number;
  type: Type;
  count: number;
  data: Buffer;
}

/** The header of a package that is installed, as `rpmdb --importdb` reads them one after the other. */
export function rpmHeader(stub: StubPackage): Buffer {
  const { name, epoch, version, release, arch, files = [] } = stub;
  const folders = [...new Set(files.map(folderOf))];
  const own: Dependency = { ...{ name, flags: 'EQ', epoch, version, release }, pre: 0 };
  const entries = [
    string(tags.name, name),
    string(tags.version, version),
    string(tags.release, release),
    ...(epoch === '' ? [] : [int32s(tags.epoch, [Number(epoch)])]),
    { ...string(tags.summary, name), type: types.i18n },
    int32s(tags.buildTime, [1_600_000_000]),
    int32s(tags.installTime, [1_700_000_000]),
    int32s(tags.size, [1]),
    string(tags.license, 'none'),
    { ...string(tags.group, 'Unspecified'), type: types.i18n },
    string(tags.os, 'linux'),
    string(tags.arch, arch),
    string(tags.sourceRpm, `${name}-${version}-${release}.src.rpm`),
    ...dependencies('provides', stub.provides ?? [own]),
    ...dependencies('requires', stub.requires),
    ...dependencies('conflicts', stub.conflicts),
    ...dependencies('obsoletes', stub.obsoletes),
    ...dependencies('recommends', stub.recommends),
    ...dependencies('supplements', stub.supplements),
    ...(files.length === 0
      ? []
      : [
          int16s(
            tags.fileModes,
            files.map(() => 0o100644),
          ),
          int32s(
            tags.dirIndexes,
            files.map((path) => folders.indexOf(folderOf(path))),
          ),
          strings(
            tags.baseNames,
            files.map((path) => path.slice(folderOf(path).length)),
          ),
          strings(tags.dirNames, folders),
        ]),
  ].toSorted((a, b) => a.tag - b.tag);
  return assembled(entries);
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

function assembled(entries: readonly Entry[]): Buffer {
  const index = Buffer.alloc(16 + entries.length * 16);
  const parts: Buffer[] = [];
  let length = 0;
  for (const [i, { tag, type, count, data }] of entries.entries()) {
    const step = type === types.int32 ? 4 : type === types.int16 ? 2 : 1;
    const padding = (step - (length % step)) % step;
    parts.push(Buffer.alloc(padding), data);
    length += padding;
    for (const [at, value] of [tag, type, length, count].entries()) {
      index.writeUInt32BE(value, 16 + i * 16 + at * 4);
    }
    length += data.length;
  }
  index.write('8eade80100000000', 'hex');
  index.writeUInt32BE(entries.length, 8);
  index.writeUInt32BE(length, 12);
  return Buffer.concat([index, ...parts]);
}

function dependencies(
  kind: keyof typeof dependencyTags,
  list: readonly Dependency[] = [],
): Entry[] {
  if (list.length === 0) return [];
  const [name, flags, version] = dependencyTags[kind];
  return [
    strings(
      name,
      list.map((one) => one.name ?? ''),
    ),
    int32s(
      flags,
      list.map((one) => senses[one.flags ?? ''] ?? 0),
    ),
    strings(version, list.map(evrOf)),
  ];
}

function evrOf({ epoch, version, release }: Dependency): string {
  if (!version) return '';
  return `${epoch && epoch !== '0' ? `${epoch}:` : ''}${version}${release ? `-${release}` : ''}`;
}

const string = (tag: number, text: string): Entry => ({
  ...{ tag, type: types.string, count: 1, data: Buffer.from(`${text}\0`) },
});

const strings = (tag: number, texts: readonly string[]): Entry => ({
  ...{ tag, type: types.stringArray, count: texts.length },
  data: Buffer.from(texts.map((text) => `${text}\0`).join('')),
});

function int32s(tag: number, numbers: readonly number[]): Entry {
  const data = Buffer.alloc(numbers.length * 4);
  for (const [i, number] of numbers.entries()) data.writeUInt32BE(number, i * 4);
  return { tag, type: types.int32, count: numbers.length, data };
}

function int16s(tag: number, numbers: readonly number[]): Entry {
  const data = Buffer.alloc(numbers.length * 2);
  for (const [i, number] of numbers.entries()) data.writeUInt16BE(number, i * 2);
  return { tag, type: types.int16, count: numbers.length, data };
}
