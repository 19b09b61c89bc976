import { spawn } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Koa from 'koa';
import { onTestFinished } from 'vitest';
import { pubRoutes } from '../../src/server/pub.ts';
import type { Certificates } from '../mirror/certificates.ts';
import { temporaryFolder } from '../support/app.ts';
import { hasBusybox, projectRoot } from '../support/tools.ts';

/** The shells that the programs for machines must run in; Oracle Linux's own is bash. */
export const shells: { name: string; command: string[]; absent: boolean }[] = [
  { name: 'dash', command: ['dash'], absent: false },
  { name: 'bash', command: ['bash', '--posix'], absent: false },
  { name: 'busybox sh', command: ['busybox', 'sh'], absent: !hasBusybox },
];

export interface Run {
  /** The exit status, or the signal's name. */
  code: number | string;
  out: string;
  err: string;
}

/** A scratch root with the files of a registered client's packages, and a PATH with commands in place of the real ones. */
export interface Machine {
  root: string;
  /** Runs a program of `client/` on this machine. */
  run(program: string, args: string[], options?: RunOptions): Promise<Run>;
  read(path: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
  /** Every file below a folder with what is in it, or where it leads; folders are left out. */
  files(folder: string): Promise<Record<string, string>>;
  /** The lines that the commands in place of the real ones noted, and forgets them. */
  calls(): Promise<string[]>;
  /** Puts a command of this name, in sh, where the machine finds it first. */
  command(name: string, script: string): Promise<void>;
}

interface RunOptions {
  shell?: string[];
  env?: Record<string, string>;
  /** What the shell reads its program from, instead of the file. */
  stdin?: string;
  /** Kills the program and all that it runs before the step of this number that changes something, counted from 1. */
  killAt?: number;
}

const steps = ['mv', 'cp', 'rm', 'mkdir', 'chmod', 'curl', 'rhnreg_ks'];

/** `settings` is what /etc/sysconfig/rhn/up2date holds. */
export async function createMachine(
  settings = 'serverURL[comment]=Remote server\nserverURL=https://enter.your.server.url.here/XMLRPC\nnetworkRetries=1\n',
): Promise<Machine> {
  const folder = await temporaryFolder();
  const root = join(folder, 'root of it');
  const bin = join(folder, 'bin');
  const log = join(folder, 'log');
  const count = join(folder, 'count');
  await mkdir(bin);
  await writeFile(log, '');
  const machine: Machine = {
    root,
    read: (path) => readFile(join(root, path), 'utf8'),
    async write(path, text) {
      await mkdir(join(root, path, '..'), { recursive: true });
      await writeFile(join(root, path), text);
    },
    files: (path) => filesBelow(join(root, path)),
    async calls() {
      const lines = (await readFile(log, 'utf8')).split('\n').filter(Boolean);
      await writeFile(log, '');
      return lines;
    },
    async command(name, script) {
      const path = join(bin, name);
      await writeFile(path, `#!/bin/sh\n${script}\n`);
      await chmod(path, 0o755);
    },
    async run(program, args, { shell = ['dash'], env = {}, stdin, killAt } = {}) {
      await writeFile(count, '0');
      const wrappers = join(folder, 'steps');
      if (killAt !== undefined) await wrapSteps(wrappers, bin);
      const from = stdin === undefined ? [join(projectRoot, 'client', program)] : ['-s', '--'];
      return execute([...shell, ...from, ...args], {
        stdin,
        env: {
          PATH: [...(killAt === undefined ? [] : [wrappers]), bin, process.env.PATH].join(':'),
          OSMS_ROOT: root,
          LOG: log,
          COUNT: count,
          KILL_AT: String(killAt ?? 0),
          ...env,
        },
      });
    },
  };
  await machine.write('etc/sysconfig/rhn/up2date', settings);
  await mkdir(join(root, 'etc/yum.repos.d'));
  await machine.command('rhnreg_ks', registers);
  return machine;
}

/** In place of rhnreg_ks: asks the server for a systemid in a way that only the tests' server knows, and stores it. */
const registers = `
printf 'rhnreg_ks' >>"$LOG"; printf ' %s' "$@" >>"$LOG"; echo >>"$LOG"
for option; do case $option in --serverUrl=*) url=\${option#*=} ;; --force) force=1 ;; esac; done
file=$OSMS_ROOT/etc/sysconfig/rhn/systemid
if [ -e "$file" ] && [ -z "$force" ]; then echo already registered; exit 255; fi
curl -sf "\${url%/XMLRPC}/new" -o "$file.new" || exit 1
if [ -e "$file" ]; then mv -f "$file" "$file.save"; fi
mv "$file.new" "$file"`;

/** Commands that count how often they are called, and kill their whole process group the time that it is to die. */
async function wrapSteps(folder: string, bin: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const own = await readdir(bin);
  for (const name of steps) {
    const real = own.includes(name) ? `"${join(bin, name)}"` : `/bin/${name}`;
    await writeFile(
      join(folder, name),
      `#!/bin/sh
PATH=\${PATH#*:}
count=$(($(cat "$COUNT") + 1)); echo $count >"$COUNT"
if [ $count = "$KILL_AT" ]; then kill -9 0; fi
exec ${real} "$@"
`,
    );
    await chmod(join(folder, name), 0o755);
  }
}

function execute(
  command: string[],
  { env, stdin }: { env: Record<string, string>; stdin: string | undefined },
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), { env, detached: true });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? signal!, out, err }));
    child.stdin.on('error', () => {});
    child.stdin.end(stdin ?? '');
  });
}

