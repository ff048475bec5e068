// The trail: added to, read back, and never changed without a trace.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAudit, type Audit } from '#station/audit/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { openBook, type Book } from '#station/records/index.ts';

let book: Book;
let audit: Audit;
beforeEach(() => {
  book = openBook(':memory:');
  audit = openAudit({ book, clock: systemClock });
  for (let i = 0; i < 50; i++) {
    const exam = i % 2 === 0 ? 'exam-a' : 'exam-b';
    audit.append({ by: 'Kim', action: 'exam-corrected', examId: exam, objectId: `o${i}`, params: { keyword: 'k', i } });
  }
});
afterEach(() => book.close());

test('the history of an exam comes back in order, with who and when', () => {
  const history = audit.historyOf('exam-b');
  expect(history.map(({ params }) => params['i'])).toEqual(Array.from({ length: 25 }, (_, i) => 2 * i + 1));
  expect(history[0]).toMatchObject({ by: 'Kim', action: 'exam-corrected' });
  expect(audit.historyOf('nobody')).toEqual([]);
});

test('an entry is gone when what it tells about did not happen', async () => {
  expect(() =>
    book.transaction(() => {
      audit.append({ by: 'Kim', action: 'exam-approved', examId: 'exam-c' });
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(audit.historyOf('exam-c')).toEqual([]);
  expect(await audit.verifyChain()).toMatchObject({ kind: 'whole', entries: 50 });
});

test('a thousand ways to tamper with the trail are all found', async () => {
  const changes = ['at', 'by', 'action', 'examId', 'objectId', 'params', 'previousSha256', 'sha256'];
  const steps: string[] = [];
  for (let number = 1; number <= 50; number++) {
    for (const column of changes) steps.push(`UPDATE audit_entry SET ${column} = 'x' WHERE number = ${number}`);
    for (const column of changes) {
      steps.push(`UPDATE audit_entry SET ${column} = substr(${column}, 2) WHERE number = ${number}`);
    }
    steps.push(`UPDATE audit_entry SET number = number + 1000 WHERE number = ${number}`);
    steps.push(`UPDATE audit_entry SET examId = NULL WHERE number = ${number}`);
    if (number < 50) {
      steps.push(`DELETE FROM audit_entry WHERE number = ${number}`);
      steps.push(`UPDATE audit_entry SET params = (SELECT params FROM audit_entry WHERE number = ${number + 1})
        WHERE number = ${number}`);
    }
  }
  expect(steps.length).toBeGreaterThanOrEqual(980);
  let missed = 0;
  for (const step of steps) {
    book.sql('SAVEPOINT tampering').run();
    book.sql(step).run();
    if ((await audit.verifyChain()).kind === 'whole') missed++;
    book.sql('ROLLBACK TO tampering').run();
    book.sql('RELEASE tampering').run();
  }
  expect(missed).toBe(0);
  expect(await audit.verifyChain()).toMatchObject({ kind: 'whole', entries: 50 });
});

test('entries cut off at the end show against a head that was kept elsewhere', async () => {
  const before = await audit.verifyChain();
  book.sql('DELETE FROM audit_entry WHERE number > 40').run();
  const after = await audit.verifyChain();
  expect(after.kind).toBe('whole');
  expect(after).not.toEqual(before);
});
