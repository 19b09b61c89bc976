import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { XmlRpcValue } from '../../src/base/xmlrpc-value.ts';
import { readCall, readValue } from '../../src/server/spacewalk/xmlrpc-decode.ts';
import { encodeCall } from '../../src/server/spacewalk/xmlrpc-encode.ts';
import { resultOf, send } from '../server/spacewalk/front.ts';
import { createDnfWithPlugins } from '../support/dnf.ts';
import { projectRoot } from '../support/tools.ts';

const run = promisify(execFile);
const capabilities = 'packages.update(2)=2,script.run(1)=1';

/** A machine that is a folder: a real dnf installs into it what its server says, and a real rpm tells what is there. */
export interface RootedMachine {
  id: string;
  name: string;
  /** Installs by itself, from the channels of its server, and says so. */
  install(...packages: string[]): Promise<void>;
  /** Asks for work until there is none, and does it. Gives the methods that it was told to run. */
  checkIn(): Promise<string[]>;
  /** Sorted NEVRAs, without an epoch. */
  installed(): Promise<string[]>;
}

/** Registers a machine with a key. */
export async function createRootedMachine(
  folder: string,
  { url, key, name }: { url: string; key: string; name: string },
): Promise<RootedMachine> {
  const root = join(folder, 'root');
  await mkdir(root, { recursive: true });

  async function call(method: string, ...params: XmlRpcValue[]): Promise<XmlRpcValue> {
    const headers = { 'X-RHN-Client-Capability': capabilities };
    const answer = await send(`${url}/XMLRPC`, { headers, body: encodeCall(method, params) });
    const { result, fault } = resultOf(answer);
    if (fault) throw new Error(`${method}: ${fault.faultString}`);
    return result!;
  }

  async function profile() {
    const format = '%{NAME} %{EPOCHNUM} %{VERSION} %{RELEASE} %{ARCH} %{INSTALLTIME}\n';
    // Where rpm has its database may depend on HOME: it is to be where dnf put it.
    const env = { PATH: process.env.PATH, HOME: join(folder, 'dnf') };
    const { stdout } = await run('rpm', ['--root', root, '-qa', '--qf', format], { env });
    const lines = stdout.split('\n').filter(Boolean).sort();
    return lines.map((line) => {
      const [name, epoch, version, release, arch, installtime] = line.split(' ') as string[];
      const about = { name: name!, version: version!, release: release!, arch: arch! };
      return { ...about, epoch: epoch === '0' ? '' : epoch!, installtime: Number(installtime) };
    });
  }

  const systemid = (await call('registration.new_system', {
    ...{ profile_name: name, release_name: 'oraclelinux-release', os_release: '8' },
    ...{ architecture: 'x86_64', token: key },
  })) as string;
  await call('registration.add_packages', systemid, []);
  await call('up2date.listChannels', systemid);
  await writeFile(join(folder, 'systemid'), systemid);
  const dnf = await createDnfWithPlugins(
    join(folder, 'dnf'),
    join(projectRoot, 'test/e2e/plugin'),
    {
      HEADWATER_URL: url,
      HEADWATER_SYSTEMID: join(folder, 'systemid'),
    },
  );

  async function tell(): Promise<void> {
    await call('registration.update_packages', systemid, await profile());
  }

  /** As rhn_check does it; gives what it says of it. */
  async function carryOut(method: string, params: XmlRpcValue[]): Promise<string> {
    if (method !== 'packages.update') throw new Error(`a machine was told ${method}`);
    const wanted = (params[0] as string[][]).map(
      ([pkg, version, release, , arch]) => `${pkg}-${version}-${release}.${arch}`,
    );
    await dnf('install', '--refresh', `--installroot=${root}`, ...wanted);
    await tell();
    return `dnf installed ${wanted.join(' ')}`;
  }

  return {
    name,
    id: /ID-(\d{9,})</.exec(systemid)![1]!,
    async install(...packages) {
      await dnf('install', `--installroot=${root}`, ...packages);
      await tell();
    },
    async checkIn() {
      const did: string[] = [];
      for (;;) {
        const uname = ['Linux', name, '4.18.0', '#1', 'x86_64'];
        const handed = await call('queue.get', systemid, 2, { uname, uptime: [1000, 1] });
        if (handed === '') return did;
        const { id, action } = handed as { id: number; action: string };
        const { method, params } = readAction(action);
        did.push(method);
        const said = await carryOut(method, params);
        await call('queue.submit', systemid, id, 0, said, {});
      }
    },
    async installed() {
      return (await profile()).map((p) => `${p.name}-${p.version}-${p.release}.${p.arch}`);
    },
  };
}

/** The document that an action is, read as clients do. */
function readAction(document: string): { method: string; params: XmlRpcValue[] } {
  const { method, params } = readCall(document);
  const given: XmlRpcValue[] = [];
  for (; params.next(); params.leave()) given.push(readValue(params.scan));
  params.end();
  return { method, params: given };
}
