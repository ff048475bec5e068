// How an exam is spoken of in a line: who, what, from where. Shared by the Inbox, Review and the Outbox.
import { judgingTexts } from './judging-words.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { ApprovalForecast, ExamRow } from '#contract/shapes/exam.ts';
import type { RouteReason } from '#contract/shapes/routes.ts';
import { sayNotes, sayObjects, type Counted } from './contents-words.ts';
import { en } from './en.ts';
import { sayDate, sayName } from './formats.ts';
import { sayOrdersLeftBehind } from './order-number-words.ts';
import { sayRouteReason } from './route-words.ts';

type Known = Pick<ExamRow, 'received' | 'corrected'>;

/** What would leave: the correction, else what the device said. */
export const outgoingOf = (exam: Known, keyword: keyof Attributes): string =>
  exam.corrected[keyword] ?? exam.received[keyword] ?? '';

/** The name as it would leave, in DICOM's own writing; empty when there is none. */
export const nameOfExam = (exam: Known): string => outgoingOf(exam, 'PatientName');

/** The name as a person reads it: 'BRANDT, Ute', or that there is none. */
export const sayNameOf = (exam: Known): string => sayName(nameOfExam(exam)) || en.inbox.noName;

/** '471190' and 'born 12 Sep 1974', with words for what is missing; nothing for a birth date that is missing. */
export function sayWho(exam: Known): { readonly id: string; readonly born: string } {
  const born = outgoingOf(exam, 'PatientBirthDate');
  return {
    id: outgoingOf(exam, 'PatientID') || en.inbox.noId,
    born: born === '' ? '' : en.inbox.born(sayDate(born)),
  };
}

/** '471190, born 12 Sep 1974', with words for what is missing. */
export function sayIdentity(exam: Known): string {
  const { id, born } = sayWho(exam);
  return born === '' ? id : `${id}, ${born}`;
}

/** 'US, 12 images', 'Import, US, 3 images', with documents counted apart. */
export function sayContents(exam: Pick<ExamRow, 'modalities' | 'counts' | 'source'>): string {
  const { images, objects, undecided, accepted = 0, notes = 0 } = exam.counts;
  const documents = objects - notes - images;
  const modality = exam.modalities.join('/');
  const parts = [];
  if (images > 0 || objects === 0) parts.push(en.inbox.images('', images));
  if (documents > 0) parts.push(en.inbox.otherObjects(documents));
  if (notes > 0) parts.push(sayNotes(notes));
  if (accepted > 0 && undecided > 0)
    parts.push(judgingTexts.of(accepted, Math.max(accepted, images - exam.counts.rejected)));
  const kind = exam.source.kind === 'dicom' ? modality : en.inbox.imported(modality);
  return [kind, ...parts].filter((part) => part !== '').join(', ');
}

/** What an approval would do, in one or two sentences. */
export function sayForecast(
  forecast: {
    readonly objectsThatLeave: number;
    readonly objectsThatStay: number;
    readonly destinations: readonly {
      readonly name: string;
      readonly answers: boolean;
      readonly required: boolean;
      readonly refuses: readonly { readonly objects: number }[];
    }[];
    readonly notTo: readonly { readonly name: string; readonly because: RouteReason }[];
    readonly ordersLeftBehind?: ApprovalForecast['ordersLeftBehind'];
  },
  reasons: readonly string[],
  counts: Counted,
): string {
  const text = en.forecast;
  if (forecast.objectsThatLeave === 0) return text.nothing;
  const now = forecast.destinations.filter(({ answers }) => answers).map(({ name }) => name);
  const later = forecast.destinations.filter(({ answers }) => !answers).map(({ name }) => name);
  const leave = forecast.objectsThatLeave;
  const leaves = text.leaves(sayObjects(leave, counts), leave, now, later);
  const stays = forecast.objectsThatStay === 0 ? '' : text.stays(forecast.objectsThatStay, reasons);
  const { notTo, notToBecause, noneRequired } = en.routes;
  const others = forecast.notTo.map(({ name, because }) => notToBecause(name, sayRouteReason(because)));
  const optional = forecast.destinations.length > 0 && forecast.destinations.every(({ required }) => !required);
  const refusing = forecast.destinations
    .map(({ name, refuses }) => ({ name, objects: refuses.reduce((sum, { objects }) => sum + objects, 0) }))
    .filter(({ objects }) => objects > 0)
    .map(({ name, objects }) => en.routes.refuses(name, objects));
  const behind = sayOrdersLeftBehind(forecast.ordersLeftBehind);
  return [leaves, behind, ...refusing, stays, others.length === 0 ? '' : notTo(others), optional ? noneRequired : '']
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** Where an approved exam is. */
export function sayWhereabouts(exam: Pick<ExamRow, 'deliveries' | 'counts'>, nameOf: (id: string) => string): string {
  const open = exam.deliveries.filter(({ total, confirmed, cancelled }) => confirmed + cancelled < total);
  const done = exam.deliveries.filter((share) => share.confirmed > 0 && !open.includes(share));
  if (open.length + done.length === 0) return en.forecast.nothing;
  const names = (list: typeof done) => list.map((delivery) => nameOf(delivery.destinationId));
  const { approved, notes = 0 } = exam.counts;
  return en.forecast.left(sayObjects(approved - notes, exam.counts), approved - notes, names(done), names(open));
}
