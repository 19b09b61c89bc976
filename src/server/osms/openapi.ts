import { z } from 'zod';
import { sessionCookieName } from '../session-cookie.ts';
import { heedsMatch } from './match.ts';
import { apiRoot } from './names.ts';
import type { Operation } from './operation.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of a table of operations. */
export function openApiOf(operations: readonly Operation[]): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    paths[operation.path] ??= { parameters: pathParameters(operation.path) };
    paths[operation.path]![operation.method.toLowerCase()] = operationOf(operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'OS Management API',
      version: '20190801',
      description:
        'The API of the OS Management Service as Headwater serves it: clients of that service work with it.',
    },
    servers: [{ url: apiRoot }],
    security: [{ signature: [] }, { bearer: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'An HTTP signature by the API key of a user, as the SDKs of OCI make them.',
        },
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: sessionCookieName },
      },
      schemas: {
        Error: {
          type: 'object',
          required: ['code', 'message'],
          properties: { code: { type: 'string' }, message: { type: 'string' } },
        },
      },
      headers: {
        'opc-request-id': { schema: { type: 'string' } },
        etag: { schema: { type: 'string' } },
        'opc-next-page': { schema: { type: 'string' } },
        'opc-total-items': { schema: { type: 'integer' } },
        'opc-work-request-id': { schema: { type: 'string' } },
        location: { schema: { type: 'string' } },
        'retry-after': { schema: { type: 'integer' } },
      },
      responses: {
        Error: {
          description: 'It was refused, or failed.',
          headers: headersOf(['opc-request-id', 'retry-after']),
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
      parameters: Object.fromEntries(
        ['opc-request-id', 'opc-retry-token', 'if-match'].map((name) => [
          name,
          { name, in: 'header', schema: { type: 'string' } },
        ]),
      ),
    },
  };
}

function operationOf(operation: Operation): Json {
  const { id, summary, permission, method, query, body, answer } = operation;
  const headers = [
    'opc-request-id',
    ...(method === 'GET' ? [] : ['opc-retry-token']),
    ...(heedsMatch(operation) ? ['if-match'] : []),
  ];
  return {
    operationId: id,
    tags: [permission.type],
    summary,
    description: `Needs \`${permission.verb} ${permission.type}\`.`,
    parameters: [
      ...queryParameters(query),
      ...headers.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ],
    ...(body && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: { 'application/json': { schema: schemaOf(body, 'input') } },
      },
    }),
    responses: {
      [answer.status]: {
        description: 'It was done, or began.',
        headers: headersOf([
          'opc-request-id',
          ...(method === 'GET' ? ['etag', 'opc-next-page', 'opc-total-items', 'retry-after'] : []),
          ...(method === 'GET' ? [] : ['etag', 'opc-work-request-id', 'location']),
        ]),
        ...(answer.body && {
          content: { 'application/json': { schema: schemaOf(answer.body, 'output') } },
        }),
      },
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

const headersOf = (names: readonly string[]): Json =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

const pathParameters = (path: string): Json[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }));

function queryParameters(query: z.ZodType | undefined): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = schemaOf(query, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: 'query', required: required.includes(name), schema },
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  // What JSON Schema cannot say is left open.
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
