import { expect, it } from 'vitest';
import { type SourceFlow, startSources } from './source-frame.ts';

const statement = 'Allow group bob to manage osms-software-sources in compartment team';

async function startTeam() {
  const flow = await startSources();
  const { ocid: team } = await flow.app.operations.createCompartment('team', {
    ...{ description: '', by: 'tester' },
  });
  const bob = await flow.as('bob', statement);
  const make = (displayName: string, headwater: object = {}) =>
    bob('POST', '/softwareSources', {
      ...{ compartmentId: team, displayName, archType: 'X86_64', headwater },
    });
  return { ...flow, make, about: flow.make };
}

const keyFor = (managed: SourceFlow['app']['managed'], label: string) =>
  managed.keys.create(
    {
      ...{ name: 'first', compartment: null, sources: [label], groups: [], tags: [] },
      ...{ uses: null, expiresAt: null, reactivates: null, takeoverMs: null },
    },
    'test',
  );

const left = {
  status: 409,
  body: { code: 'IncorrectState', message: expect.stringContaining('of which something is left') },
};

it('What groups and keys have of a source that is gone is nobody else’s to fill', async () => {
  const { app, call, make, about } = await startTeam();
  const { managed, operations } = app;
  for (const label of ['grouped', 'keyed', 'free']) {
    const { id } = await about(label, { headwater: { label, release: '8' } });
    if (label === 'grouped') {
      await operations.createGroup('web', { by: 'test' });
      const request = { instance: null, group: 'web', labels: [label], by: 'test' };
      await operations.attachSources({ ...request, history: null });
    }
    if (label === 'keyed') await keyFor(managed, label);
    expect(await call('DELETE', `/softwareSources/${id}`)).toMatchObject({ status: 204 });
  }
  for (const label of ['grouped', 'keyed']) {
    expect(await make('Mine', { label })).toMatchObject(left);
    expect(await make(label)).toMatchObject({ body: { headwater: { label: `${label}-2` } } });
  }
  expect(await make('Mine', { label: 'free' })).toMatchObject({ status: 200 });
});

it('The revisions of a source that left the configuration file are not those of another one of its label', async () => {
  const { app, make, config } = await startTeam();
  const sources = config.sources.filter((source) => source.label !== 'base');
  await app.operations.sync({ labels: ['base'] }, () => {});
  await app.reload({ ...config, sources });
  expect(await make('Mine', { label: 'base' })).toMatchObject(left);
});

it('What instances have of a source that left the configuration file is nobody else’s to fill', async () => {
  const { app, make, config } = await startTeam();
  const { key } = await keyFor(app.managed, 'base');
  const machine = { name: 'm', osName: 'x', osRelease: '8', arch: 'x86_64' };
  await app.managed.registration.register({ ...machine, keys: [key] }, '192.0.2.1');
  await app.managed.keys.revoke('first', 'test');
  const sources = config.sources.filter((source) => source.label !== 'base');
  await app.reload({ ...config, sources });
  expect(await make('Mine', { label: 'base' })).toMatchObject(left);
});
