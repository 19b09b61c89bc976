import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../src/cli/client.ts';
import { temporaryFolder } from './folder.ts';

/** A process that takes a request, says this and is gone. */
async function startMortal(end: (response: ServerResponse) => void) {
  const socket = join(await temporaryFolder(), 'socket');
  const server = createServer((_, response) => {
    response.writeHead(200);
    response.flushHeaders();
    end(response);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => void server.close());
  return createClient(socket);
}

const gone = {
  kind: 'cancelled',
  message: 'the process that holds the data folder ended before it answered',
};
const event = '{"event":{"label":"a"}}\n';

it.each<[string, (response: ServerResponse) => void]>([
  ['before a line', (r) => setTimeout(() => r.destroy(), 20)],
  ['between lines', (r) => r.write(event, () => setTimeout(() => r.destroy(), 20))],
  ['in a line', (r) => r.write(`${event}{"result`, () => setTimeout(() => r.destroy(), 20))],
  ['in a line, and the answer ended', (r) => r.end(`${event}{"result`)],
  ['between lines, and the answer ended', (r) => r.end(event)],
])('A process that dies in the middle of a command, %s, is said to have ended', async (_, end) => {
  const client = await startMortal(end);
  await expect(client.gc({ dryRun: true }, () => {})).rejects.toMatchObject(gone);
});

it('What goes wrong with an event is not taken for that', async () => {
  const client = await startMortal((r) => r.end(event));
  const fails = client.gc({ dryRun: true }, () => {
    throw new Error('a fault of ours');
  });
  await expect(fails).rejects.toThrow('a fault of ours');
});
