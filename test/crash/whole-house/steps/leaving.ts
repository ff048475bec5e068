// Exams leave: approved, corrected after that, archives that come and go, and what people do in the Outbox.
import { approveShown } from '../approving.ts';
import { answerCards } from '../cards.ts';
import { correctReleased } from '../correcting-released.ts';
import { livingExam, openExam, pick, someone, valuesOf, type Play, type Plays } from '../step.ts';

const approve: Play = async (walk, step) => {
  const exam = openExam(walk, step.a);
  if (!exam) return 'nothing';
  if (step.b % 3 > 0) await answerCards(walk, exam, step.c);
  const presentation = step.c % 5 === 0 ? 'baked' : 'state';
  return approveShown(walk, exam, presentation);
};

const correctAfterRelease: Play = async (walk, step) => {
  const exam = pick(
    walk.model.livingExams().filter(({ id }) => walk.model.objectsOf(id).some(({ state }) => state === 'approved')),
    step.a,
  );
  if (!exam) return 'nothing';
  const who = someone(step.b);
  const all = valuesOf(who, `${who.word}-T${walk.nextNumber() % 90}`);
  const toExam = step.c % 4 === 0 ? livingExam(walk, step.b) : undefined;
  if (toExam && toExam !== exam) return correctReleased(walk, exam, {}, toExam);
  const { PatientSex: _, ...plain } = all;
  return correctReleased(walk, exam, step.c % 3 === 0 ? { AccessionNumber: plain.AccessionNumber } : plain);
};

const switchArchive: Play = async (walk, step) => {
  const archive = walk.house.archives[step.a % 3];
  if (!archive) return 'nothing';
  if (archive.isOn && step.b % 2 === 0) await archive.off();
  else {
    await archive.on();
    archive.refuses = step.c % 3;
  }
  return 'done';
};

const pause: Play = async (walk, step) => {
  const archive = walk.house.archives[step.a % 3];
  if (!archive) return 'nothing';
  await walk.house.ask('outbox.pause', { id: archive.id, paused: step.b % 2 === 0 });
  walk.paused[archive.id] = step.b % 2 === 0;
  return 'done';
};

const deliveryAction: Play = async (walk, step) => {
  const exam = livingExam(walk, step.a);
  if (!exam) return 'nothing';
  const action = (['retry', 'hold', 'release', 'send-again'] as const)[step.b % 4] ?? 'retry';
  await walk.house.ask('outbox.change', { examId: exam.id, action, reason: 'asked for' });
  return 'done';
};

export const leaving = { approve, correctAfterRelease, switchArchive, pause, deliveryAction } satisfies Plays;
