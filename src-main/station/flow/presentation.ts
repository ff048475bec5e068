// What people choose and draw on pictures, from the desk to the book and into what leaves: the wiring of that part.
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type {
  Box,
  DeviceRedactions,
  KeptMarkup,
  Markup,
  MarkupsOfExam,
  PictureLimits,
} from '#contract/shapes/markup.ts';
import type { ApprovalForecast } from '#contract/shapes/exam.ts';
import type { PresentationWay, PresentationSetting } from '#contract/shapes/markup.ts';
import { openTranscoder } from '#station/dicom/codecs/index.ts';
import { hideUntaken } from '#station/4-review/index.ts';
import { openMarkupBook } from '#station/presentation/index.ts';
import { openLimits } from './picture-limits.ts';
import { forecastMade, makeWhatLeaves, type Made, type MakingRooms } from './what-is-made.ts';

export type PresentationRooms = Omit<MakingRooms, 'workFolder' | 'transcode' | 'limits'> & {
  readonly home: string;
  readonly setting: () => PresentationSetting;
  readonly refreshProblems: (examId: string) => void;
  readonly by: () => string;
  /** Called when it is durable: other windows read again what they show. */
  readonly examsChanged: (examIds: readonly string[]) => void;
};

export type PresentationFlow = {
  /** For the desk. Each throws what MarkupBook throws. */
  readonly desk: {
    read(objectId: string): KeptMarkup;
    ofExam(examId: string): MarkupsOfExam;
    /** Durable when it returns; in place of what was kept. */
    save(objectId: string, markup: Markup): KeptMarkup;
    /** `way` is that of the site when nobody says. */
    limits(objectId: string, way?: PresentationWay): Promise<PictureLimits>;
    redactions(objectId: string): DeviceRedactions;
    rememberRedactions(objectId: string, boxes: readonly Box[]): DeviceRedactions;
  };
  /** For an approval; `way` is that of the site when nobody says. See makeWhatLeaves. */
  make(examId: string, by: string, way: PresentationWay | undefined): Promise<Made>;
  /** A forecast together with what would be made. */
  withMade(forecast: ApprovalForecast, examId: string, way?: PresentationWay): Promise<ApprovalForecast>;
  /** Once at the start, when store and catalogue were compared: hides what a stop left half made. */
  start(): void;
  close(): Promise<void>;
};

export function openPresentation(rooms: PresentationRooms): PresentationFlow {
  const { book, by, examsChanged } = rooms;
  const markups = openMarkupBook(rooms);
  const folder = path.join(rooms.home, 'making');
  // What a stop left there is of no use.
  rmSync(folder, { recursive: true, force: true });
  const transcoder = openTranscoder();
  const limits = openLimits(rooms);
  const making: MakingRooms = {
    ...rooms,
    limits,
    transcode: (request) => transcoder.transcode(request),
    workFolder: () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return folder;
    },
  };
  const wayOf = (way: PresentationWay | undefined) => way ?? rooms.setting().leaves;
  return {
    make: (examId, who, way) => makeWhatLeaves(making, { examId, by: who, way: wayOf(way) }),
    withMade: async (forecast, examId, way) => {
      const made = await forecastMade(making, examId, wayOf(way));
      if (!made || made.picturesWithState + made.derived + made.onlySeen === 0) return forecast;
      return { ...forecast, made };
    },
    close: () => transcoder.close(),
    start: () => {
      book.transaction(() => {
        for (const examId of hideUntaken(book, rooms.clock.now())) rooms.refreshProblems(examId);
      });
    },
    desk: {
      read: markups.read,
      ofExam: markups.ofExam,
      save: (objectId, markup) => {
        book.transaction(() => {
          const { examId, changed } = markups.save(objectId, markup, by());
          if (!changed) return;
          book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
          book.afterCommit(() => examsChanged([examId]));
        });
        return markups.read(objectId);
      },
      limits: (objectId, way) => limits.answer(objectId, wayOf(way)),
      redactions: markups.redactionsFor,
      rememberRedactions: (objectId, boxes) => {
        book.transaction(() => void markups.rememberRedactions(objectId, boxes, by()));
        return markups.redactionsFor(objectId);
      },
    },
  };
}
