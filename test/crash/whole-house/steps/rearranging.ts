// Images are split off, moved, copied and merged, and all of that is taken back.
import { goBack, rearrange } from '../moves.ts';
import type { HeldExam, HeldObject } from '../model.ts';
import { livingExam, openExam, type Numbers, type Play, type Plays } from '../step.ts';
import type { Walk } from '../walk.ts';

/** A living exam and some of its images that nothing is decided of, by the numbers of the step. */
const someOf = (walk: Walk, step: Numbers): { exam: HeldExam; some: HeldObject[] } | undefined => {
  const exam = openExam(walk, step.a);
  if (!exam) return undefined;
  const open = walk.model.objectsOf(exam.id).filter(({ state }) => state === 'received');
  const some = open.filter((_, n) => ((step.c >> n) & 1) === 1 || n === step.c % Math.max(1, open.length));
  return some.length === 0 ? undefined : { exam, some };
};

const split: Play = async (walk, step) => {
  const chosen = someOf(walk, step);
  if (!chosen) return 'nothing';
  const { exam, some } = chosen;
  const one = some.length < walk.model.objectsOf(exam.id).length ? some : some.slice(0, 1);
  await rearrange(walk, { kind: 'split', groups: [one.map(({ id }) => id)] });
  return 'done';
};

const splitByPatient: Play = async (walk, step) => {
  const exam = openExam(walk, step.a);
  if (!exam) return 'nothing';
  await rearrange(walk, { kind: 'split-by-patient', examId: exam.id });
  return 'done';
};

const elsewhere =
  (kind: 'move' | 'copy' | 'merge'): Play =>
  async (walk, step) => {
    const chosen = someOf(walk, step);
    const to = livingExam(walk, step.b);
    if (!chosen || !to || to === chosen.exam) return 'nothing';
    const objectIds = chosen.some.map(({ id }) => id);
    await rearrange(
      walk,
      kind === 'merge' ? { kind, fromExamId: chosen.exam.id, toExamId: to.id } : { kind, objectIds, toExamId: to.id },
    );
    return 'done';
  };

const undo: Play = async (walk, step) => {
  const exam = livingExam(walk, step.a);
  if (!exam) return 'nothing';
  const lines = await walk.house.ask<{ undo: string | null }[]>('exams.history', { id: exam.id });
  const id = lines.find((line) => line.undo !== null)?.undo;
  if (!id) return 'nothing';
  await walk.house.ask('rearranging.undo', { id });
  goBack(walk, id);
  return 'done';
};

export const rearranging = {
  split,
  splitByPatient,
  move: elsewhere('move'),
  copy: elsewhere('copy'),
  merge: elsewhere('merge'),
  undo,
} satisfies Plays;
