// Figures of the weeks before: what devices that do not exist sent, and what people who do not exist judged of it, so that
// Statistics has something to show on the first day. Written into the book of a new home, and into no other one.
//
// The images behind these figures are gone, as after a purge. The same day always has the same figures.
import { mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { localDay } from '#station/kit/local-time.ts';
import { newId } from '#station/kit/ids.ts';
import { openBook, type Book } from '#station/records/index.ts';

const days = 45;
const dayMs = 86_400_000;

const devices = [
  { label: 'DX_ROOM1', Modality: 'DX', parts: ['CHEST', 'CHEST', 'KNEE', 'HAND', 'PELVIS'], aDay: 14 },
  { label: 'CR_READER', Modality: 'CR', parts: ['CHEST', 'LSPINE', 'SKULL', 'KNEE'], aDay: 8 },
] as const;
const people = ['Anna Weber', 'Jonas Lind', 'Mina Sato'] as const;
/** Positioning most, as everywhere; codes of contract/shapes/reject-reasons.ts. */
const reasons = ['111209', '111209', '111209', '111210', '111212', '111211', '111207'] as const;

/** True when it was written; a home that has a book already stays as it is. @param now figures are for the days before it */
export async function writeDemoHistory(home: string, now: Date): Promise<boolean> {
  const file = path.join(home, 'catalog.db');
  if (existsSync(file)) return false;
  await mkdir(home, { recursive: true });
  const book = openBook(file, { journal: path.join(home, 'journal') });
  try {
    book.transaction(() => writeDays(book, now));
  } finally {
    book.close();
  }
  return true;
}

function writeDays(book: Book, now: Date): void {
  const random = numbersFrom(7);
  for (const { label, Modality, parts, aDay } of devices) {
    const sourceId = newId();
    book
      .sql(`INSERT INTO source (id, kind, label, address, firstSeenAt, lastSeenAt) VALUES (?, 'dicom', ?, ?, ?, ?)`)
      .run(sourceId, label, '127.0.0.1', new Date(now.getTime() - days * dayMs).toISOString(), now.toISOString());
    let sent = 0;
    for (let before = days; before > 0; before--) {
      const date = new Date(now.getTime() - before * dayMs);
      const isWeekend = date.getDay() === 0 || date.getDay() === 6;
      const images = isWeekend ? random(3) : aDay - 3 + random(7);
      sent += images;
      for (let n = 0; n < images; n++) {
        // Most of a day's work is before noon, some of it at night.
        date.setHours(random(12) === 0 ? random(24) : 7 + random(6) + random(5), random(60), 0, 0);
        writeImage(book, { sourceId, label, Modality, part: pick(parts, random), at: date }, random);
      }
    }
    book.sql('UPDATE source SET objects = ? WHERE id = ?').run(sent, sourceId);
  }
}

type Image = {
  readonly sourceId: string;
  readonly label: string;
  readonly Modality: string;
  readonly part: string;
  readonly at: Date;
};

function writeImage(book: Book, { sourceId, label, Modality, part, at }: Image, random: (below: number) => number) {
  const objectId = newId(at.getTime());
  const day = localDay(at);
  // Around 0, seldom far from it.
  const deviation = (random(31) + random(31) + random(31) - 45) / 10;
  book
    .sql(
      `INSERT INTO image_fact (objectId, sourceId, arrivedAt, day, hour, Modality, BodyPartExamined, ViewPosition,
         ImageLaterality, OperatorsName, StationName, deviation) VALUES (?, ?, ?, ?, ?, ?, ?, '', '', '', '', ?)`,
    )
    .run(objectId, sourceId, at.toISOString(), day, at.getHours(), Modality, part, deviation);
  const draw = random(100);
  const verdict = draw < 5 ? 'repeated' : draw < 9 ? 'rejected' : 'accepted';
  book
    .sql(
      `INSERT INTO judgement (id, objectId, examId, verdict, reason, technologist, at, timeZone, day, hour, sourceId,
         deviceKind, deviceLabel, deviceAddress, Modality, BodyPartExamined, DeviationIndex)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'dicom', ?, '127.0.0.1', ?, ?, ?)`,
    )
    .run(
      ...[newId(at.getTime()), objectId, newId(at.getTime()), verdict],
      ...[verdict === 'accepted' ? '' : pick(reasons, random), pick(people, random), at.toISOString()],
      ...[Intl.DateTimeFormat().resolvedOptions().timeZone, day, at.getHours(), sourceId, label, Modality, part],
      deviation,
    );
}

const pick = <T>(from: readonly T[], random: (below: number) => number): T => from[random(from.length)] as T;

/** Numbers that look like chance and are the same each time. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
