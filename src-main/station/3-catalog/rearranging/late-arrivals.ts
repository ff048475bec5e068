// An image that comes after its exam was divided, joined or moved: where it belongs (docs/decisions/0008-decision-memory.md
// holds here too). Inside the transaction of its arrival.
//
// It goes by itself only where the rest of its series went, whole and to one place; where device and received identity are,
// to the letter, those of what went there; where it names somebody; and for as long as decisions are remembered. It is
// said on a card, stands in the history, can be undone, and approves nothing. Where nobody can tell, a person is asked.
import type { Attributes } from '#contract/shapes/identity.ts';
import { laterBy } from '#station/kit/clock.ts';
import { newUid } from '#station/kit/ids.ts';
import type { Book } from '#station/records/index.ts';
import type { Arrival, Recorded } from '../arrival.ts';
import { receivedAttributes } from '../header-text.ts';
import { identityText, namesSomebody } from '../late-images.ts';
import type { StandingProblems } from '../standing-problems.ts';
import { readPlace, settleExam, type Place } from './places.ts';
import { carryOut } from './steps.ts';

/** Codes under which a person is asked, as a list of SQL. */
export const lateQuestions = `'late-rearranged', 'late-corrected'`;

type Room = { readonly book: Book; readonly problems: StandingProblems; readonly now: string; readonly forMs: number };

type Went = {
  readonly examId: string;
  readonly study: string;
  readonly series: string;
  readonly formerSeries: string;
  readonly kind: string;
  readonly at: string;
  readonly sourceId: string;
  readonly received: string;
};
type Stays = { readonly series: string; readonly received: string };

/** What became of it: where it was recorded, or where it followed. */
export function followLate(room: Room, recorded: Recorded, arrival: Arrival): Recorded {
  const { book, problems, now } = room;
  const { examId, objectId } = recorded;
  if (book.sql('SELECT 1 FROM uid_map WHERE formerExamId = ? LIMIT 1').get(examId) === undefined) return recorded;
  const place = readPlace(book, objectId);
  const went = readWent(book, examId, objectId);
  const corrected = place ? correctedInto(book, examId) : [];
  if (corrected.length > 0) return suggest(room, recorded, arrival, corrected);
  if (!place || went.length === 0) return recorded;
  const received = receivedAttributes(arrival.header);
  const verdict = judge(room, { place, went, stays: readStays(book, examId, objectId), received, arrival });
  if (verdict === 'stays') return recorded;
  if (verdict === 'ask') return ask(room, recorded, arrival);
  const { to, at } = verdict;
  const target = book
    .sql<{ corrected: string; approvedAt: string | null }>('SELECT corrected, approvedAt FROM exam WHERE id = ?')
    .get(to.examId);
  if (!target) return recorded;
  const { sourceId = '' } =
    book.sql<{ sourceId: string }>('SELECT sourceId FROM object WHERE id = ?').get(objectId) ?? {};
  const moves = [{ objectId, to }];
  const { id } = carryOut(book, { kind: 'late', by: arrival.source.label, now, moves });
  book
    .sql('UPDATE exam SET completeAt = max(completeAt, (SELECT completeAt FROM exam WHERE id = ?)) WHERE id = ?')
    .run(examId, to.examId);
  if (target.approvedAt !== null || target.corrected !== '{}') {
    const corrected = JSON.parse(target.corrected) as Attributes;
    const { header } = arrival;
    problems.late.arrived({ examId: to.examId, objectId, sourceId, received, corrected, header, now });
  }
  problems.raise({ examId: to.examId, objectId }, { code: 'late-followed', params: { decidedAt: at } });
  for (const one of [examId, to.examId]) {
    problems.refresh(one);
    settleExam(book, one);
  }
  const exam = target.approvedAt === null ? 'open' : 'approved';
  return { ...recorded, examId: to.examId, exam, follows: false, rearrangementId: id };
}

function ask({ book, problems }: Room, recorded: Recorded, { header }: Arrival): Recorded {
  const { examId, objectId } = recorded;
  problems.raise(
    { examId, objectId },
    { code: 'late-rearranged', params: { series: header.SeriesDescription.slice(0, 64) } },
  );
  book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
  return recorded;
}

type Corrected = { readonly targetExamId: string; readonly received: string };

/** Images of it left and were found to be somebody else's: whose, and as whom they had been received. */
function correctedInto(book: Book, examId: string): Corrected[] {
  return book
    .sql<Corrected>(
      `SELECT DISTINCT targetExamId, received FROM release_correction AS done
         JOIN uid_map ON uid_map.rearrangementId = done.rearrangementId JOIN object ON object.id = uid_map.copyOf
       WHERE done.examId = ? || '' AND targetExamId <> done.examId AND done.undoneAt IS NULL LIMIT 1000`,
    )
    .all(examId);
}

/**
 * What still comes says the former patient too. A person is asked, and where one exam has all that said the same, it is
 * that one that they are offered.
 */
