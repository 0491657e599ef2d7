import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { expect, test } from 'vitest';
import { ada, append, change, creation, openTestLog, post } from './open-test-log.ts';

describeEachDatabase('what is meant for a room that is no more', (databases) => {
  test('is not written to the one that was made under its name', async () => {
    const { log } = await openTestLog(await databases.create());
    const epoch = (await log.openRoom('lobby', creation))?.epoch;
    await append(log, post('lobby', 'before', { epoch }));
    await log.directory.delete('lobby', { by: ada, decide: () => {} });
    await log.openRoom('lobby', creation);
    await append(log, post('lobby', 'first'));
    const results = await log.append([
      post('lobby', 'late', { epoch, key: 'k' }),
      change('lobby', 1, 'late', { epoch, any: true }),
      change('lobby', 1, null, { epoch, any: true }),
      post('lobby', 'second', { key: 'k' }),
    ]);
    expect(results).toMatchObject([{ code: 'NOT_FOUND' }, { code: 'NOT_FOUND' }, { code: 'NOT_FOUND' }, { seq: 2 }]);
    expect((await log.read('lobby', 1, 10)).entries).toMatchObject([{ text: 'first' }, { text: 'second' }]);
  });
});
