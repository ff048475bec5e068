// What the book sums up of the outbox is what a count of every delivery gives, whatever moved.
import { expect, test } from 'vitest';
import type { Claim, Settled } from '#station/5-forward/claim.ts';
import { Outbox } from '#station/5-forward/outbox.ts';
import type { DeliveryMove } from '#station/5-forward/ports.ts';
import { systemClock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { openBook, type Book } from '#station/records/index.ts';
import { migrations } from '#station/records/migrations/index.ts';
import { randomFrom } from '../../faults/random.ts';

const at = (n: number) => new Date(Date.parse('2026-11-23T08:00:00.000Z') + n * 1000).toISOString();
const states = ['ready', 'sending', 'backoff', 'sent', 'commit-requested', 'committed', 'blocked', 'held', 'cancelled'];

function fill(book: Book, deliveries: { id: string }[]): void {
  book.sql(`INSERT INTO source (id, kind, label, firstSeenAt, lastSeenAt) VALUES ('s', 'dicom', 'CT', '', '')`).run();
  book.sql(`INSERT INTO patient VALUES ('p', '', '', '', '', '')`).run();
  for (const id of ['archive', 'cache'])
    book.sql(`INSERT INTO destination (id, setting, since) VALUES (?, '{}', '')`).run(id);
  for (let exam = 0; exam < 6; exam++) {
    book
      .sql(
        `INSERT INTO exam (id, StudyInstanceUID, patientId, sourceId, received, firstArrivedAt, lastArrivedAt, completeAt)
         VALUES (?, ?, 'p', 's', '{}', '', '', '')`,
      )
      .run(`e${exam}`, `1.2.${exam}`);
    book.sql(`INSERT INTO series VALUES (?, ?, '1', '', '', '')`).run(`r${exam}`, `e${exam}`);
    for (let n = 0; n < 4; n++) {
      const object = newId();
      book
        .sql(
          `INSERT INTO object (id, examId, seriesId, sourceId, patientId, SOPInstanceUID, SOPClassUID, TransferSyntaxUID,
             InstanceNumber, state, file, sizeBytes, dataSetOffset, dataSetSha256, header, received, arrivedAt)
           VALUES (?, ?, ?, 's', 'p', ?, '', '', '', 'approved', ?, 1, 0, '', '{}', '{}', '')`,
        )
        .run(object, `e${exam}`, `r${exam}`, `1.${exam}.${n}`, object);
      book
        .sql(
          `INSERT INTO revision (id, objectId, number, SOPInstanceUID, SOPClassUID, TransferSyntaxUID, sizeBytes, dataSetOffset,
             dataSetSha256, attributes, verifiedAt, createdAt, by) VALUES (?, ?, 1, '', '', '', ?, 0, '', '{}', '', '', '')`,
        )
        .run(object, object, 100 + n);
      for (const destination of ['archive', 'cache']) {
        const id = newId();
        book
          .sql(
            `INSERT INTO delivery (id, examId, objectId, revisionId, destinationId, required, state, createdAt)
             VALUES (?, ?, ?, ?, ?, 1, 'ready', ?)`,
          )
          .run(id, `e${exam}`, object, object, destination, at(exam));
        deliveries.push({ id });
      }
    }
  }
}

function kept(book: Book) {
  return {
    stages: book
      .sql('SELECT destinationId, stage, deliveries, exams FROM destination_count WHERE deliveries > 0 ORDER BY 1, 2')
      .all(),
    exams: book.sql('SELECT examId, at, open, waiting FROM outbox_exam ORDER BY examId').all(),
    sums: book.sql('SELECT exams, open, waiting FROM outbox_sum').get(),
    waiting: book
      .sql('SELECT examId, destinationId, priority, deliveries, bytes FROM exam_waiting ORDER BY 1, 2, 3')
      .all(),
    bytes: book.sql('SELECT destinationId, bytes FROM waiting_bytes WHERE bytes > 0 ORDER BY 1').all(),
    proved: book
      .sql('SELECT destinationId, minute, deliveries FROM proved_minute WHERE deliveries > 0 ORDER BY 1, 2')
      .all(),
  };
}

function counted(book: Book) {
  const perExam = `SELECT delivery.examId AS examId, max(exam.approvedAt) AS at,
      sum(delivery.stage NOT IN ('confirmed', 'cancelled')) AS open,
      max(coalesce((SELECT max(n) FROM (SELECT count(*) AS n FROM delivery inner_one
        WHERE inner_one.examId = delivery.examId AND inner_one.stage = 'waiting' GROUP BY destinationId)), 0)) AS waiting
    FROM delivery JOIN exam ON exam.id = delivery.examId GROUP BY delivery.examId`;
  return {
    stages: book
      .sql(
        'SELECT destinationId, stage, count(*) AS deliveries, count(DISTINCT examId) AS exams FROM delivery GROUP BY 1, 2 ORDER BY 1, 2',
      )
      .all(),
    exams: book.sql(`${perExam} ORDER BY examId`).all(),
    sums: book
      .sql(
        `SELECT sum(at IS NOT NULL) AS exams, sum(at IS NOT NULL AND open > 0) AS open, sum(waiting) AS waiting FROM (${perExam})`,
      )
      .get(),
    waiting: book
      .sql(
        `SELECT delivery.examId AS examId, destinationId, priority, count(*) AS deliveries, sum(sizeBytes) AS bytes FROM delivery
         JOIN revision ON revision.id = revisionId WHERE stage = 'waiting' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
      )
      .all(),
    bytes: book
      .sql(
        `SELECT destinationId, sum(sizeBytes) AS bytes FROM delivery JOIN revision ON revision.id = revisionId
         WHERE stage = 'waiting' GROUP BY 1 ORDER BY 1`,
      )
      .all(),
    proved: book
      .sql(
        `SELECT destinationId, substr(confirmedAt, 1, 16) AS minute, count(*) AS deliveries FROM delivery
         WHERE confirmedAt IS NOT NULL AND confirmedBy = 'query' GROUP BY 1, 2 ORDER BY 1, 2`,
      )
      .all(),
  };
}

test('sums follow every move, priority and proof', () => {
  const book = openBook(':memory:');
  const deliveries: { id: string }[] = [];
  fill(book, deliveries);
  expect(kept(book)).toEqual(counted(book));
  const random = randomFrom(11);
  for (let step = 0; step < 600; step++) {
    const id = random.pick(deliveries)?.id ?? '';
    const what = random.below(10);
    if (what === 0) book.sql('UPDATE delivery SET priority = ? WHERE id = ?').run(random.below(4), id);
    else if (what === 1) book.sql('UPDATE exam SET approvedAt = ? WHERE id = ?').run(at(step), `e${random.below(6)}`);
    else {
      const state = random.pick(states) ?? 'ready';
      const proof = state === 'committed' ? at(step) : null;
      book
        .sql('UPDATE delivery SET state = ?, confirmedAt = ?, confirmedBy = ?, sentAt = ? WHERE id = ?')
        .run(state, proof, proof === null ? null : (random.pick(['query', 'none']) ?? 'query'), proof, id);
    }
    if (step % 50 === 0) expect(kept(book)).toEqual(counted(book));
  }
  expect(kept(book)).toEqual(counted(book));
  const sent = book.sql<{ n: number }>(`SELECT sum(value) AS n FROM outbox_total WHERE name = 'sent-objects'`).get();
  expect(sent?.n).toBeGreaterThan(10);
  book.close();
});

/** What only grows, counted anew. */
const grown = (book: Book) =>
  book
    .sql(
      `SELECT destinationId, 'sent-bytes' AS name, sum(sizeBytes) AS value FROM delivery JOIN revision ON revision.id = revisionId
         WHERE sentAt IS NOT NULL GROUP BY 1
       UNION ALL SELECT destinationId, 'sent-objects', count(*) FROM delivery WHERE sentAt IS NOT NULL GROUP BY 1
       UNION ALL SELECT destinationId, 'attempts:' || outcome, count(*) FROM attempt JOIN delivery ON delivery.id = deliveryId
         WHERE outcome <> 'underway' GROUP BY 1, 2 ORDER BY 1, 2`,
    )
    .all();

test('sums follow what is settled together as they follow single moves', () => {
  const book = openBook(':memory:');
  fill(book, []);
  book.sql(`UPDATE delivery SET required = rowid % 3 > 0, priority = rowid % 2`).run();
  book.sql(`UPDATE exam SET approvedAt = '2026-11-23T08:00:00.000Z'`).run();
  const moved: DeliveryMove[] = [];
  const ports = {
    openRevision: () => Promise.reject(new Error()),
    onMoved: (moves: readonly DeliveryMove[]) => void moved.push(...moves),
  };
  const outbox = new Outbox({ book, clock: systemClock, ports });
  const random = randomFrom(5);
  const wish = { mostObjects: 7, mostBytes: 1e6, allowed: [0, 1, 2, 3], sharedBy: 1, fits: () => 'yes' as const };
  const became = (claim: Claim): Settled => {
    const taken = random.below(8) > 0;
    const ended = taken ? (['stored', 'sent'] as const) : (['failed', 'object-refused'] as const);
    return {
      ...{
        claim,
        event: ended[0],
        outcome: ended[1],
        answer: { key: taken ? 'stored' : 'class-not-accepted', params: {} },
      },
      ...{ unknownAttempts: 0, nextInMs: taken ? 1000 : 0, needsNoProof: claim.destinationId === 'cache' },
    };
  };
  for (let step = 0; step < 30; step++) {
    for (const id of ['archive', 'cache']) {
      outbox.promote(id, true);
      const { claims } = outbox.settleAndClaim(id, [], wish).result;
      // One was taken back by somebody while it was under way: it stays as it is, and what was said of it is kept.
      const [first] = claims;
      if (step === 1 && first) book.sql(`UPDATE delivery SET state = 'cancelled' WHERE id = ?`).run(first.deliveryId);
      outbox.settleAndClaim(id, claims.map(became), null);
      expect(kept(book)).toEqual(counted(book));
    }
  }
  expect(book.sql('SELECT destinationId, name, value FROM outbox_total ORDER BY 1, 2').all()).toEqual(grown(book));
  const open = "sum(required = 1 AND stage NOT IN ('confirmed', 'cancelled'))";
  expect(book.sql('SELECT id, openDeliveries FROM exam ORDER BY id').all()).toEqual(
    book.sql(`SELECT examId AS id, ${open} AS openDeliveries FROM delivery GROUP BY examId ORDER BY examId`).all(),
  );
  expect(moved.filter(({ to }) => to === 'sent')).toHaveLength(46);
  expect(book.sql('SELECT held FROM counting').get()).toEqual({ held: 0 });
  book.close();
});

test('what an earlier program left is summed up once', () => {
  const book = openBook(':memory:');
  fill(book, []);
  book.sql(`UPDATE exam SET approvedAt = '2026-11-23T08:00:00.000Z'`).run();
  const tables = [
    'outbox_exam',
    'outbox_sum',
    'destination_count',
    'exam_waiting',
    'waiting_bytes',
    'outbox_total',
    'proved_minute',
    'alert',
  ];
  const step = migrations.find((each) => each.includes('CREATE TABLE outbox_sum')) ?? '';
  const before = kept(book);
  const triggers = book
    .sql<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'trigger'`)
    .all()
    .map(({ name }) => name)
    .filter((name) => step.includes(`CREATE TRIGGER ${name} `));
  for (const name of triggers) book.sql(`DROP TRIGGER ${name}`).run();
  for (const name of tables) book.sql(`DROP TABLE ${name}`).run();
  for (const name of ['delivery_next_of_exam', 'delivery_proof_of_exam', 'delivery_answer_of_exam'])
    book.sql(`DROP INDEX ${name}`).run();
  for (const statement of step.split(/;\n(?=CREATE|INSERT|UPDATE|--|\n)/))
    if (/\S/.test(statement.replace(/^\s*--.*$/gm, ''))) book.sql(statement).run();
  expect(kept(book)).toEqual(before);
  book.close();
});