function suggest(room: Room, recorded: Recorded, arrival: Arrival, corrected: readonly Corrected[]): Recorded {
  const { book, problems } = room;
  const { examId, objectId } = recorded;
  const targets = new Set(corrected.map(({ targetExamId }) => targetExamId));
  const [exam = ''] = targets;
  const identity = identityText(receivedAttributes(arrival.header));
  const isSame = corrected.some(({ received }) => identityText(JSON.parse(received) as Attributes) === identity);
  const target = book
    .sql<{ received: string; corrected: string }>(
      `SELECT received, corrected FROM exam WHERE id = ? || '' AND EXISTS (SELECT 1 FROM object WHERE examId = exam.id)`,
    )
    .get(exam);
  if (targets.size > 1 || !isSame || !target) return ask(room, recorded, arrival);
  const { PatientName = '', PatientID = '' } = {
    ...(JSON.parse(target.received) as Attributes),
    ...(JSON.parse(target.corrected) as Attributes),
  };
  const patient = [PatientName, PatientID === '' ? '' : `(${PatientID})`].filter((part) => part !== '').join(' ');
  problems.raise({ examId, objectId }, { code: 'late-corrected', params: { exam, patient } });
  book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
  return recorded;
}

type Facts = {
  readonly place: Place;
  readonly went: readonly Went[];
  readonly stays: readonly Stays[];
  readonly received: Attributes;
  readonly arrival: Arrival;
};

function judge(
  { book, now, forMs }: Room,
  { place, went, stays, received, arrival }: Facts,
): 'stays' | 'ask' | { readonly to: Place; readonly at: string } {
  const identity = identityText(received);
  const isSame = (text: string) => identityText(JSON.parse(text) as Attributes) === identity;
  const ofSeries = went.filter(({ formerSeries }) => formerSeries === place.SeriesInstanceUID);
  const restIsHere = stays.some((one) => one.series === place.SeriesInstanceUID && isSame(one.received));
  const isEmptied = stays.length === 0;
  if (ofSeries.length === 0 && !isEmptied) return 'stays';
  const alike = (ofSeries.length > 0 ? ofSeries : went).filter((one) => isSame(one.received));
  // Of a series that two patients shared, it is of the one who stayed.
  if (alike.length === 0) return restIsHere ? 'stays' : 'ask';
  const [first] = alike;
  const fits = alike.some(
    (one) =>
      isFrom(book, one.sourceId, arrival) &&
      laterBy(one.at, forMs) > now &&
      namesSomebody(received, arrival.header.StudyInstanceUID),
  );
  const exams = new Set(alike.map(({ examId }) => examId));
  const series = new Set(alike.map((one) => one.series));
  if (!first || restIsHere || !fits || exams.size > 1 || (ofSeries.length > 0 && series.size > 1)) return 'ask';
  const { examId, study, kind, at } = first;
  const SeriesInstanceUID =
    ofSeries.length > 0
      ? first.series
      : seriesFor(book, examId, kind === 'merge' ? place.SeriesInstanceUID : undefined);
  return { to: { ...place, examId, StudyInstanceUID: study, SeriesInstanceUID }, at };
}

/** Its own in a merge, unless it collides; else a new one. */
function seriesFor(book: Book, examId: string, own: string | undefined): string {
  if (own === undefined) return newUid();
  const taken = book
    .sql(
      `SELECT 1 FROM series WHERE examId = ? AND SeriesInstanceUID = ?
         AND EXISTS (SELECT 1 FROM object WHERE seriesId = series.id)`,
    )
    .get(examId, own);
  return taken === undefined ? own : newUid();
}

function isFrom(book: Book, sourceId: string, { source }: Arrival): boolean {
  const known = book
    .sql<{ kind: string; label: string; address: string | null }>(
      'SELECT kind, label, address FROM source WHERE id = ?',
    )
    .get(sourceId);
  return known?.kind === source.kind && known.label === source.label && known.address === source.address;
}

/** Where everything is now that was taken out of this exam or of its place in it; not what came back. */
function readWent(book: Book, examId: string, besides: string): Went[] {
  return book
    .sql<Went>(
      `SELECT object.examId, exam.StudyInstanceUID AS study, SeriesInstanceUID AS series, formerSeries, kind,
         rearrangement.at, object.sourceId, object.received
       FROM uid_map JOIN rearrangement ON rearrangement.id = rearrangementId JOIN object ON object.id = objectId
         JOIN exam ON exam.id = object.examId JOIN series ON series.id = object.seriesId
       WHERE formerExamId = ? || '' AND copyOf IS NULL AND undoneAt IS NULL AND objectId <> ?
         AND (object.examId <> formerExamId OR SeriesInstanceUID <> formerSeries) AND object.state <> 'rejected'
       ORDER BY uid_map.rowid DESC LIMIT 20000`,
    )
    .all(examId, besides);
}

function readStays(book: Book, examId: string, besides: string): Stays[] {
  return book
    .sql<Stays>(
      `SELECT DISTINCT SeriesInstanceUID AS series, received FROM object JOIN series ON series.id = seriesId
       WHERE object.examId = ? || '' AND object.id <> ? AND sameAs IS NULL AND state <> 'rejected'`,
    )
    .all(examId, besides);
}
