// What may be forgotten here and when: retention rules, the sweeper, and the proof that stays.
//
// Guarantees: only what every required destination has proved goes, and rejected images whose time is over; why, who vouched
// and when stay readable and searchable. See retention.ts for the rules and sweeper.ts for the order of the steps.
import type { ExamRetention, ProofPage, PurgePreview, RetentionNote } from '#contract/shapes/space.ts';
import { Problem } from '#station/kit/problem.ts';
import { readObjectDeliveries, readPurgeExam } from './facts.ts';
import { readProofs, type ProofQuery } from './proofs.ts';
import { decideRetention, proofOf, type ProofRule } from './retention.ts';
import { Sweeper, type PurgePorts, type SweepReport, type SweepWish } from './sweeper.ts';

export type { Purged, PurgePorts, SweepReport, SweepWish } from './sweeper.ts';

export type Purge = {
  /** Completes what a crash interrupted; gives how many objects. To be called before anything can arrive. */
  finish(): Promise<number>;
  /** Lets go what may go. Two sweeps follow each other. */
  sweep(wish: SweepWish): Promise<SweepReport>;
  /** Why each object of an exam stays, waits or went. @throws Problem 'not-found' */
  explain(examId: string, shortOfRoom: boolean): ExamRetention;
  /** Keeps an exam here for ever, or takes that back. Inside a transaction of the caller. @throws Problem 'not-found' */
  pin(examId: string, pinned: boolean): void;
  /** What the next sweep would let go. */
  preview(shortOfRoom: boolean): PurgePreview;
  proofs(query: ProofQuery): ProofPage;
  /** The file of an object is gone on purpose, or about to be. */
  isPurged(objectId: string): boolean;
  /** Every required destination has proved that it holds the object as it leaves now. */
  isProvedEverywhere(objectId: string): boolean;
  /** Ends after the exam at hand. */
  close(): Promise<void>;
};

const mostPreviewed = 100;
/** A preview looks at so many exams and says that there are more. */
const mostLookedThrough = 2000;

export function openPurge(ports: PurgePorts): Purge {
  const { book, clock, setting, hasProblem } = ports;
  const sweeper = new Sweeper(ports);
  return {
    finish: () => sweeper.finish(),
    sweep: (wish) => sweeper.sweep(wish),
    explain: (examId, shortOfRoom) => {
      const exam = readPurgeExam(book, examId, hasProblem);
      if (!exam) throw new Problem('not-found', { what: 'exam' });
      const notes = new Map<string, RetentionNote>();
      for (const decision of decideRetention(exam, setting(), { now: clock.now(), shortOfRoom })) {
        const { reason, destination = '', at = null } = decision;
        const day = at?.slice(0, 10) ?? '';
        const key = `${reason} ${destination} ${day}`;
        const note = notes.get(key);
        notes.set(key, note ? { ...note, objects: note.objects + 1 } : { reason, objects: 1, destination, at });
      }
      return { pinned: exam.pinned, notes: [...notes.values()] };
    },
    pin: (examId, pinned) => {
      const changed = book
        .sql('UPDATE exam SET pinned = ?, version = version + 1 WHERE id = ?')
        .run(pinned ? 1 : 0, examId);
      if (changed.changes === 0) throw new Problem('not-found', { what: 'exam' });
    },
    preview: (shortOfRoom) => {
      const exams: PurgePreview['exams'] = [];
      const total = { exams: 0, objects: 0, bytes: 0 };
      let looked = 0;
      if (setting().automatic) {
        for (const examId of sweeper.candidates(shortOfRoom)) {
          if (++looked > mostLookedThrough) break;
          const goers = sweeper.goersOf(examId, shortOfRoom);
          const [first] = goers;
          if (!first) continue;
          const sizeBytes = goers.reduce((sum, { object }) => sum + object.sizeBytes, 0);
          total.exams++;
          total.objects += goers.length;
          total.bytes += sizeBytes;
          if (exams.length < mostPreviewed)
            exams.push({ examId, ...whoseExam(examId), objects: goers.length, sizeBytes, reason: first.reason });
        }
      }
      const gone = book.sql<{ objects: number; bytes: number }>('SELECT objects, bytes FROM purge_total').get();
      return {
        exams,
        totalExams: total.exams,
        totalObjects: total.objects,
        totalBytes: total.bytes,
        more: looked > mostLookedThrough,
        purgedObjects: gone?.objects ?? 0,
        purgedBytes: gone?.bytes ?? 0,
      };
    },
    proofs: (query) => readProofs(book, query),
    isPurged: (objectId) =>
      book.sql('SELECT 1 FROM object WHERE id = ? AND purgingAt IS NOT NULL').get(objectId) !== undefined,
    isProvedEverywhere: (objectId) => {
      const rule: ProofRule = setting();
      const required = readObjectDeliveries(book, objectId).filter(({ required, current }) => required && current);
      return required.length > 0 && required.every((delivery) => proofOf(delivery, rule).kind === 'proved');
    },
    close: () => sweeper.close(),
  };

  function whoseExam(examId: string) {
    const exam = book
      .sql<{ received: string; corrected: string; StudyDate: string; modalities: string }>(
        'SELECT received, corrected, StudyDate, modalities FROM exam WHERE id = ?',
      )
      .get(examId);
    const said = { ...read(exam?.received), ...read(exam?.corrected) };
    return {
      PatientName: said['PatientName'] ?? '',
      PatientID: said['PatientID'] ?? '',
      StudyDate: exam?.StudyDate ?? '',
      modalities: JSON.parse(exam?.modalities ?? '[]') as string[],
    };
  }
}

const read = (json: string | undefined) => JSON.parse(json ?? '{}') as Readonly<Record<string, string>>;
