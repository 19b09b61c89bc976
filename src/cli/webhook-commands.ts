import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';
import type { WebhookFlags } from './webhook.ts';

/** `headwater webhook …`. */
export function addWebhookCommands(program: Command): void {
  const load = () => import('./webhook.ts');
  const webhook = program
    .command('webhook')
    .description('who is told of what happens, by a POST to an address');

  const add = shared(webhook.command('add'))
    .description(
      'tell an address of what happens from now on, and print the secret that bodies are signed with',
    )
    .argument('<name>')
    .argument('<url>', 'where events are sent, http:// or https://')
    .option('--event <event...>', 'of which events (default: all)')
    .option('--secret-file <file>', 'take the secret from the first line of this file')
    .option('--secret-stdin', 'take the secret from the first line of standard input')
    .addHelpText(
      'after',
      `
Events: sync.failed, advisory.security, job.finished, job.failed, instance.silent.
The secret is shown only now. docs/notifications.md says what is sent, and how its signature is checked.

Examples:
  headwater webhook add ops https://ops.example.com/hooks/headwater
  headwater webhook add pager https://pager.example.com/in --event sync.failed job.failed --secret-file /etc/headwater/pager`,
    );
  add.action(async (name: string, url: string, flags: Omit<WebhookFlags, 'json'>) =>
    (await load()).addWebhook(await configOf(add), { name, url }, { ...flags, json: jsonOf(add) }),
  );

  const list = shared(webhook.command('list'))
    .description('list the webhooks, and how many events wait for each')
    .addHelpText('after', '\nExample:\n  headwater webhook list --json');
  list.action(async () => (await load()).listWebhooks(await configOf(list), jsonOf(list)));

  const show = shared(webhook.command('show'))
    .description('show a webhook, and what became of what it was sent')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  headwater webhook show ops');
  show.action(async (name: string) =>
    (await load()).showWebhook(await configOf(show), name, jsonOf(show)),
  );

  const test = shared(webhook.command('test'))
    .description('send a webhook an event that means nothing, at once and once')
    .argument('<name>')
    .addHelpText(
      'after',
      '\nEnds with exit code 1 if it is not taken.\n\nExample:\n  headwater webhook test ops',
    );
  test.action(async (name: string) => {
    process.exitCode = await (await load()).testWebhook(await configOf(test), name, jsonOf(test));
  });

  const remove = shared(webhook.command('remove'))
    .description('tell a webhook nothing any more; what waits for it is dropped')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  headwater webhook remove ops');
  remove.action(async (name: string) =>
    (await load()).removeWebhook(await configOf(remove), name, jsonOf(remove)),
  );
}
