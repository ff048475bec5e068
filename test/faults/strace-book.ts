// Run under strace by strace.test.ts: writes a row for each word into the book, says what came of it, and dies as in a crash.
import { openBook } from '#station/records/index.ts';

const [file = '', ...ids] = process.argv.slice(2);
const book = openBook(file);
const outcomes = ids.map((id) => {
  try {
    book.transaction(() => book.sql("INSERT INTO command (id, at) VALUES (?, 'now')").run(id));
    return { id, outcome: 'well' };
  } catch (error) {
    return { id, outcome: (error as Error).message };
  }
});
const kept = book.sql<{ id: string }>('SELECT id FROM command ORDER BY id').all();
process.stdout.write(`${JSON.stringify({ outcomes, kept: kept.map(({ id }) => id) })}\n`, () => {
  process.kill(process.pid, 'SIGKILL');
});
