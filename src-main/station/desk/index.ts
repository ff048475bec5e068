// The desk answers the contract. One file a subject; each answer is one call of the house and one read.
import { implement } from '@orpc/server';
import { contract } from '#contract/procedures.ts';
import type { Log } from '#station/kit/log.ts';
import { answerAfterRelease } from './after-release.ts';
import { answerConflicts } from './conflicts.ts';
import { answerDemo } from './demo.ts';
import { answerDevices } from './devices.ts';
import { answerDocuments } from './documents.ts';
import { answerExams } from './exams.ts';
import type { House } from './house.ts';
import { answerJudging } from './judging.ts';
import { answerMatching } from './matching.ts';
import { answerHl7, answerPatientOfExam } from './hl7.ts';
import { answerImports } from './imports.ts';
import { answerOrders } from './orders.ts';
import { answerNotices } from './notices.ts';
import { answerPriors } from './priors.ts';
import { answerObjects } from './objects.ts';
import { answerOutbox } from './outbox.ts';
import { answerMarkup, answerRedactions } from './presentation.ts';
import { answerHistory, answerRearranging } from './rearranging.ts';
import { answerReaderNotes } from './reader-notes.ts';
import { answerRetention } from './retention.ts';
import { answerSetup } from './setup.ts';
import { answerStation } from './station.ts';
import { answerStatistics } from './statistics.ts';
import { toWireError } from './translate.ts';

export type { DemoControls, House } from './house.ts';
export type { ErrorData } from './translate.ts';

/** The implemented contract, ready for any transport. Errors that leave it are ORPCErrors with a problem's code. */
export function openDesk(house: House, log: Log) {
  const desk = implement(contract).use(async ({ next }) => {
    try {
      return await next();
    } catch (error) {
      throw toWireError(error, log);
    }
  });
  return desk.router({
    station: answerStation(desk, house),
    setup: answerSetup(desk, house),
    devices: { ...answerDevices(desk, house), ...answerRedactions(desk, house) },
    rearranging: answerRearranging(desk, house),
    hl7: answerHl7(desk, house),
    exams: {
      ...answerExams(desk, house),
      ...answerHistory(desk, house),
      ...answerMatching(desk, house),
      ...answerReaderNotes(desk, house),
      ...answerPatientOfExam(desk, house),
    },
    objects: { ...answerObjects(desk, house), ...answerMarkup(desk, house), ...answerDocuments(desk, house) },
    orders: answerOrders(desk, house),
    afterRelease: answerAfterRelease(desk, house),
    conflicts: answerConflicts(desk, house),
    retention: answerRetention(desk, house),
    imports: answerImports(desk, house),
    notices: answerNotices(desk, house),
    statistics: answerStatistics(desk, house),
    judging: answerJudging(desk, house),
    priors: answerPriors(desk, house),
    ...answerOutbox(desk, house),
    demo: answerDemo(desk, house),
  });
}

export type DeskRouter = ReturnType<typeof openDesk>;
