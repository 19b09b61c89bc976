import { expect, it } from 'vitest';
import { openApi } from './registered.ts';

it('What is in a compartment that is renamed is in it under its new name, and its id is the same', async () => {
  const { client, identity, managed, operations, compartment, enrol } = await openApi();
  const compartmentId = await compartment('lab');
  const { id, ocid } = await enrol({ compartment: 'lab' });
  expect((await managed.instances.get(id))?.compartment).toBe('lab');
  const { key } = await operations.createRegistrationKey({
    ...{ name: 'again', compartment: 'lab', sources: [], groups: [], tags: [], by: 'test' },
    ...{ uses: null, expiresAt: null, reactivates: null, takeoverMs: null },
  });
  await operations.renameCompartment('lab', 'front', { by: 'test' });
  expect(identity.compartments.pathOf(compartmentId)).toBe('front');
  expect((await managed.instances.get(id))?.compartment).toBe('front');
  const { items } = await client.listManagedInstances({ compartmentId });
  expect(items.map((i) => i.id)).toEqual([ocid]);
  const machine = { name: 'two', osName: 'oraclelinux-release', osRelease: '8', arch: 'x86_64' };
  const { instance } = await managed.registration.register(
    { ...machine, keys: [key] },
    '192.0.2.1',
  );
  expect(instance.compartment).toBe('front');
  await expect(operations.removeCompartment('front', { by: 'test' })).rejects.toThrow(
    'the compartment front has 2 instances, 2 registration keys',
  );
});
