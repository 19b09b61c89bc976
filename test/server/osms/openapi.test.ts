import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { operationsOf } from '../../../src/server/osms/table.ts';
import { nothing } from './nothing.ts';
import { standIn } from './stand-in.ts';

it('is a valid OpenAPI 3.1 document, which anybody may read', async () => {
  const { ask } = await standIn({ operations: () => operationsOf(nothing) });
  const { status, body } = await ask('GET /openapi.json', { as: 'nobody' });
  expect(status).toBe(200);
  expect(body.openapi).toMatch(/^3\.1/);
  const { valid, errors } = await new Validator().validate(structuredClone(body));
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
});

it('has every operation of the table, with its parameters, body and answer', async () => {
  const operations = operationsOf(nothing);
  const { ask } = await standIn({ operations: () => operations });
  const { paths, components } = (await ask('GET /openapi.json')).body;
  for (const { id, method, path, query, body, answer } of operations) {
    const described = paths[path][method.toLowerCase()];
    expect(described.operationId).toBe(id);
    expect(described.summary).not.toBe('');
    const inPath = paths[path].parameters.map((p: { name: string }) => `{${p.name}}`);
    expect(inPath).toEqual(path.match(/\{\w+\}/g) ?? []);
    const inQuery = described.parameters.filter((p: { in?: string }) => p.in === 'query');
    const shape = (query as { shape?: object } | undefined)?.shape ?? {};
    expect(inQuery.map((p: { name: string }) => p.name)).toEqual(Object.keys(shape));
    expect(described.requestBody !== undefined).toBe(body !== undefined);
    expect(Object.keys(described.responses)).toEqual([String(answer.status), 'default']);
    for (const { $ref } of described.parameters) {
      if ($ref) expect(components.parameters).toHaveProperty([$ref.split('/').at(-1)]);
    }
  }
  const ids = operations.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

it('says what has to be there', async () => {
  const { ask } = await standIn({ operations: () => operationsOf(nothing) });
  const { paths } = (await ask('GET /openapi.json')).body;
  const parameters = paths['/workRequests'].get.parameters;
  const named = (name: string) => parameters.find((p: { name?: string }) => p.name === name);
  expect(named('compartmentId').required).toBe(true);
  expect(named('limit')).toMatchObject({
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
  });
  const answer = paths['/workRequests/{workRequestId}'].get.responses['200'];
  const { schema } = answer.content['application/json'];
  expect(schema.required).toContain('percentComplete');
  // While it is not done, and with 429 and 503.
  expect(answer.headers).toHaveProperty('retry-after');
  const { body } = await ask('GET /openapi.json');
  expect(body.components.responses.Error.headers).toHaveProperty('retry-after');
});
