import { readFile } from 'node:fs/promises';
import { AppError, oneLine } from '../base/errors.ts';
import type { ShownDelivery, ShownWebhook } from '../notify/webhooks.ts';
import type { Config } from './config.ts';
import { print, shownTime, table } from './output.ts';
import { firstLine } from './password.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';

export interface WebhookFlags {
  event?: string[];
  secretFile?: string;
  secretStdin?: boolean;
  json: boolean;
}

/** Adds a webhook. Standard output has nothing but the secret, for scripts; nothing where it was given. */
export async function addWebhook(
  config: Config,
  { name, url }: { name: string; url: string },
  flags: WebhookFlags,
): Promise<void> {
  const given = await givenSecret(flags);
  const { secret, ...webhook } = await withOperations(config, (o) =>
    o.addWebhook({ name, url, events: flags.event ?? [], secret: given, by: userName() }),
  );
  const told = eventsOf(webhook);
  if (flags.json) print(true, given === null ? { ...webhook, secret } : webhook, () => '');
  else if (given === null) process.stdout.write(`${secret}\n`);
  if (flags.json) return;
  const shownOnce = given === null ? ' The secret is shown only now.' : '';
  process.stderr.write(`${name} is told of ${told} from now on.${shownOnce}\n`);
}

export async function listWebhooks(config: Config, json: boolean): Promise<void> {
  const webhooks = await withOperations(config, (o) => o.listWebhooks());
  print(json, webhooks, () => {
    if (webhooks.length === 0) return 'there are no webhooks';
    const rows = webhooks.map((w) => [
      ...[w.name, w.url, eventsOf(w)],
      ...[String(w.waiting), String(w.delivered), String(w.givenUp)],
    ]);
    return table([['NAME', 'URL', 'EVENTS', 'WAITING', 'DELIVERED', 'GIVEN UP'], ...rows]);
  });
}

export async function showWebhook(config: Config, name: string, json: boolean): Promise<void> {
  const webhook = await withOperations(config, (o) => o.showWebhook(name));
  print(json, webhook, () =>
    [
      table([
        ['name', webhook.name],
        ['url', webhook.url],
        ['events', eventsOf(webhook)],
        ['added', `${shownTime(webhook.createdAt)} by ${webhook.createdBy}`],
        ['waiting', String(webhook.waiting)],
        ['delivered', String(webhook.delivered)],
        ['given up', String(webhook.givenUp)],
      ]),
      ...(webhook.deliveries.length === 0 ? [] : ['', deliveriesTable(webhook.deliveries)]),
    ].join('\n'),
  );
}

/** Gives the exit code. */
export async function testWebhook(config: Config, name: string, json: boolean): Promise<number> {
  const tested = await withOperations(config, (o) => o.testWebhook(name));
  const { problem, took } = tested;
  print(json, tested, () =>
    problem === null
      ? `${name} took it in ${took} ms`
      : `${name} did not take it: ${oneLine(problem)}`,
  );
  return problem === null ? 0 : 1;
}

export async function removeWebhook(config: Config, name: string, json: boolean): Promise<void> {
  await withOperations(config, (o) => o.removeWebhook(name));
  print(json, { removed: name }, () => `${name} is told nothing any more`);
}

async function givenSecret({ secretFile, secretStdin }: WebhookFlags): Promise<string | null> {
  if (secretFile !== undefined && secretStdin) {
    throw new AppError('usage', 'the secret is to come from a file and from standard input', {
      hint: 'give one of --secret-file and --secret-stdin',
    });
  }
  if (secretStdin) return firstLine();
  if (secretFile === undefined) return null;
  const text = await readFile(secretFile, 'utf8').catch((cause) => {
    throw new AppError('usage', `the file ${secretFile} cannot be read`, { cause });
  });
  return text.split(/\r?\n/, 1)[0]!;
}

function deliveriesTable(deliveries: readonly ShownDelivery[]): string {
  const rows = deliveries.map((d) => [
    ...[shownTime(d.createdAt), d.event, d.state.replace('_', ' '), String(d.tries)],
    ...[shownTime(d.nextAt), d.problem === null ? '' : oneLine(d.problem)],
  ]);
  return table([['QUEUED', 'EVENT', 'STATE', 'TRIES', 'NEXT TRY', 'PROBLEM'], ...rows]);
}

const eventsOf = ({ events }: ShownWebhook): string => events.join(', ') || 'all events';
