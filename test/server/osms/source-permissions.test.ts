import { expect, it } from 'vitest';
import { brook, startSources } from './source-frame.ts';

async function startTeam() {
  const flow = await startSources();
  const { app, next, make, as, idOf } = flow;
  await next(brook('1'));
  const { ocid: team } = await app.operations.createCompartment('team', {
    ...{ description: '', by: 'tester' },
  });
  const own = await make('own', { compartmentId: team });
  const bob = await as(
    'bob',
    'Allow group bob to manage osms-software-sources in compartment team',
  );
  return { ...flow, team, own, bob, base: await idOf('base') };
}

const absent = { status: 404, body: { code: 'NotAuthorizedOrNotFound' } };

it('Who may not read a source takes nothing from it, and learns nothing of it', async () => {
  const { bob, own, base, app, team } = await startTeam();
  const add = () =>
    bob('POST', `/softwareSources/${own.id}/actions/addPackages`, { packageNames: ['brook'] });
  const unknown = { status: 400, body: { message: expect.stringContaining('no package brook') } };
  expect(await add()).toMatchObject(unknown);
  const make = (more: object) =>
    bob('POST', '/softwareSources', {
      ...{ compartmentId: team, displayName: 'mine', archType: 'X86_64', ...more },
    });
  for (const headwater of [
    { from: ['base'] },
    { follows: 'base' },
    { from: [{ source: 'base' }] },
  ]) {
    const refused = await make({ headwater });
    expect(refused).toMatchObject({ status: 400, body: { code: 'InvalidParameter' } });
    const unheard = JSON.parse(JSON.stringify(headwater).replace('base', 'nothing'));
    const other = String((await make({ headwater: unheard })).body.message);
    expect(other.replace('nothing', 'base')).toBe(refused.body.message);
  }
  const strict = { from: ['own'], strict: { with: ['base'] } };
  expect(await make({ headwater: strict })).toMatchObject({ status: 400 });
  expect(await make({ parentId: base })).toMatchObject(absent);
  for (const action of ['history', 'check', 'diff']) {
    expect(await bob('GET', `/softwareSources/${base}/actions/${action}`)).toMatchObject(absent);
  }
  const diff = `/softwareSources/${own.id}/actions/diff?withSoftwareSourceId=${base}`;
  expect(await bob('GET', diff)).toMatchObject(absent);
  expect(await bob('POST', `/softwareSources/${base}/actions/sync`, {})).toMatchObject(absent);

  await app.operations.createPolicy({
    ...{ name: 'read', compartment: '', description: '', by: 'tester' },
    statements: ['Allow group bob to read osms-software-sources in tenancy'],
  });
  expect(await add()).toMatchObject({ status: 204 });
  expect(await make({ parentId: base, headwater: { from: ['base'] } })).toMatchObject({
    status: 200,
    body: { headwater: { label: 'mine', from: ['base'] }, parentId: base },
  });
});

it('A source is moved only to where its mover may have sources, and made only there', async () => {
  const { bob, own, root, team } = await startTeam();
  const path = `/softwareSources/${own.id}/actions/changeCompartment`;
  expect(await bob('POST', path, { compartmentId: root })).toMatchObject(absent);
  expect(await bob('POST', path, { compartmentId: 'nonsense' })).toMatchObject(absent);
  expect(await bob('POST', path, { compartmentId: team })).toMatchObject({ status: 204 });
  const made = { displayName: 'x', archType: 'X86_64' };
  expect(await bob('POST', '/softwareSources', { ...made, compartmentId: root })).toMatchObject(
    absent,
  );
  expect(await bob('GET', `/softwareSources?compartmentId=${root}`)).toMatchObject(absent);
  expect(await bob('GET', `/softwareSources?compartmentId=${team}`)).toMatchObject({
    status: 200,
    body: [{ displayName: 'own' }],
  });
});
