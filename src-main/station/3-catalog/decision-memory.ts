// Corrections that are remembered for images that come later: one row for each source and received identity that the
// person had before them. Written inside transactions of the caller.
//
// Refuses nothing and decides nothing: who follows, and when, is said in late-images. Ended is ended: what was deleted or
// undone is never followed again, and what followed it and has not been approved waits for a person.
import type { RememberedDecision } from '#contract/shapes/devices.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import { laterBy, type Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import type { Book } from '#station/records/index.ts';
import { identityText, namesSomebody } from './late-images.ts';

export type DecisionMemory = {
  /** Remembers the corrections of an exam as they stand, in place of what was remembered. @param forMs 0 remembers nothing */
  remember(examId: string, by: string, forMs: number): void;
  /** Ends all that is remembered of an exam. Gives how many undecided objects followed it; undefined: nothing was. */
  endOf(examId: string): number | undefined;
  /** Ends one. Gives the exam, or undefined when there is none. */
  end(id: string): string | undefined;
  /** What is remembered now, newest first, at most 200. */
  list(): RememberedDecision[];
};

const mostListed = 200;
const mostSeen = 64;

type Seen = { readonly sourceId: string; readonly received: string; readonly study: string | null };

export function openDecisionMemory(book: Book, clock: Clock): DecisionMemory {
  const letGo = (condition: string, value: string): number =>
    book
      .sql(
        `UPDATE object SET rememberedId = NULL WHERE late > 0 AND state IN ('received', 'conflict')
           AND rememberedId IN (SELECT id FROM remembered WHERE ${condition} = ?) AND examId IN
           (SELECT examId FROM remembered WHERE ${condition} = ?)`,
      )
      .run(value, value).changes;
  const endOf = (examId: string): number | undefined => {
    const followed = letGo('examId', examId);
    const ended = book
      .sql('UPDATE remembered SET endedAt = ? WHERE examId = ? AND endedAt IS NULL')
      .run(clock.now(), examId).changes;
    return ended === 0 ? undefined : followed;
  };
  return {
    remember: (examId, by, forMs) => {
      endOf(examId);
      const exam = book.sql<{ corrected: string }>('SELECT corrected FROM exam WHERE id = ?').get(examId);
      if (!exam || exam.corrected === '{}' || forMs <= 0) return;
      const now = clock.now();
      const seen = book
        .sql<Seen>(
          `SELECT sourceId, received, min(json_extract(header, '$.StudyInstanceUID')) AS study FROM object
           WHERE examId = ? AND state <> 'rejected' GROUP BY sourceId, receivedKey, received LIMIT ?`,
        )
        .all(examId, mostSeen);
      const kept = new Map<string, { sourceId: string; identity: string }>();
      for (const { sourceId, received, study } of seen) {
        const attributes = JSON.parse(received) as Attributes;
        const identity = identityText(attributes);
        if (namesSomebody(attributes, study ?? '')) kept.set(`${sourceId} ${identity}`, { sourceId, identity });
      }
      for (const { sourceId, identity } of kept.values()) {
        book
          .sql(
            `INSERT INTO remembered (id, examId, sourceId, identity, by, decidedAt, expiresAt)
             VALUES (?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(newId(clock.epochMs()), examId, sourceId, identity, by, now, laterBy(now, forMs));
      }
    },
    endOf,
    end: (id) => {
      const found = book
        .sql<{ examId: string }>('SELECT examId FROM remembered WHERE id = ? AND endedAt IS NULL')
        .get(id);
      if (!found) return undefined;
      letGo('id', id);
      book.sql('UPDATE remembered SET endedAt = ? WHERE id = ?').run(clock.now(), id);
      return found.examId;
    },
    list: () =>
      book
        .sql<Omit<RememberedDecision, 'received' | 'corrected'> & { identity: string; corrected: string }>(
          `SELECT remembered.id, examId, identity, exam.corrected, source.label AS aeTitle, source.address, by, decidedAt,
             expiresAt, followed
           FROM remembered JOIN exam ON exam.id = remembered.examId JOIN source ON source.id = remembered.sourceId
           WHERE endedAt IS NULL AND expiresAt > ? ORDER BY decidedAt DESC, remembered.id LIMIT ?`,
        )
        .all(clock.now(), mostListed)
        .map(({ identity, corrected, ...row }) => {
          const [PatientID = '', , PatientName = ''] = JSON.parse(identity) as string[];
          return { ...row, received: { PatientID, PatientName }, corrected: JSON.parse(corrected) as Attributes };
        }),
  };
}
