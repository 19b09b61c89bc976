import { readFile } from 'node:fs/promises';
import { AppError } from '../base/errors.ts';
import { resourceTypes, verbs } from '../identity/caller.ts';
import type { Policy } from '../identity/policies.ts';
import type { Config } from './config.ts';
import { print, shownTime } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';
import { idOf } from './values.ts';

export interface PolicyFlags {
  statement?: string[];
  file?: string;
  compartment?: string;
  description?: string;
  json: boolean;
}

export async function createPolicy(
  config: Config,
  name: string,
  { json, compartment = '', description = '', ...flags }: PolicyFlags,
): Promise<void> {
  const statements = await statementsOf(flags);
  const policy = await withOperations(config, (o) =>
    o.createPolicy({ name, compartment, description, statements, by: userName() }),
  );
  print(json, policy, () => `made the policy ${policy.name}`);
}

export async function listPolicies(config: Config, json: boolean): Promise<void> {
  const policies = await withOperations(config, (o) => o.listPolicies());
  print(json, policies, () => policies.map(shown).join('\n\n') || 'there are no policies');
}

export async function showPolicy(config: Config, name: string, json: boolean): Promise<void> {
  const policy = await withOperations(config, (o) => o.showPolicy(name));
  print(json, policy, () => shown(policy));
}

export async function setStatements(
  config: Config,
  name: string,
  { json, ...flags }: PolicyFlags,
): Promise<void> {
  const statements = await statementsOf(flags);
  const policy = await withOperations(config, (o) =>
    o.setPolicyStatements(name, statements, { by: userName() }),
  );
  print(json, policy, () => shown(policy));
}

export async function removePolicy(config: Config, name: string, json: boolean): Promise<void> {
  await withOperations(config, (o) => o.removePolicy(name, { by: userName() }));
  print(json, { removed: name }, () => `removed the policy ${name}`);
}

export interface AccessFlags {
  user?: string;
  instance?: string;
  compartment?: string;
  operation?: string;
  target?: string;
  json: boolean;
}

/** Gives the exit code: 1 where it is not allowed. */
export async function testAccess(
  config: Config,
  { verb, type, user, instance, json, ...flags }: AccessFlags & { verb: string; type: string },
): Promise<number> {
  if ((user === undefined) === (instance === undefined)) {
    throw new AppError('usage', 'either --user or --instance is needed');
  }
  const question = {
    verb: oneOf(verbs, verb, 'verb'),
    type: oneOf(resourceTypes, type, 'resource-type'),
    user: user ?? null,
    instance: instance === undefined ? null : idOf(instance),
    compartment: flags.compartment ?? '',
    operation: flags.operation ?? null,
    target: flags.target ?? null,
  };
  const answer = await withOperations(config, (o) => o.explainAccess(question));
  print(json, answer, () =>
    answer.allowed
      ? `allowed by the policy ${answer.policy}: ${answer.statement}`
      : 'not allowed: no statement grants it',
  );
  return answer.allowed ? 0 : 1;
}

function shown({ name, compartment, statements, description, createdAt }: Policy): string {
  const where = compartment === '' ? '' : ` of ${compartment}`;
  const head = `policy ${name}${where}, made ${shownTime(createdAt)}`;
  return [head, ...(description ? [description] : []), ...statements.map((s) => `  ${s}`)].join(
    '\n',
  );
}

async function statementsOf({ statement = [], file }: Omit<PolicyFlags, 'json'>) {
  if (file === undefined) return statement;
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new AppError('usage', `${file} cannot be read`, { cause });
  });
  const lines = text.split('\n').map((line) => line.trim());
  return [...statement, ...lines.filter((line) => line !== '' && !line.startsWith('#'))];
}

function oneOf<T extends string>(known: readonly T[], text: string, what: string): T {
  const found = known.find((name) => name === text.toLowerCase());
  if (found !== undefined) return found;
  throw new AppError('usage', `${text} is no ${what}`, { hint: `one of ${known.join(', ')}` });
}
