// People answer the cards of an exam: what stands against its approval, one after the other.
import { patientOf, textOf, type HeldExam } from './model.ts';
import { outgoing, rearrange } from './moves.ts';
import { giveOrder } from './orders.ts';
import { identityKeywords, patientIdOf, people } from './people.ts';
import type { Done } from './step.ts';
import type { Walk } from './walk.ts';

type Against = {
  readonly code: string;
  readonly params: Readonly<Record<string, string>>;
  readonly objectId: string | null;
};
/** Does what the cards of an exam ask for, as a person would. */
export async function answerCards(walk: Walk, exam: HeldExam, choice: number): Promise<void> {
  for (let round = 0; round < 5; round++) {
    const { against } = await walk.house.ask<{ against: Against[] }>('exams.forecast', { id: exam.id });
    const card = against.find(({ code }) => code !== 'nothing-to-approve' && code !== 'no-destination');
    if (!card || !(await answer(walk, exam, card, choice))) return;
  }
}

async function answer(
  walk: Walk,
  exam: HeldExam,
  { code, params, objectId }: Against,
  choice: number,
): Promise<boolean> {
  const id = exam.id;
  switch (code) {
    case 'held':
      await walk.house.ask('exams.hold', { id, held: false });
      return true;
    case 'late-undecided':
      await walk.house.ask('exams.repeatDecision', { id });
      walk.model.lookAt(exam);
      return true;
    case 'two-patients':
      if (choice % 2 === 0) {
        await rearrange(walk, { kind: 'split-by-patient', examId: id });
        return true;
      }
      return makeOne(walk, exam);
    case 'late-other-patient':
      return makeOne(walk, exam);
    case 'former-patient-value': {
      const keyword = params['keyword'] ?? '';
      await walk.tell('exams.correct', { id, attributes: { [keyword]: '' }, reason: 'CORRECT' });
      const isOurs = (identityKeywords as readonly string[]).includes(keyword);
      if (isOurs) walk.model.speak(exam, { values: { [keyword]: '' }, by: 'typed' });
      return true;
    }
    case 'order-changed':
    case 'order-cancelled':
      if (choice % 2 === 0 && exam.order && walk.orders[exam.order.number]?.isCancelled === false)
        await giveOrder(walk, exam, exam.order.number);
      else await walk.tell('exams.keepOrder', { id });
      exam.stale = undefined;
      return true;
    case 'patient-merged': {
      await walk.tell('exams.applyPatient', { id });
      const who = people.find((one) => patientIdOf(one) === params['PatientID']);
      if (!who) return false;
      const values = { PatientID: patientIdOf(who), PatientName: `${who.word}^Ada`, PatientBirthDate: who.birth };
      walk.model.speak(exam, { values, by: 'typed' });
      return true;
    }
    default:
      return code.startsWith('same-uid') && objectId !== null
        ? (await decideConflict(walk, exam, choice)) === 'done'
        : false;
  }
}

/** A person's word that all of it is one patient: the first. */
async function makeOne(walk: Walk, exam: HeldExam): Promise<boolean> {
  const one = outgoing(walk, exam);
  const who = people.find((each) => one && patientIdOf(each) === one.PatientID);
  if (!one || !who) return false;
  const attributes = { ...patientOf(one), PatientSex: who.sex };
  await walk.tell('exams.correct', { id: exam.id, attributes, reason: 'CORRECT' });
  walk.model.speak(exam, { values: patientOf(one), by: 'typed' });
  return true;
}

export async function decideConflict(walk: Walk, exam: HeldExam, choice: number): Promise<Done> {
  type Shown = {
    second: { objectId: string };
    first: { objectId: string } | null;
    choices: string[];
    decided: object | null;
  };
  const shown = await walk.house.ask<Shown[]>('exams.conflicts', { id: exam.id });
  const open = shown.find(({ choices }) => choices.length > 0);
  if (!open) return 'nothing';
  const chosen = open.choices[choice % open.choices.length] ?? 'keep-first';
  await walk.tell('conflicts.decide', { id: open.second.objectId, choice: chosen });
  for (const objectId of [open.second.objectId, open.first?.objectId ?? '']) {
    const object = walk.model.objects.get(objectId);
    if (object) object.loose = true;
  }
  // Who is in conflict is somebody of whom a person speaks now.
  const object = walk.model.objects.get(open.second.objectId);
  if (object && chosen !== 'keep-first') exam.spokenOf.add(textOf(object.picture.received));
  return 'done';
}
