import type { Context } from 'koa';
import { AppError } from '../../base/errors.ts';
import type { XmlRpcValue } from '../../base/xmlrpc-value.ts';
import type { Instance } from '../../fleet/instances.ts';
import type { ProfilePackage } from '../../fleet/profiles.ts';
import { refused } from '../../fleet/refusals.ts';
import type { CheckIn } from '../../fleet/seen.ts';
import type { SpacewalkDoor } from './door.ts';
import { readPackages } from './profile-packages.ts';
import { type Presented, readEscapedSystemid, readSystemid } from './systemid.ts';
import { type CallParams, type Params, readValue } from './xmlrpc-decode.ts';

export type Handler = (call: Call, door: SpacewalkDoor) => Promise<XmlRpcValue>;
export type Methods = Readonly<Record<string, Handler>>;
export type Call = ReturnType<typeof createCall>;

/** A call under way: its parameters, read in their order, each of the type that the method wants. */
export function createCall(door: SpacewalkDoor, ctx: Context, params: CallParams) {
  const { scan } = params;
  const address = door.clientAddress(ctx);
  let identity: string | undefined;
  let credential = '';

  function next<T>(what: string, read: () => T): T {
    if (!params.next()) throw wrong(`the call lacks its parameter ${what}`);
    const value = read();
    params.leave();
    return value;
  }

  function about(): CheckIn {
    const capabilities = ctx.get('X-RHN-Client-Capability') || undefined;
    const agentVersion = ctx.get('X-Up2date-Version').slice(0, 64);
    return { address, capabilities, agentVersion: agentVersion || undefined };
  }

  /** The next value where it has the type; throws AppError 'usage' otherwise. */
  function typed<T>(what: string, type: string, convert: (value: XmlRpcValue) => T | undefined): T {
    const value = convert(next(what, () => readValue(scan)));
    if (value === undefined) throw wrong(`the parameter ${what} must be ${type}`);
    return value;
  }

  return {
    address,
    about,
    /** The host and port that the client asked. */
    host: ctx.host,

    /** Whom this call claims to come from: its failures are counted for that and the address together. */
    identity: () => identity ?? 'anyone',

    /** Does what proves, or fails to prove, that the call comes from whom it claims to. */
    async proven<T>(claimed: string, proof: Promise<T>): Promise<T> {
      identity = claimed;
      const proved = await proof;
      door.slowDown.succeeded(address, claimed);
      return proved;
    },

    /** The user of that name, whose password is right. Throws refused('login'). */
    async user(name: string, password: string): Promise<string> {
      return this.proven(`user:${name}`, door.users.check(name, password, address));
    },

    /**
     * The instance whose systemid is the next parameter. Its check-in is noted, unless it is `seen` otherwise; without
     * `confirms`, it does not show that the client has stored the systemid.
     */
    async instance({ seen = false, confirms = true } = {}): Promise<Instance> {
      const said = next('systemid', () => systemidAt(params));
      if (!said) throw refused('systemid', 'the systemid is none');
      const proof = door.instances.bySystemid(said.id, said.credential);
      const instance = await this.proven(`instance:${said.id}`, proof);
      if (!seen) door.instances.seen(instance, { ...about(), confirms });
      credential = said.credential;
      params.open();
      return instance;
    },

    /** What the systemid holds, which is known to be right. */
    credential: () => credential,

    /** Any value; undefined where there are no more parameters. */
    value(): XmlRpcValue | undefined {
      if (!params.next()) return undefined;
      const value = readValue(scan);
      params.leave();
      return value;
    },
    string: (what: string) =>
      typed(what, 'a string', (v) => (typeof v === 'string' ? v : undefined)),
    int: (what: string) => typed(what, 'a whole number', wholeNumber),
    struct: (what: string) => typed(what, 'a struct', (v) => (isStruct(v) ? v : undefined)),
    strings: (what: string) =>
      typed(what, 'an array of strings', (v) => {
        if (typeof v === 'string') return [v];
        const fits = Array.isArray(v) && v.every((entry) => typeof entry === 'string');
        return fits ? (v as string[]) : undefined;
      }),
    structs: (what: string) =>
      typed(what, 'an array of structs', (v) =>
        Array.isArray(v) && v.every(isStruct) ? (v as Struct[]) : undefined,
      ),
    packages: (what: string): ProfilePackage[] => next(what, () => readPackages(scan)),

    /** Reads the rest of the request, before anything is done: parameters that nobody asked for are let pass. */
    end: () => params.end(),
  };
}

type Struct = Record<string, XmlRpcValue>;

/** A parameter that is not what the method takes. */
export const wrong = (message: string) => new AppError('usage', message);

export function isStruct(value: XmlRpcValue | undefined): value is Struct {
  return typeof value === 'object' && !Array.isArray(value);
}

/** Some clients write numbers as strings. */
export function wholeNumber(value: XmlRpcValue | undefined): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

/** Reads a systemid without making a string of its XML where it is written as clients write it. */
function systemidAt({ scan }: Params): Presented | undefined {
  const start = scan.text.indexOf('<value><string>', scan.at);
  if (start === scan.at || start === scan.at + 1) {
    const from = start + '<value><string>'.length;
    const to = scan.text.indexOf('<', from);
    if (scan.text.startsWith('</string></value>', to)) {
      scan.at = to + '</string></value>'.length;
      return readEscapedSystemid(scan.text.slice(from, to));
    }
  }
  const value = readValue(scan);
  if (typeof value !== 'string') throw wrong('the parameter systemid must be a string');
  return readSystemid(value);
}
