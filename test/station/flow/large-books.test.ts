// Questions that are asked again and again, as SQLite would answer them: by an index, however much there is.
import { afterAll, expect, test } from 'vitest';
import { openDeviceNotes, unreadNotes } from '#station/4-review/index.ts';
import { readExamQuality } from '#station/quality/exam-quality.ts';
import { nextToCheck, readHints, readNextImages, readUnknownImages } from '#station/quality/image-facts.ts';
import { countAccepted, readStandingOfExam } from '#station/quality/judgements.ts';
import { linkRepeats } from '#station/quality/repeats.ts';
import { openBook, type Book } from '#station/records/index.ts';
import { systemClock } from '#station/kit/clock.ts';

const book = openBook(':memory:');
afterAll(() => book.close());

test('what is asked whenever something comes looks at its exam, not at everything', () => {
  const asked = new Set<string>();
  const listening = new Proxy(book, {
    get(target, name) {
      if (name !== 'sql') return Reflect.get(target, name) as unknown;
      return (sql: string) => {
        asked.add(sql);
        return target.sql(sql);
      };
    },
  }) as Book;
  unreadNotes(listening, 'e');
  openDeviceNotes(listening, 'e');
  readNextImages(listening, 32);
  readUnknownImages(listening, 'e', 32);
  nextToCheck(listening, 1, 'e');
  readHints(listening, 'e');
  readStandingOfExam(listening, 'e');
  countAccepted(listening, 'e');
  linkRepeats({ book: listening, clock: systemClock }, 'e');
  readExamQuality(listening, 'e', { deviation: { look: 1, act: 3 }, checksOff: [] });
  expect(asked.size).toBeGreaterThan(9);
  for (const sql of asked) expect(planOf(sql), sql).not.toMatch(/SCAN|AUTOMATIC/);
});

test('a start looks at key object selections only, not at every object', () => {
  const asked: string[] = [];
  unreadNotes({ sql: (sql: string) => (asked.push(sql), book.sql(sql)) } as unknown as Book);
  expect(asked.map(planOf).join()).toMatch(/object USING INDEX object_key_selection/);
});

function planOf(sql: string): string {
  const values = sql.match(/\?/g)?.map(() => 'x') ?? [];
  const names = [...sql.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, 'x'] as const);
  const plan = book.sql<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
  const rows = names.length > 0 ? plan.all(Object.fromEntries(names)) : plan.all(...values);
  return rows.map(({ detail }) => detail).join('\n');
}
