import { expect, it } from 'vitest';
import { startSources } from './source-frame.ts';

it('The audit names what was made, where a source was moved to, and what of it was changed', async () => {
  const { app, call, make, root } = await startSources();
  const { ocid: team } = await app.operations.createCompartment('team', {
    ...{ description: '', by: 'tester' },
  });
  const { id } = await make('Own Tools', { compartmentId: team });
  const path = `/softwareSources/${id}`;
  const upstream = 'http://ada:secret@127.0.0.1:9/';
  await call('PUT', path, { displayName: 'Tools', headwater: { release: '8' } });
  await call('POST', `${path}/actions/changeCompartment`, { compartmentId: root });
  await call('POST', '/managedInstanceGroups', { compartmentId: team, displayName: 'Web' });
  const other = { compartmentId: team, displayName: 'x', archType: 'X86_64' };
  await call('POST', '/softwareSources', { ...other, headwater: { upstream } });
  const entries = await app.identity.audit.query({ limit: 20 });
  const said = entries
    .filter(({ event }) => event.startsWith('api.'))
    .map(({ event, subject, detail }) => ({ event: event.slice(4), subject, detail }));
  expect(said).toEqual([
    { event: 'createSoftwareSource', subject: 'source:x', detail: 'compartment:team' },
    { event: 'createManagedInstanceGroup', subject: 'group:Web', detail: 'compartment:team' },
    {
      event: 'changeSoftwareSourceCompartment',
      subject: 'source:Own-Tools',
      detail: 'to the root',
    },
    { event: 'updateSoftwareSource', subject: 'source:Own-Tools', detail: 'displayName, release' },
    { event: 'createSoftwareSource', subject: 'source:Own-Tools', detail: 'compartment:team' },
  ]);
  expect(JSON.stringify(entries)).not.toContain('secret');
});
