import type { z } from 'zod';
import { issuesOf } from '../../base/issues.ts';
import { apiError } from './errors.ts';

const deepest = 32;

/**
 * The parameters of a query as SDKs write them: a plus is a plus, and what is no escape stands for itself, as values are
 * sent as they are. One that is there several times is a list.
 */
export function queryOf(url: string): Record<string, string | string[]> {
  const start = url.indexOf('?');
  const query: Record<string, string | string[]> = Object.create(null);
  if (start < 0) return query;
  for (const part of url.slice(start + 1).split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = unescaped(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? '' : unescaped(part.slice(equals + 1));
    const before = query[name];
    if (Array.isArray(before)) before.push(value);
    else query[name] = before === undefined ? value : [before, value];
  }
  return query;
}

function unescaped(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
      try {
        return decodeURIComponent(escapes);
      } catch {
        return escapes;
      }
    });
  }
}

/** The value that a body says in JSON; an empty one is `{}`, as SDKs send that. Throws AppError 'usage'. */
export function bodyOf(bytes: Buffer, contentType: string | undefined): unknown {
  if (bytes.length === 0) return {};
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/json') {
    throw apiError('CannotParseRequest', 'the body has to be application/json');
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw apiError('CannotParseRequest', 'the body is not JSON in UTF-8');
  }
  if (isDeeper(value, deepest)) {
    throw apiError('CannotParseRequest', 'the body is nested too deeply');
  }
  return value;
}

function isDeeper(value: unknown, than: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return than === 0 || Object.values(value).some((member) => isDeeper(member, than - 1));
}

/** What a schema makes of what was sent. Throws AppError 'usage' that names each member that is not as it has to be. */
export function checked<T extends z.ZodType>(schema: T, sent: unknown): z.output<T> {
  const result = schema.safeParse(sent);
  if (result.success) return result.data;
  const issues = issuesOf(result.error);
  const absent = issues.every(
    (issue) => valueAt(sent, issue.path) === undefined && !hasExtra(issue),
  );
  const said = issues.slice(0, 10).map((issue) => {
    const path = issue.path.join('.');
    return path === '' ? issue.message : `${path}: ${sayAt(issue, sent)}`;
  });
  throw apiError(absent ? 'MissingParameter' : 'InvalidParameter', said.join('; '));
}

const hasExtra = (issue: z.core.$ZodIssue) => issue.code === 'unrecognized_keys';

const sayAt = (issue: z.core.$ZodIssue, sent: unknown): string =>
  valueAt(sent, issue.path) === undefined && issue.code === 'invalid_type'
    ? 'is missing'
    : issue.message;

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (v, key) => (v as Record<PropertyKey, unknown> | null | undefined)?.[key],
    value,
  );
