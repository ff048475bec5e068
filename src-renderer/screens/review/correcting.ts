// What has been sent is corrected, from the form or by saying which exam it belongs to: says what was done, offers the way
// back for as long as nobody has been told, and goes to where the corrected images wait.
import { keyOf } from '#ui/commands/index.ts';
import type { FieldId, WindowState } from '#ui/state/index.ts';
import { afterReleaseWords, rearrangingTexts, sayRearranged } from '#ui/text/index.ts';

type Rooms = Pick<WindowState, 'released' | 'rearranging' | 'review' | 'notices' | 'inbox' | 'place' | 'truth'>;

type End = Awaited<ReturnType<WindowState['released']['correct']>>;

export type Correcting = {
  /** By what is typed; the field that is at fault, if one is. */
  correct(): Promise<FieldId | undefined>;
  give(toExamId: string, objectIds: readonly string[]): Promise<void>;
};

export function openCorrecting({ released, rearranging, review, notices, inbox, place, truth }: Rooms): Correcting {
  async function takeBack(rearrangementId: string, examId: string): Promise<void> {
    const end = await rearranging.undo(rearrangementId);
    if (end?.kind === 'trouble') return notices.trouble(end.trouble);
    if (end?.kind !== 'done') return;
    notices.done(sayRearranged(end.answer, true));
    inbox.list.refresh();
    if (place.name === 'review' && place.examId !== examId) place.go('review', examId);
    else await review.lookAgain();
  }

  async function tell(end: End, from: string): Promise<FieldId | undefined> {
    if (end.kind === 'fault') return end.field;
    if (end.kind === 'trouble') notices.trouble(end.trouble);
    if (end.kind !== 'done') return undefined;
    const { answer } = end;
    const wayBack = await released.wayBack(answer).catch(() => undefined);
    const said = afterReleaseWords.done(answer, (id) => truth.nameOf(id));
    if (wayBack === undefined) notices.done(said);
    else {
      const undo = () => void takeBack(wayBack, from);
      notices.done(said, { words: rearrangingTexts.undo, keys: keyOf('undo-rearranging'), do: undo });
    }
    inbox.list.refresh();
    if (place.name === 'review' && place.examId === from && answer.examId !== from) place.go('review', answer.examId);
    return undefined;
  }

  return {
    correct: async () => {
      const from = review.examId ?? '';
      return tell(await released.correct(), from);
    },
    give: async (toExamId, objectIds) => {
      const from = review.examId ?? '';
      await tell(await released.give(toExamId, objectIds), from);
    },
  };
}
