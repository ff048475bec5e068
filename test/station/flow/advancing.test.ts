// Work whose every step is a row is gone on with whenever somebody says so, also in the moment in which a run ends.
import { expect, test } from 'vitest';
import { openAdvancing } from '#station/flow/advancing.ts';

test('what is told of in any moment of a run is looked at, the moment in which it ends included', async () => {
  for (let moment = 0; moment < 12; moment++) {
    const todo: string[] = ['first'];
    const done: string[] = [];
    let told: Promise<void> | undefined;
    const advancing = openAdvancing({
      open: () => todo.splice(0),
      goOn: async (one) => {
        done.push(one);
        told ??= (async () => {
          for (let turn = 0; turn < moment; turn++) await Promise.resolve();
          todo.push('second');
          advancing.advance();
        })();
      },
      onFailed: () => undefined,
    });
    advancing.advance();
    await advancing.settled();
    await told;
    await advancing.settled();
    expect([moment, done]).toEqual([moment, ['first', 'second']]);
    await advancing.close();
  }
});

test('a book that cannot be read for a moment is told of, and stops nothing for good', async () => {
  const failed: unknown[] = [];
  let isBroken = true;
  const done: string[] = [];
  const advancing = openAdvancing({
    open: () => {
      if (isBroken) throw new Error('cannot be read');
      return ['one'];
    },
    goOn: async (one) => done.push(one),
    onFailed: (error) => void failed.push(error),
  });
  advancing.advance();
  await advancing.settled();
  isBroken = false;
  advancing.advance();
  await advancing.settled();
  expect([failed.length, done]).toEqual([1, ['one']]);
  await advancing.close();
});
