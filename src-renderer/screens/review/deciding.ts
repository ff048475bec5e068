// What is decided about the exam on screen, and what is said of it: approval, corrections of what was sent, orders, scanned
// codes, notes of devices. Whoever is to type something next is put where it is typed.
import { readTrouble, type ColumnId, type WindowState } from '#ui/state/index.ts';
import { matchingTexts, sayObjects, viewingTexts, words } from '#ui/text/index.ts';
import { openCorrecting } from './correcting.ts';

type Ports = {
  /** Puts the keys into a field of the form. */
  readonly focusField: (id: string) => void;
  /** Puts them onto the button that gives the order which is shown. */
  readonly focusGive: () => void;
};

export type Deciding = {
  next(done?: string): Promise<void>;
  approve(): Promise<void>;
  answerNote(choice: 'follow' | 'dismiss'): Promise<void>;
  give(orderId: string): Promise<void>;
  giveShown(): void;
  use(column: ColumnId): void;
  scan(code: string): Promise<void>;
};

export function openDeciding(house: WindowState, ports: Ports): Deciding {
  const { review, readerNote, keeping, place, notices, inbox, whose, released } = house;
  const correcting = openCorrecting(house);
  const text = words.review;

  /** Goes on to what needs somebody next, and says first what has been done. */
  async function next(done = ''): Promise<void> {
    const from = place.examId;
    try {
      const id = await review.nextUndecided();
      // Whoever went elsewhere meanwhile is left there.
      if (place.name !== 'review' || place.examId !== from) return;
      if (id !== undefined) return place.go('review', id);
      notices.done(`${done} ${words.review.lastOne}`.trim());
      place.go('inbox');
    } catch (thrown) {
      notices.trouble(readTrouble(thrown));
    }
  }

  let approving: Promise<string | undefined> | undefined;
  let isAsked = false;

  /**
   * One after the other: who presses again while the first press is under way means the exam that is on screen then, unless the
   * first one approved it.
   */
  async function approve(): Promise<void> {
    const from = place.examId;
    if (approving !== undefined) {
      if (isAsked) return;
      isAsked = true;
      const before = await approving.finally(() => (isAsked = false));
      if (before !== undefined || place.examId !== from) return;
    }
    approving = approveShown().finally(() => (approving = undefined));
    const done = await approving;
    if (done !== undefined && place.name === 'review' && place.examId === from) await next(done);
  }

  /** Approves what is on screen now, and nothing that comes there meanwhile. Gives what was done, if it was. */
  async function approveShown(): Promise<string | undefined> {
    if (review.full) {
      review.full = false;
      return void notices.done(viewingTexts.approveInFull);
    }
    if (released.images > 0) {
      const left = review.examId;
      const checked = await whose.pass();
      if (review.examId !== left) return undefined;
      if (checked !== 'passed') return void ports.focusField('second-identifier');
      const fault = await correcting.correct();
      if (fault !== undefined) ports.focusField(fault);
      return undefined;
    }
    const meant = review.examId;
    const isElsewhere = () => {
      if (review.examId !== meant) notices.done(text.notApproved);
      return review.examId !== meant;
    };
    await readerNote.flush();
    if (isElsewhere()) return undefined;
    const passed = await whose.pass();
    if (isElsewhere()) return undefined;
    if (passed !== 'passed') return void ports.focusField('second-identifier');
    // What was drawn a moment ago belongs to what is approved.
    const isKept = await keeping.settle();
    if (isElsewhere()) return undefined;
    if (!isKept) return void notices.trouble({ code: 'connection-lost', params: {} });
    const counts = review.exam?.counts ?? { images: 0, objects: 0 };
    const end = await review.approve();
    if (end === undefined) return void isElsewhere();
    if (end.kind === 'fault') return void ports.focusField(end.field);
    if (end.kind === 'against') {
      notices.trouble({ code: end.problem.code, params: end.problem.params });
      const [field] = review.wantedBy(end.problem);
      if (field !== undefined) ports.focusField(field);
      return undefined;
    }
    if (end.kind === 'trouble') return void notices.trouble(end.trouble);
    if (review.examId === meant) whose.settled();
    const done = text.done(sayObjects(end.leaving, counts), end.leaving, end.to);
    notices.done(done);
    inbox.list.refresh();
    return done;
  }

  async function answerNote(choice: 'follow' | 'dismiss'): Promise<void> {
    const trouble = await released.answerNote(choice);
    if (trouble !== undefined) notices.trouble(trouble);
  }

  async function give(orderId: string): Promise<void> {
    const given = await whose.give(orderId);
    if (given && whose.wanted) ports.focusField('second-identifier');
  }

  /** By one key only what is nobody else's: an order of another patient wants its button, unless its wristband was scanned. */
  function giveShown(): void {
    const { candidate } = whose;
    if (candidate === undefined || review.exam?.appliedOrder !== undefined) return;
    if (candidate.match.level !== 'against' || whose.scanned !== undefined) return void give(candidate.order.id);
    notices.done(matchingTexts.againstKey);
    ports.focusGive();
  }

  function use(column: ColumnId): void {
    const found = whose.columns.find(({ id }) => id === column);
    if (found === undefined) return;
    if (column === 'order' && review.exam?.appliedOrder === undefined) giveShown();
    else whose.take(found.values);
  }

  async function scan(code: string): Promise<void> {
    const { exam } = review;
    if (exam === undefined) return;
    // Of what has left only the patient who is typed is checked.
    if ((exam.state === 'approved' || exam.state === 'confirmed') && !(released.images > 0 && whose.wanted)) return;
    const end = await whose.scan(code);
    if (end === 'none') notices.done(matchingTexts.scannedNone(code.slice(0, 64)));
    else if (end === 'found') notices.done(matchingTexts.scanned(code.slice(0, 64)));
  }

  return { next, approve, answerNote, give, giveShown, use, scan };
}
