import type { z } from 'zod';
import type { Caller, ResourceType, Verb, Wish } from '../../identity/caller.ts';

/** Which kind of thing the id in an operation's path names, or whose compartment it is about. */
export type TargetKind =
  | 'source'
  | 'instance'
  | 'group'
  | 'job'
  | 'workRequest'
  | 'compartmentOfQuery'
  | 'compartmentOfBody'
  | 'any';

/** An operation of the API: a line of the one table that routes, checks, documents and carries out. */
export interface Operation<
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
> {
  /** As the SDK calls it; also the operationId of the OpenAPI document. */
  id: string;
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below /20190801, with parameters in braces as the SDK names them. */
  path: string;
  summary: string;
  /** Whom the caller must be. `any` asks for it in any compartment; the handler leaves out what is in others. */
  permission: { verb: Verb; type: ResourceType; of: TargetKind };
  query?: Query;
  body?: Body;
  /** What a success looks like: its body by schema, and which headers it has besides. */
  answer: { status: 200 | 201 | 202 | 204; body?: z.ZodType };
  handle(call: Call<z.output<Query>, z.output<Body>>): Promise<Answer>;
}

export interface Call<Query = unknown, Body = unknown> {
  /** Of the path, decoded. */
  params: Readonly<Record<string, string>>;
  query: Query;
  body: Body;
  caller: Caller;
  /** The resource that the path names; the compartment's own for the kinds of compartments. */
  target: Target;
  requestId: string;
  /** Whether the caller may do something else too. */
  may(wish: Wish): boolean;
  /** Throws what is answered for absent and forbidden alike. */
  require(wish: Wish): void;
  /** Throws 412 where the request's if-match is not this. Does nothing where it has none. */
  requireMatch(etag: string): void;
}

export interface Target {
  kind: TargetKind;
  /** A source's label, a group's name, an instance's, job's or work request's number, a compartment's path. */
  subject: string;
  /** Its path. */
  compartment: string;
  ocid: string;
}

export interface Answer {
  /** What came to be: the audit names that instead of the compartment that it was asked for in. */
  made?: Pick<Target, 'kind' | 'subject'>;
  /** What the audit says of it besides. */
  detail?: string;
  /** A value, or a buffer of JSON that was made already. */
  body?: unknown;
  etag?: string;
  /** The token of the page that follows. */
  nextPage?: string;
  total?: number;
  /** OCID of the work request that carries it out. */
  workRequest?: string;
  location?: string;
  /** Seconds until asking again tells something new. */
  retryAfter?: number;
}

/** Checks that a line of the table fits its schemas, and gives it as one of any. */
export function operation<Query extends z.ZodType, Body extends z.ZodType>(
  line: Operation<Query, Body>,
): Operation {
  return line as unknown as Operation;
}
