import { expect, it } from 'vitest';
import { until } from '../cli/headwater.ts';
import { startApp } from '../support/app.ts';
import { damages, objectPaths } from './damage.ts';
import { invented, startRepository } from './repository.ts';

/** A source that is being verified and waits for its upstream. */
async function verifying() {
  const { upstream } = await startRepository({ packages: [invented('brook')], only: ['primary'] });
  const test = await startApp([]);
  const { operations } = test.app;
  await operations.addSource({ label: 'a', upstream: upstream.url });
  await test.sync('a');
  await damages['a flipped bit']((await objectPaths(test.config.data, 'a')).document);
  upstream.fault = () => true;
  upstream.requests.length = 0;
  const done = operations.verifySource('a', { repair: true }, () => {}).catch((error) => error);
  await until(() => upstream.requests.length > 0);
  return { operations, done, upstream };
}

it('refuses to remove a source or to change its address while it is verified', async () => {
  const { operations, done } = await verifying();
  const refusal = { kind: 'conflict', message: 'source a is being verified' };
  await expect(operations.removeSource('a')).rejects.toMatchObject(refusal);
  await expect(operations.setSourceUrls('a', ['http://127.0.0.1:1/'])).rejects.toMatchObject(
    refusal,
  );
  expect(await operations.cancelSync(['a'])).toEqual([{ label: 'a', outcome: 'cancelled' }]);
  expect(await done).toMatchObject({ kind: 'cancelled' });
  await operations.removeSource('a');
});
