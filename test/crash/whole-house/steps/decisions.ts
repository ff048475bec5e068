// People decide whose exams are, by typing and by orders; hold them, write to the reader, and settle conflicts.
import { decideConflict } from '../cards.ts';
import { giveOrder } from '../orders.ts';
import { livingExam, openExam, pick, someone, valuesOf, type Play, type Plays } from '../step.ts';

const correct: Play = async (walk, step) => {
  const exam = openExam(walk, step.a);
  if (!exam) return 'nothing';
  const who = someone(step.b);
  const all = valuesOf(who, `${who.word}-T${walk.nextNumber() % 90}`);
  const attributes = step.c % 4 === 0 ? { AccessionNumber: all.AccessionNumber } : all;
  await walk.tell('exams.correct', { id: exam.id, attributes, reason: 'CORRECT' });
  const { PatientSex: _, ...values } = { PatientSex: '', ...attributes };
  walk.model.speak(exam, { values, by: 'typed' });
  if (exam.stale === 'patient-merged') exam.stale = undefined;
  return 'done';
};

const applyOrder: Play = async (walk, step) => {
  const exam = openExam(walk, step.a);
  const number = step.b % Math.max(1, walk.orders.length);
  const order = walk.orders[number];
  if (!exam || !order) return 'nothing';
  await giveOrder(walk, exam, number);
  return 'done';
};

const removeOrder: Play = async (walk, step) => {
  const exam = pick(
    walk.model.livingExams().filter(({ order }) => order !== undefined),
    step.a,
  );
  if (!exam) return 'nothing';
  await walk.tell('exams.removeOrder', { id: exam.id });
  exam.layers = exam.layers.filter(({ by }) => by !== 'order');
  exam.order = undefined;
  exam.stale = undefined;
  return 'done';
};

const keepOrder: Play = async (walk, step) => {
  const exam = pick(
    walk.model.livingExams().filter(({ order }) => order !== undefined),
    step.a,
  );
  if (!exam) return 'nothing';
  await walk.tell('exams.keepOrder', { id: exam.id });
  if (exam.stale?.startsWith('order-') === true) exam.stale = undefined;
  return 'done';
};

const hold: Play = async (walk, step) => {
  const exam = livingExam(walk, step.a);
  if (!exam) return 'nothing';
  await walk.house.ask('exams.hold', { id: exam.id, held: true });
  if (step.b % 3 > 0) await walk.house.ask('exams.hold', { id: exam.id, held: false });
  return 'done';
};

const note: Play = async (walk, step) => {
  const exam = livingExam(walk, step.a);
  if (!exam) return 'nothing';
  const { isReleased } = await walk.house.ask<{ isReleased: boolean }>('exams.note', { id: exam.id });
  await walk.house.ask('exams.saveNote', { id: exam.id, text: `Seen twice ${walk.nextNumber()}`, send: isReleased });
  return 'done';
};

const decide: Play = async (walk, step) => {
  const exam = livingExam(walk, step.a);
  if (!exam) return 'nothing';
  return decideConflict(walk, exam, step.b);
};

const undoFollowing: Play = async (walk, step) => {
  const exam = livingExam(walk, step.a);
  if (!exam) return 'nothing';
  await walk.house.ask('exams.undoFollowing', { id: exam.id });
  return 'done';
};

export const decisions = {
  correct,
  applyOrder,
  removeOrder,
  keepOrder,
  hold,
  note,
  decideConflict: decide,
  undoFollowing,
} satisfies Plays;
