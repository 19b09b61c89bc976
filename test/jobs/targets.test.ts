import { expect, it } from 'vitest';
import { createJobTargets, type Lacking } from '../../src/job-targets.ts';
import { targetsSchema } from '../../src/jobs/targets.ts';
import { openFleet } from '../fleet/fleet.ts';

const none: Lacking = { security: 0, bugfix: 0, enhancement: 0, ksplice: 0, other: 0 };

it('A job is for all that are named, and for those that a search finds, as things are', async () => {
  const fleet = await openFleet();
  const { instances, groups, identity } = fleet;
  const lacking = new Map<number, Lacking>();
  const targets = createJobTargets({
    ...{ instances, groups, hasCompartment: identity.compartments.has },
    lacks: async () => lacking,
  });
  await identity.compartments.create('team', '', 'test');
  await identity.compartments.create('team:web', '', 'test');
  await groups.create('web', {}, 'test');
  const enrol = async (name: string, about: { compartment?: string; release?: string } = {}) => {
    const { compartment = null, release = '8' } = about;
    const key = await fleet.key({ compartment });
    const machine = { name, osName: 'oraclelinux-release', osRelease: release, arch: 'x86_64' };
    const made = await fleet.registration.register({ ...machine, keys: [key] }, '192.0.2.1');
    return made.instance.id;
  };
  const plain = await enrol('plain');
  const inTeam = await enrol('a.team', { compartment: 'team' });
  const below = await enrol('b.team', { compartment: 'team:web', release: '9.4' });
  const member = await enrol('member');
  await groups.add('web', [member], 'test');
  await fleet.instanceChanges.change([plain, below], { tags: ['blue'] }, 'test');
  lacking.set(plain, { ...none, bugfix: 2 });
  lacking.set(below, { ...none, security: 1 });

  for (const [given, wanted, missing] of [
    [{ instances: [plain, 999] }, [plain], ['instance 999']],
    [{ groups: ['web', 'db'] }, [member], ['group db']],
    [{ compartments: ['team', 'nowhere'] }, [inTeam, below], ['compartment nowhere']],
    [{ compartments: [''] }, [plain, inTeam, below, member], []],
    [{ instances: [plain, member], groups: ['web'] }, [plain, member], []],
    [{ search: { tag: 'blue' } }, [plain, below], []],
    [{ search: { tag: 'blue', release: '9' } }, [below], []],
    [{ search: { arch: 'aarch64' } }, [], []],
    [{ search: { name: 'team', compartment: 'team' } }, [inTeam, below], []],
    [{ search: { group: 'web' } }, [member], []],
    [{ search: { hasUpdates: 'security' } }, [below], []],
    [{ search: { hasUpdates: 'any' } }, [plain, below], []],
    [{ search: { hasUpdates: 'ksplice' } }, [], []],
    [{ instances: [member], search: { tag: 'blue', hasUpdates: 'bugfix' } }, [plain, member], []],
  ] as const) {
    const named = targetsSchema.parse(given);
    const what = JSON.stringify(given);
    expect(await targets.resolve(named), what).toEqual({ instances: [...wanted], missing });
    // Whether one is among them is asked without looking at all.
    const among: number[] = [];
    for (const id of [plain, inTeam, below, member]) {
      if (await targets.include(named, await instances.require(id))) among.push(id);
    }
    expect(among, what).toEqual(wanted);
  }
});
