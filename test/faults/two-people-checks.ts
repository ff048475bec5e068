// What holds after any moment in which several people did something: read from the book, from what leaves and from what came
// to the archive. Each breach is a sentence.
import Database from 'better-sqlite3';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { Arrived } from '../crash/whole-house/archive.ts';
import type { Picture } from '../crash/whole-house/people.ts';
import { readTexts } from '../station/4-review/read-texts.ts';

/** What somebody said who was told that it is done. */
export type Said = {
  /** Id of an exam or of an object. */
  readonly of: string;
  readonly place: 'exam' | 'exam-note' | 'side';
  readonly value: string;
};

type Around = {
  readonly book: string;
  readonly acknowledged: readonly Picture[];
  readonly arrived: readonly Arrived[];
  readonly said: readonly Said[];
  bytesOf(objectId: string): Promise<Buffer>;
  read(examId: string): Promise<unknown>;
};

type Leaving = {
  readonly id: string;
  readonly examId: string;
  readonly revisionId: string;
  readonly received: string;
  readonly corrected: string;
};

const tags = { PatientID: '00100020', PatientName: '00100010', AccessionNumber: '00080050' } as const;

export async function lookAround(around: Around): Promise<string[]> {
  const book = new Database(around.book, { readonly: true, fileMustExist: true });
  const rows = <T>(sql: string, ...values: readonly (string | number)[]) => book.prepare(sql).all(...values) as T[];
  try {
    const left = await findWronglyLeaving(rows, around);
    const unsaid = await findUnsaid(rows, around);
    return [...findLost(rows, around), ...findWrongDeliveries(rows), ...findWrongCounts(rows), ...left, ...unsaid];
  } finally {
    book.close();
  }
}

type Rows = <T>(sql: string, ...values: readonly (string | number)[]) => T[];

/** Each image is in one exam, once; what came to the archive was approved as it came. */
function findLost(rows: Rows, { acknowledged, arrived }: Around): string[] {
  const words: string[] = [];
  for (const { SOPInstanceUID, sha256 } of acknowledged) {
    const own = rows(
      `SELECT 1 FROM object WHERE dataSetSha256 = ? AND sameAs IS NULL
         AND id NOT IN (SELECT objectId FROM uid_map WHERE copyOf IS NOT NULL)`,
      sha256,
    );
    if (own.length !== 1) words.push(`${SOPInstanceUID} is here ${own.length} times`);
  }
  for (const { SOPInstanceUID, sha256 } of arrived) {
    const approved = rows(
      'SELECT 1 FROM revision WHERE SOPInstanceUID = ? AND dataSetSha256 = ?',
      SOPInstanceUID,
      sha256,
    );
    if (approved.length === 0) words.push(`${SOPInstanceUID} came to the archive as nobody approved it`);
  }
  return words;
}

/** What waits to leave is what counts now. */
function findWrongDeliveries(rows: Rows): string[] {
  return rows<{ id: string; state: string; is: string }>(
    `SELECT delivery.id, delivery.state, object.state AS "is" FROM delivery JOIN object ON object.id = delivery.objectId
     WHERE delivery.state IN ('ready', 'backoff', 'held')
       AND (object.state <> 'approved' OR delivery.revisionId IS NOT object.revisionId)`,
  ).map(({ id, state, is }) => `delivery ${id} is ${state} of an object that is ${is}, or of a former revision`);
}

function findWrongCounts(rows: Rows): string[] {
  const counted = `SELECT exam.id, exam.objects, undecided, approved, exam.rejected,
      (SELECT count(*) FROM object WHERE examId = exam.id AND sameAs IS NULL) AS isObjects,
      (SELECT count(*) FROM object WHERE examId = exam.id AND sameAs IS NULL AND state = 'received') AS isUndecided,
      (SELECT count(*) FROM object WHERE examId = exam.id AND sameAs IS NULL AND state = 'approved') AS isApproved,
      (SELECT count(*) FROM delivery WHERE examId = exam.id AND state NOT IN ('committed', 'cancelled')) AS isOpen,
      openDeliveries AS "open"
    FROM exam`;
  return rows<Readonly<Record<string, number | string>>>(counted).flatMap((row) =>
    (
      [
        ['undecided', 'isUndecided'],
        ['approved', 'isApproved'],
        ['open', 'isOpen'],
      ] as const
    )
      .filter(([said, is]) => row[said] !== row[is])
      .map(([said, is]) => `exam ${row['id']} counts ${row[said]} ${said} of ${row[is]}`),
  );
}

/** What is approved says of its patient, order and side what the screen says of it. */
async function findWronglyLeaving(rows: Rows, { bytesOf }: Around): Promise<string[]> {
  const leaving = rows<Leaving>(
    `SELECT object.id, examId, revisionId, object.received, exam.corrected FROM object JOIN exam ON exam.id = examId
     WHERE object.state = 'approved' AND sameAs IS NULL
       AND NOT EXISTS (SELECT 1 FROM rejection_note WHERE rejection_note.SOPInstanceUID = object.SOPInstanceUID)
       AND NOT EXISTS (SELECT 1 FROM made_object WHERE objectId = object.id)`,
  );
  const words: string[] = [];
  for (const { id, examId, received, corrected } of leaving) {
    const shown: Attributes = { ...(JSON.parse(received) as Attributes), ...(JSON.parse(corrected) as Attributes) };
    const texts = await readTexts(await bytesOf(id));
    for (const [keyword, tag] of Object.entries(tags)) {
      const [is = '', should = ''] = [texts[tag], shown[keyword as keyof typeof tags]];
      if (is !== should) words.push(`object ${id} of exam ${examId} leaves with ${keyword} ${is}, shown is ${should}`);
    }
    const side = sideOf(rows, id);
    if (side !== undefined && (texts['00200062'] ?? '') !== side)
      words.push(`object ${id} leaves with side ${texts['00200062'] ?? 'none'}, shown is ${side}`);
  }
  return words;
}

function sideOf(rows: Rows, objectId: string): string | undefined {
  const said = rows<{ attributes: string }>(
    'SELECT attributes FROM object_correction WHERE objectId = ? ORDER BY rowid',
    objectId,
  ).map(({ attributes }) => (JSON.parse(attributes) as { ImageLaterality?: string | null }).ImageLaterality);
  return said.findLast((one) => one !== undefined) ?? undefined;
}

/** Where somebody was told that it is done, it stands, or what somebody else said who was told so too. */
async function findUnsaid(rows: Rows, { said, read }: Around): Promise<string[]> {
  const words: string[] = [];
  for (const [where, all] of Map.groupBy(said, ({ of, place }) => `${place} ${of}`)) {
    const [{ of, place } = { of: '', place: 'exam' as const }] = all;
    const stands = await standsAt(rows, read, of, place);
    if (stands !== undefined && !all.some(({ value }) => value === stands))
      words.push(`${where} is ${stands}; said and done was ${all.map(({ value }) => value).join(' or ')}`);
  }
  return words;
}

async function standsAt(rows: Rows, read: Around['read'], of: string, place: Said['place']) {
  if (place === 'side') return sideOf(rows, of) ?? 'none';
  if (place === 'exam-note') return rows<{ text: string }>('SELECT text FROM exam_note WHERE examId = ?', of)[0]?.text;
  const exam = (await read(of)) as { readonly corrected: Attributes; readonly received: Attributes };
  return exam.corrected.AccessionNumber ?? exam.received.AccessionNumber;
}
