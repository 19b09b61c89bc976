import { type Agent, request } from 'node:http';
import { profileParts } from './profiles.ts';

export type Machine = ReturnType<typeof createMachine>;

/** A machine that speaks the protocol as rhn-client-tools does, without being one: as little work as can be. */
export function createMachine(
  url: () => string,
  about: { number: number; key: string; packages: number; agent: Agent },
) {
  const { number, packages, agent } = about;
  let systemid = '';
  let token: Record<string, string> = {};
  let checkIns = 0;
  const machine = {
    number,
    id: 0,
    /** How many packages it sent last. */
    sent: 0,
    register,
    listChannels,
    checkIn,
    repomd,
    work,
  };

  async function post(method: string, ...params: (string | Buffer)[]): Promise<string> {
    const head = `<?xml version='1.0'?>\n<methodCall>\n<methodName>${method}</methodName>\n<params>\n`;
    const parts = [head, ...params, '</params>\n</methodCall>\n'];
    const length = parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
    const text = await exchange('POST', '/XMLRPC', {
      headers: {
        'Content-Type': 'text/xml',
        'Content-Length': length,
        'User-Agent': 'rhn.rpclib.py/bench',
        'X-Up2date-Version': '2.11.0-1.el8',
        'X-RHN-Client-Capability': capabilities,
      },
      parts,
    });
    if (text.includes('<fault>')) throw new Error(`${method}: ${text}`);
    return text;
  }

  function exchange(
    method: string,
    path: string,
    {
      headers,
      parts = [],
    }: { headers: Record<string, string | number>; parts?: (string | Buffer)[] },
  ): Promise<string> {
    const { hostname, port } = new URL(url());
    return new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path, method, headers, agent }, (answer) => {
        let text = '';
        answer.setEncoding('latin1').on('data', (chunk) => {
          text += chunk;
        });
        answer.on('error', reject).on('end', () => {
          if (answer.statusCode === 200) resolve(text);
          else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
        });
      });
      sent.on('error', reject);
      for (const part of parts) sent.write(part);
      sent.end();
    });
  }

  async function register(): Promise<void> {
    const answer = await post(
      'registration.new_system',
      `<param>\n<value><struct>\n${Object.entries({
        profile_name: `host${number}.example.test`,
        os_release: '8',
        release_name: 'oraclelinux-release',
        architecture: 'x86_64',
        token: about.key,
      })
        .map(([name, value]) => member(name, `<string>${value}</string>`))
        .join('')}</struct></value>\n</param>\n`,
    );
    systemid = `<param>\n<value><string>${/<string>([\s\S]*?)<\/string>/.exec(answer)![1]}</string></value>\n</param>\n`;
    machine.id = Number(/ID-(\d+)/.exec(systemid)![1]);
    await post('registration.add_packages', systemid, ...profileParts(number, packages, 0));
    machine.sent = packages;
    await queueGet();
  }

  async function login(): Promise<void> {
    const answer = await post('up2date.login', systemid);
    token = Object.fromEntries(
      ['Server-Id', 'Auth-User-Id', 'Auth', 'Auth-Server-Time', 'Auth-Expire-Offset'].map(
        (name) => [
          `X-RHN-${name}`,
          new RegExp(`<name>X-RHN-${name}</name>\\s*<value><\\w+>(.*?)<`).exec(answer)![1]!,
        ],
      ),
    );
  }

  async function listChannels(): Promise<void> {
    const answer = await post('up2date.listChannels', systemid);
    if (!answer.includes('last_modified')) throw new Error(`no channels: ${answer}`);
  }

  async function repomd({ token: withToken } = { token: true }): Promise<void> {
    if (withToken && !token['X-RHN-Auth']) await login();
    const path = withToken ? '/XMLRPC/GET-REQ/base' : '/channels/base';
    const headers = withToken ? token : {};
    const answer = await exchange('GET', `${path}/repodata/repomd.xml`, { headers });
    if (!answer.includes('</repomd>')) throw new Error(answer);
  }

  const queueGet = () =>
    post(
      'queue.get',
      systemid,
      '<param>\n<value><int>2</int></value>\n</param>\n',
      `<param>\n<value><struct>\n${member('uname', '<array><data>\n<value><string>Linux</string></value>\n<value><string>host</string></value>\n<value><string>5.4.17</string></value>\n<value><string>#1 SMP</string></value>\n<value><string>x86_64</string></value>\n</data></array>')}${member('uptime', '<array><data>\n<value><int>2936</int></value>\n<value><int>4272</int></value>\n</data></array>')}</struct></value>\n</param>\n`,
    );

  /** Takes what there is to do, and says that it was done; gives how much it was. */
  async function work(): Promise<number> {
    for (let count = 0; ; count++) {
      const answer = await queueGet();
      const id = /<name>id<\/name>\s*<value><(?:int|i4)>(\d+)</.exec(answer)?.[1];
      if (id === undefined) return count;
      await post(
        'queue.submit',
        systemid,
        `<param>\n<value><int>${id}</int></value>\n</param>\n`,
        '<param>\n<value><int>0</int></value>\n</param>\n',
        '<param>\n<value><string>Update Succeeded</string></value>\n</param>\n',
        '<param>\n<value><struct>\n</struct></value>\n</param>\n',
      );
    }
  }

  /** Login, channels, repomd.xml, a profile of which a few packages have changed, and the queue. */
  async function checkIn({ ask = true } = {}): Promise<void> {
    await login();
    await listChannels();
    await repomd();
    await post(
      'registration.update_packages',
      systemid,
      ...profileParts(number, packages, ++checkIns),
    );
    if (ask) await queueGet();
  }

  return machine;
}

const member = (name: string, value: string) =>
  `<member>\n<name>${name}</name>\n<value>${value}</value>\n</member>\n`;

const capabilities =
  'caneatCheese(1)=1,packages.runTransaction(1)=1,packages.rollBack(1)=1,packages.verify(1)=1,packages.extended_profile(2)=1,reboot.reboot(1)=1,packages.update(2)=2';
