import { join } from 'node:path';
import { expect, it } from 'vitest';
import { machine, openFleet } from '../fleet/fleet.ts';
import { createPlace, fixture } from './headwater.ts';

const advisory = 'ELSA-2099-0103';
const cve = 'CVE-2099-20003';
const libbrook = { name: 'libbrook', epoch: '', version: '1.2.0', arch: 'x86_64' };

/** A source that is mirrored, and three instances: one is affected, one is fixed, one said nothing. */
async function opened() {
  const place = await createPlace(
    `sources: [{ label: base, upstream: "${fixture('ol8')}", release: 8, arch: x86_64 }]`,
  );
  await place.run('sync', '--all');
  const { stdout } = await place.run('key', 'create', '--name', 'k');
  const fleet = await openFleet({}, join(place.folder, 'data'));
  const ids: number[] = [];
  for (const name of ['bad', 'good', 'silent']) {
    const { instance } = await fleet.registration.register(
      machine([stdout.trim()], { name }),
      '192.0.2.1',
    );
    fleet.instances.seen(instance, { address: '192.0.2.1' });
    ids.push(instance.id);
  }
  const [bad, good, silent] = ids as [number, number, number];
  await fleet.profiles.replace(bad, [{ ...libbrook, release: '3.el8' }]);
  await fleet.profiles.replace(good, [{ ...libbrook, release: '5.el8_8' }]);
  await fleet.close();
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await place.run(...args);
    expect([args.join(' '), code, stderr]).toEqual([args.join(' '), 0, '']);
    return stdout;
  };
  return { ...place, bad, good, silent, said };
}

it('What instances lack is listed and told in words', { timeout: 120_000 }, async () => {
  const { said, bad, good, silent, ...place } = await opened();
  await place.serve();
  for (const id of [bad, good]) await said('instance', 'attach', String(id), 'base');

  expect(await said('instance', 'updates', String(bad))).toMatch(
    new RegExp(
      `^libbrook.x86_64 +1.2.0-3.el8 +1.2.0-5.el8_8 +security +${advisory} +base\\n\\nupdates: 1 \\(1 security\\)$`,
      'm',
    ),
  );
  expect(await said('instance', 'updates', String(good))).toBe('updates: none\n');
  expect(await said('instance', 'updates', String(bad), '--kind', 'bugfix')).toBe(
    'updates: 1 (1 security)\n',
  );
  const list = await said('instance', 'list');
  expect(list).toMatch(new RegExp(`^${bad} +bad .* 1, 1 security$`, 'm'));
  expect(list).toMatch(new RegExp(`^${good} +good .* 0$`, 'm'));
  expect(list).toMatch(/silent .* -$/m);
  const lacking = await said('instance', 'list', '--has-updates', 'security');
  expect(lacking.trim().split('\n')).toHaveLength(2);
  expect(await said('instance', 'list', '--no-updates')).not.toContain('UPDATES');
  expect(await said('instance', 'show', String(bad))).toMatch(/^updates: +1 \(1 security\)$/m);
  expect(await said('instance', 'installable', String(bad), 'WEIR')).toMatch(
    /^weir.x86_64 +1.8.1-2.el8 +base\nweir-doc.noarch/m,
  );
  expect(await said('instance', 'advisories', String(bad))).toMatch(
    new RegExp(`^${advisory} +security +Moderate +2023-05-24 .* available `, 'm'),
  );
  const about = await said('cve', cve.toLowerCase());
  expect(about).toContain('1 affected, 1 fixed');
  expect(about).toMatch(
    new RegExp(
      `^${bad} +bad +affected +libbrook-1.2.0-3.el8.x86_64 +libbrook-1.2.0-5.el8_8.x86_64 +available\\n${good} +good +fixed`,
      'm',
    ),
  );
  expect(await said('cve', 'CVE-2000-1234')).toBe(
    'no advisory of the mirrored sources names CVE-2000-1234\n',
  );
  const shown = await said('advisory', 'show', advisory);
  expect(shown).toMatch(/^kind: +security, Moderate$/m);
  expect(shown).toContain('packages:\n  libbrook-1.2.0-5.el8_8.x86_64\n');
  expect(shown).toContain('1 affected, 1 fixed');
  expect(await said('advisory', 'list', '--kind', 'security', '--until', '2023-05-01')).toMatch(
    /^ADVISORY.*\nELSA-2099-0101 +security +Important +2023-04-25 +CVE-2099-20001 \+1 +ELSA[^\n]*\n$/,
  );
  const first = await place.json<object[]>('advisory', 'list', '--limit', '1');
  expect(first.value).toHaveLength(1);
  expect(first.stderr).toMatch(/^\d+ more; --limit shows them\n$/);
  const fleet = await said('fleet');
  expect(fleet).toMatch(/^instances: +3\nup to date: +1\nwith updates: +1\n/);
  expect(fleet).toMatch(/^not reported yet: +1$/m);
  expect(fleet).toMatch(new RegExp(`^${advisory} +security +Moderate +2023-05-24 +1 `, 'm'));
  // An empty list would look as if all were well.
  expect(await said('instance', 'updates', String(silent))).toMatch(/^updates: not known/);
  for (const what of ['advisories', 'installable', 'preview --security']) {
    const ran = await place.run('instance', ...what.split(' '), String(silent), '--json');
    expect([what, ran.code, ran.stdout]).toEqual([what, 1, '']);
    expect(ran.stderr).toContain(`instance ${silent} has not said yet what is installed on it`);
  }
  const { value } = await place.json<object>('fleet');
  expect(value).toMatchObject({ instances: 3, withSecurityUpdates: 1, updates: { security: 1 } });
});

it('Without a server the same is said', { timeout: 60_000 }, async () => {
  const { said, bad, good } = await opened();
  for (const id of [bad, good]) await said('instance', 'attach', String(id), 'base');
  expect(await said('instance', 'updates', String(bad))).toContain('updates: 1 (1 security)');
  expect(await said('instance', 'list')).toMatch(new RegExp(`^${bad} +bad .* 1, 1 security$`, 'm'));
  expect(await said('cve', cve)).toContain('1 affected, 1 fixed');
  expect(await said('fleet')).toMatch(/^with security updates: +1$/m);
});

it('What is no CVE, kind or advisory is refused with what is meant', {
  timeout: 60_000,
}, async () => {
  const place = await createPlace(
    `sources: [{ label: base, upstream: "${fixture('ol8')}" }, { label: part, from: [base] }]`,
  );
  const refused: [string[], number, RegExp][] = [
    [['advisory', 'list', '--source', 'base', 'nope'], 1, /there is no source nope/],
    [['advisory', 'list', '--source', 'part'], 2, /part is no mirrored source/],
    [['cve', '2026-1'], 2, /2026-1 is no CVE/],
    [['advisory', 'list', '--kind', 'urgent'], 2, /urgent is no kind of updates/],
    [['advisory', 'show', 'ELSA-2099-1'], 1, /no mirrored source has an advisory ELSA-2099-1/],
    [['instance', 'updates', '17'], 1, /there is no instance 17/],
    [['fleet', '--group', 'none'], 1, /none/],
  ];
  for (const [args, code, reason] of refused) {
    const ran = await place.run(...args);
    expect([args.join(' '), ran.code, ran.stdout]).toEqual([args.join(' '), code, '']);
    expect(ran.stderr).toMatch(reason);
  }
});
