import type { SourceDefinition } from '../../../src/base/source.ts';
import type { XmlRpcValue } from '../../../src/base/xmlrpc-value.ts';
import type { Config } from '../../../src/cli/config.ts';
import { readSystemid } from '../../../src/server/spacewalk/systemid.ts';
import { encodeCall } from '../../../src/server/spacewalk/xmlrpc-encode.ts';
import { invented, startRepository } from '../../mirror/repository.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import type { TestUpstream } from '../../support/upstream.ts';
import { resultOf, send } from './front.ts';

export interface Running extends TestApp {
  upstream: TestUpstream;
  /** A registration key that may be used any number of times. */
  key: string;
  call(method: string, ...params: XmlRpcValue[]): Promise<ReturnType<typeof resultOf>>;
  /** A call's result; throws where it is a fault. */
  result<T extends XmlRpcValue>(method: string, ...params: XmlRpcValue[]): Promise<T>;
  register(system?: Record<string, XmlRpcValue>): Promise<Registered>;
  /** The headers of a download. */
  token(systemid: string): Promise<Record<string, string>>;
}

export interface Registered {
  id: number;
  systemid: string;
  credential: string;
}

export const password = 'correct horse';

/** What `rhnreg_ks` says of a machine. */
export const machine = {
  profile_name: 'client1.example.com',
  os_release: '8',
  release_name: 'oraclelinux-release',
  architecture: 'x86_64',
  smbios: {},
};

const advisory = `<update from="test" status="final" type="security" version="1"><id>ELSA-2026-1</id><title>t</title>
<issued date="2026-01-01 00:00:00"/><severity>Important</severity><references/><pkglist><collection short="a"><name>a</name>
<package name="hello-sw" epoch="0" version="1.1" release="1" arch="noarch" src="hello-sw-1.1-1.src.rpm"><filename>hello-sw-1.1-1.noarch.rpm</filename></package>
</collection></pkglist></update>`;

/**
 * The program with the channels of the recordings: ol8_baseos, and its child ol8_addons; both of Oracle Linux 8 on x86_64 and
 * what an instance gets by itself. The user admin exists. `source` is what ol8_baseos has besides.
 */
export async function startManaged(
  overrides: Partial<Config> = {},
  source: Partial<SourceDefinition> = {},
): Promise<Running> {
  const { upstream } = await startRepository({
    packages: [
      invented('hello-sw', '1.1'),
      invented('withepoch', '3.0'),
      invented('needs-greet', '0.5'),
    ],
    edit: (type, xml) =>
      type === 'updateinfo' ? xml.replace('</updates>', `${advisory}</updates>`) : xml,
  });
  const addons = await startRepository({ packages: [invented('libgreet', '2.0')] });
  const fits = { arch: 'x86_64', release: '8' };
  const app = await startApp(
    [
      { label: 'ol8_baseos', name: 'BaseOS', upstream: upstream.url, ...fits, ...source },
      {
        label: 'ol8_addons',
        name: 'Addons',
        upstream: addons.upstream.url,
        parent: 'ol8_baseos',
        ...fits,
      },
    ],
    {
      defaults: [{ release: '8', arch: 'x86_64', sources: ['ol8_baseos', 'ol8_addons'] }],
      ...overrides,
    },
  );
  for (const label of ['ol8_baseos', 'ol8_addons']) await app.sync(label);
  const { operations } = app.app;
  await operations.addUser('admin', password, { by: 'test', groups: ['Registrars'] });
  const { key } = await operations.createRegistrationKey({
    ...{ name: 'test', sources: [], groups: [], tags: [], compartment: null, by: 'test' },
    ...{ uses: null, expiresAt: null, reactivates: null, takeoverMs: null },
  });
  const call: Running['call'] = async (method, ...params) => {
    const path = /^(auth|system)\./.test(method) ? '/rpc/api' : '/XMLRPC';
    return resultOf(await send(`${app.url}${path}`, { body: encodeCall(method, params) }));
  };
  const result = async (method: string, ...params: XmlRpcValue[]) => {
    const said = await call(method, ...params);
    if (said.fault) throw new Error(said.fault.faultString);
    return said.result as never;
  };
  return {
    ...app,
    upstream,
    key,
    call,
    result,
    async register(system = {}) {
      const request = { ...machine, token: key, ...system };
      const systemid: string = await result('registration.new_system', request);
      return { ...readSystemid(systemid)!, systemid };
    },
    async token(systemid) {
      const token: Record<string, string> = await result('up2date.login', systemid);
      return Object.fromEntries(
        Object.entries(token)
          .filter(([name]) => name !== 'X-RHN-Auth-Channels')
          .map(([name, value]) => [name, String(value)]),
      );
    },
  };
}
