// Who is told of a commit and fails over it takes nothing back: what is durable is done.
import { expect, test } from 'vitest';
import { openBook } from '#station/records/index.ts';

const failing = new Error('told in vain');

test('a transaction that is durable is done, whatever becomes of those who are told of it, and each of them is told', () => {
  const failed: unknown[] = [];
  const book = openBook(':memory:', { onTellingFailed: (error) => void failed.push(error) });
  const told: number[] = [];
  const done = book.transaction(() => {
    book.afterCommit(() => {
      throw failing;
    });
    book.afterCommit(() => void told.push(2));
    return 'done';
  });
  expect([done, told, failed]).toEqual(['done', [2], [failing]]);
  book.close();
});

test('the same where the sync is shared', async () => {
  const failed: unknown[] = [];
  const book = openBook(':memory:', { onTellingFailed: (error) => void failed.push(error) });
  const { durable } = book.transactionSoon(() =>
    book.afterCommit(() => {
      throw failing;
    }),
  );
  await durable;
  expect(failed).toEqual([failing]);
  book.close();
});
