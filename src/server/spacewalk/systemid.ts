import type { Instance } from '../../fleet/instances.ts';
import { unescaped } from './xml-scan.ts';
import { readOnlyParam } from './xmlrpc-decode.ts';
import { encodeParams } from './xmlrpc-encode.ts';

/** What a systemid says that counts: everything else about the instance is in its record. */
export interface Presented {
  id: number;
  credential: string;
}

type Named = Pick<Instance, 'id' | 'name' | 'osName' | 'osRelease' | 'arch' | 'owner'>;

/**
 * The text that a client stores and sends with each call: the digital certificate of Spacewalk, whose `checksum` is the
 * instance's credential. It is ASCII and free of tabs: clients write it in whatever encoding their locale has.
 */
export function composeSystemid(instance: Named, credential: string): string {
  const covered = {
    system_id: `ID-${String(instance.id).padStart(9, '0')}`,
    os_release: instance.osRelease,
    operating_system: instance.osName,
    architecture: instance.arch,
    username: instance.owner,
    type: 'REAL',
  };
  const description = `Initial Registration Parameters:\nOS: ${instance.osName}\nRelease: ${instance.osRelease}\nCPU Arch: ${instance.arch}`;
  return encodeParams({
    ...covered,
    profile_name: instance.name,
    description,
    fields: Object.keys(covered),
    checksum: credential,
  })
    .replaceAll('\t', ' ')
    .replaceAll(/[^\0-\x7f]/gu, (character) => `&#${character.codePointAt(0)};`);
}

/** Reads a systemid as it stands in a request, where its XML is escaped; undefined if it is none. */
export function readEscapedSystemid(written: string): Presented | undefined {
  const plain = readPlain(written);
  if (plain) return plain;
  try {
    return readSystemid(unescaped(written));
  } catch {
    return undefined;
  }
}

/** Reads a systemid of any form; undefined if it is none. */
export function readSystemid(text: string): Presented | undefined {
  try {
    const value = readOnlyParam(text.trim());
    if (typeof value !== 'object' || Array.isArray(value)) return undefined;
    const { system_id: id, checksum } = value;
    return typeof id === 'string' && typeof checksum === 'string'
      ? presented(id, checksum)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The form that this server composes and the clients escape. */
function readPlain(written: string): Presented | undefined {
  if (written.includes('&lt;!')) return undefined;
  const id = memberIn(written, 'system_id');
  const credential = memberIn(written, 'checksum');
  return id === undefined || credential === undefined ? undefined : presented(id, credential);
}

function memberIn(written: string, name: string): string | undefined {
  const before = `&lt;name&gt;${name}&lt;/name&gt;\n&lt;value&gt;&lt;string&gt;`;
  const found = written.indexOf(before);
  const from = found + before.length;
  const to = found < 0 ? -1 : written.indexOf('&', from);
  return to < 0 || !written.startsWith('&lt;/string&gt;', to) ? undefined : written.slice(from, to);
}

function presented(id: string, credential: string): Presented | undefined {
  const digits = /^ID-(\d{1,15})$/.exec(id.trim())?.[1];
  return digits && credential ? { id: Number(digits), credential } : undefined;
}