async function filesBelow(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of (await readdir(folder, { recursive: true }).catch(() => [])).sort()) {
    const path = join(folder, name);
    const about = await lstat(path);
    if (about.isSymbolicLink()) found[name] = `-> ${await readlink(path)}`;
    else if (about.isFile()) found[name] = await readFile(path, 'utf8');
  }
  return found;
}

const tokenOf = (id: string): Record<string, string> => ({
  'X-RHN-Server-Id': id,
  'X-RHN-Auth-User-Id': 'ada \\ of "it" & co',
  'X-RHN-Auth': `t${id}+/=`,
  'X-RHN-Auth-Server-Time': '1700000000.25',
  'X-RHN-Auth-Expire-Offset': '3600.0',
});

export interface FakeServer {
  url: string;
  /** Ids of the instances that it has. */
  instances: Set<string>;
  /** What its channels' keys are said to be. */
  gpgKeyUrl: string;
  /** The keys of its channels. */
  key: string;
  /** Paths that were asked for. */
  asked: string[];
}

/**
 * What the programs need of a server, without its rules: those of the real one have tests of their own. The programs
 * themselves are handed out as the real one does. With `tls` it is reached over https.
 */
export async function startFakeServer(tls?: Certificates): Promise<FakeServer> {
  const state: FakeServer = {
    url: '',
    instances: new Set(),
    gpgKeyUrl: '',
    key: 'a key\n',
    asked: [],
  };
  let next = 1_000_010_000;
  const member = (name: string, value: string) =>
    `<member>\n<name>${name}</name>\n<value><string>${escaped(value)}</string></value>\n</member>\n`;
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const answer = (value: string) =>
    `<?xml version="1.0"?>\n<methodResponse><params><param><value>${value}</value></param></params></methodResponse>`;
  const fault = `<?xml version="1.0"?><methodResponse><fault><value><struct><member><name>faultCode</name><value><int>-9</int></value></member>${member('faultString', '\nError Message:\n    no such system\nError Class Code: 9')}</struct></value></fault></methodResponse>`;
  const ca = tls ? await readFile(tls.ca, 'utf8') : undefined;
  const pub = new Koa()
    .use(
      pubRoutes({
        publicUrl: () => state.url,
        trustedCertificate: () => ca,
      }).routes(),
    )
    .callback();
  const answerTo = async (request: IncomingMessage, response: ServerResponse) => {
    const url = request.url!;
    let body = '';
    for await (const chunk of request) body += chunk;
    state.asked.push(url);
    const id = /system_id&lt;\/name&gt;[^I]*ID-(\d+)/.exec(body)?.[1];
    const known = id !== undefined && state.instances.has(id);
    if (url === '/new') {
      const made = String(next++);
      state.instances.add(made);
      response.end(
        `<?xml version="1.0"?>\n<params>\n<param>\n<value><struct>\n${member('system_id', `ID-${made}`)}${member('checksum', `c${made}`)}</struct></value>\n</param>\n</params>\n`,
      );
    } else if (url === '/rpc/api' && body.includes('system.deleteSystem')) {
      response.end(known ? answer('<int>1</int>') : fault);
      if (known) state.instances.delete(id);
    } else if (url === '/XMLRPC' && body.includes('up2date.listChannels')) {
      const channel = `<struct>\n${member('label', 'river')}${member('gpg_key_url', state.gpgKeyUrl)}</struct>`;
      response.end(known ? answer(`<array><data><value>${channel}</value></data></array>`) : fault);
    } else if (url === '/XMLRPC' && body.includes('up2date.login')) {
      const token = Object.entries(tokenOf(id ?? ''))
        .map(([name, value]) => member(name, value))
        .join('');
      response.end(known ? answer(`<struct>${token}</struct>`) : fault);
    } else if (url === '/keys/river.asc') {
      const carried = Object.keys(tokenOf('')).map((name) => request.headers[name.toLowerCase()]);
      const expected = Object.values(tokenOf(String(carried[0])));
      const good = carried.join() === expected.join() && state.instances.has(String(carried[0]));
      response.writeHead(good ? 200 : 401).end(good ? state.key : '');
    } else if (url === '/pub/RHN-ORG-TRUSTED-SSL-CERT' && tls) response.end(await readFile(tls.ca));
    else await pub(request, response);
  };
  const server = tls
    ? createSecureServer(
        { cert: await readFile(tls.server.cert), key: await readFile(tls.server.key) },
        answerTo,
      )
    : createServer(answerTo);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  state.url = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}
