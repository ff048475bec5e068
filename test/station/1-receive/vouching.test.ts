// A device that asks whether we hold what it sent, and asks again before the answer to the first question was taken down.
import { expect, test } from 'vitest';
import { openVouching } from '#station/1-receive/index.ts';
import type { AssociationFacts } from '#station/dicom/network/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { openBook } from '#station/records/index.ts';

test('a question that comes again while it is being answered is answered twice', async () => {
  const book = openBook(':memory:');
  const vouching = openVouching({
    ...{ book, clock: systemClock, log: silentLog },
    termsOf: () => ({ mode: 'immediate' }),
    judge: () => Promise.resolve(0),
  });
  const association = {
    callingAeTitle: 'DEVICE',
    calledAeTitle: 'SAFELIGHT',
    address: '127.0.0.1',
  } as AssociationFacts;
  const question = { transactionUid: '2.25.1', references: [{ sopClassUid: '1.2.3', sopInstanceUid: '2.25.2' }] };
  let answers = 0;
  const answer = (): Promise<number> => {
    answers += 1;
    if (answers === 1) vouching.ask(question, association, answer);
    return Promise.resolve(0);
  };
  vouching.start();
  vouching.ask(question, association, answer);
  await expect.poll(() => answers).toBe(2);
  await expect
    .poll(() => book.sql<{ state: string }>('SELECT state FROM vouching').all())
    .toEqual([{ state: 'reported' }]);
  await vouching.close();
  book.close();
});
