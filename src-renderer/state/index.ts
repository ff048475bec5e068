// What the window knows, made once and handed down by context.
import { createContext } from 'svelte';
import type { Connection } from '#ui/backend/index.ts';
import { Alerts } from './alerts.svelte.ts';
import { Comparing } from './comparing.svelte.ts';
import { Devices } from './devices.svelte.ts';
import { Documents } from './documents.svelte.ts';
import { Demo } from './demo.svelte.ts';
import { Hl7 } from './hl7.svelte.ts';
import { Imports } from './imports.svelte.ts';
import { Inbox } from './inbox.svelte.ts';
import { Judging } from './judging.svelte.ts';
import { Look } from './look.svelte.ts';
import { Markups } from './markup.svelte.ts';
import { MarkupKeeping } from './markup-keeping.svelte.ts';
import { Notices } from './notices.svelte.ts';
import { Orders } from './orders.svelte.ts';
import { Outbox } from './outbox.svelte.ts';
import { LimitsOfPictures } from './picture-limits.svelte.ts';
import { Place } from './place.svelte.ts';
import { Priors } from './priors.svelte.ts';
import { Profiles } from './profiles.svelte.ts';
import { Proof } from './proof.svelte.ts';
import { Rearranging } from './rearranging.svelte.ts';
import { Released } from './released.svelte.ts';
import { ReaderNote } from './reader-note.svelte.ts';
import { Review } from './review.svelte.ts';
import { Retention } from './retention.svelte.ts';
import { Rules } from './rules.svelte.ts';
import { Setup } from './setup.svelte.ts';
import { procedureCodeOf } from './station-lists.ts';
import { Statistics } from './statistics.svelte.ts';
import { Telling } from './telling.svelte.ts';
import { Now, Truth } from './truth.svelte.ts';
import { Whose } from './whose.svelte.ts';

export type { Errand, RearrangingEnd } from './rearranging.svelte.ts';
export { filters } from './inbox.svelte.ts';
export { looks } from './look.svelte.ts';
export { dayFromToday } from './orders.svelte.ts';
export { places, type PlaceName } from './place.svelte.ts';
export type { OutboxAction, OutboxWish, KeyedLine } from './outbox.svelte.ts';
export type { Decision, KeyedDevice } from './devices.svelte.ts';
export type { Drafted, TestState } from './setup.svelte.ts';
export * from './form.ts';
export type { ChosenFile, Trouble } from '#ui/backend/index.ts';
export { copyAddress, documentAddress, fetchSamples, videoAddress } from '#ui/backend/index.ts';
export { readTrouble, fetchFrame, thumbnailAddress, isAborted } from '#ui/backend/index.ts';
export { toneOf } from './tones.ts';
export { readShifts, writeShifts } from './shift-lines.ts';
export type { TableFile } from './statistics.svelte.ts';
export { piecesOf, type Piece } from './difference.ts';
export { patientKeywords, type ColumnId, type PatientKeyword, type PatientValues } from './whose.svelte.ts';
export { likenessOf, type Comparing, type Likeness } from './comparing.svelte.ts';
export type { Markups } from './markup.svelte.ts';
export type { LimitsOfPictures } from './picture-limits.svelte.ts';
export type { Documents, Shown } from './documents.svelte.ts';
export type { Review } from './review.svelte.ts';
export { entriesFor, findEntry, isMammogram, procedureCodeOf, saidOf, saysSideOfImage } from './station-lists.ts';
export { asEntries, linesOf, readEntries, writeEntry } from './station-list-lines.ts';
export { canKeep } from './former-value.ts';
export { tryCode } from './read-code.ts';
export { offeredReasons, readOwnReasons, writeOwnReasons } from './own-reasons.ts';
export { readTypedDate } from './typed-date.ts';
export { goesWithPatient } from './form.ts';
export { fitsCharacterSets } from './character-sets.ts';
export type { PagedRows } from './paged-rows.svelte.ts';

/** One of each. */
export function makeState(connection: Connection) {
  const review = new Review(connection);
  const whose = new Whose(connection, review);
  const setup = new Setup(connection);
  review.askForCodes((description) => procedureCodeOf(setup.draft?.lists.procedures, description));
  const comparing = new Comparing(connection, review);
  const priors = new Priors(connection, comparing);
  const judging = new Judging(connection, review);
  const markups = new Markups();
  const notices = new Notices();
  const keeping = new MarkupKeeping(connection, {
    ...{ markups, review },
    refused: (trouble) => notices.trouble(trouble),
  });
  return {
    alerts: new Alerts(connection),
    comparing,
    priors,
    demo: new Demo(connection),
    documents: new Documents(connection),
    devices: new Devices(connection, () => void setup.read()),
    hl7: new Hl7(connection),
    imports: new Imports(connection),
    inbox: new Inbox(connection),
    judging,
    limits: new LimitsOfPictures(connection, review),
    look: new Look(),
    keeping,
    markups,
    notices,
    now: new Now(),
    orders: new Orders(connection),
    outbox: new Outbox(connection),
    place: new Place((examId) => {
      review.open(examId);
      keeping.open(examId);
      whose.open(examId);
      judging.open(examId);
      priors.look(examId);
    }),
    retention: new Retention(connection),
    profiles: new Profiles(connection),
    statistics: new Statistics(connection),
    telling: new Telling(connection),
    proof: new Proof(connection),
    rearranging: new Rearranging(connection, review),
    released: new Released(connection, review),
    readerNote: new ReaderNote(connection),
    review,
    rules: new Rules(connection),
    setup,
    truth: new Truth(connection),
    whose,
  };
}

export type WindowState = ReturnType<typeof makeState>;

export const [useWindow, provideWindow] = createContext<WindowState>();
