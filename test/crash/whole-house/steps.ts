// What can happen in the house, each as one step that chooses among what there is by its numbers: a step for which there is
// nothing to do does nothing, so that any part of a walk is a walk.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildFileMeta } from '#station/dicom/index.ts';
import { message, pid, segment } from '../../station/orders/hl7/feed.ts';
import { randomFrom } from '../../faults/random.ts';
import { Refused } from './station-host.ts';
import { type HeldExam, type HeldObject, type Layer } from './model.ts';
import { identityOf, makePicture, patientIdOf, people, person, secondaryCapture, syntax } from './people.ts';
import type { Identity, Person, Picture } from './people.ts';
import type { Walk } from './walk.ts';

export type Step = { readonly kind: StepKind; readonly a: number; readonly b: number; readonly c: number };
export type Done = 'done' | 'nothing';
type Play = (walk: Walk, step: Step) => Promise<Done>;

const pick = <T>(items: readonly T[], n: number): T | undefined => items[n % Math.max(1, items.length)];
/** Mostly an exam in which something waits for a decision, now and then any. */
const openExam = ({ model }: Walk, n: number): HeldExam | undefined => {
  const open = model.livingExams().filter(({ id }) => model.objectsOf(id).some(({ state }) => state === 'received'));
  return pick(n % 7 === 0 || open.length === 0 ? model.livingExams() : open, n >> 3);
};
/** A handful of people come again and again: that is how images of two of them meet. */
const active = 6;
const someone = (n: number): Person => person(n % active);

// --- What comes in -------------------------------------------------------------------------------------------------

const pictureOf = (walk: Walk, step: Step, more: Partial<Parameters<typeof makePicture>[0]> = {}): Picture => {
  const who = more.who ?? someone(step.a);
  return makePicture({
    random: randomFrom(walk.nextNumber()),
    who,
    accession: more.accession ?? `${who.word}-R${walk.nextNumber() % 90}`,
    ...more,
  });
};

const receiveNew: Play = async (walk, step) => {
  const first = pictureOf(walk, step);
  const { StudyInstanceUID, SeriesInstanceUID } = first;
  const same = { StudyInstanceUID, SeriesInstanceUID, accession: first.received.AccessionNumber };
  const others = Array.from({ length: step.b % 3 }, (_, n) => pictureOf(walk, step, { ...same, number: n + 2 }));
  await walk.receive([first, ...others]);
  return 'done';
};

const receiveLate: Play = async (walk, step) => {
  const object = pick([...walk.model.objects.values()], step.a);
  if (!object) return 'nothing';
  const { StudyInstanceUID, SeriesInstanceUID, received } = object.picture;
  const who = people.find(({ word }) => received.PatientName.startsWith(word)) ?? someone(step.b);
  const isOther = step.c % 4 === 0;
  await walk.receive([
    pictureOf(walk, step, {
      ...{ who: isOther ? someone(step.b) : who, StudyInstanceUID, number: 9 },
      ...{ accession: isOther ? `${someone(step.b).word}-R7` : received.AccessionNumber },
      ...(step.c % 3 === 0 ? {} : { SeriesInstanceUID }),
    }),
  ]);
  return 'done';
};

const receiveAgain: Play = async (walk, step) => {
  const object = pick([...walk.model.objects.values()], step.a);
  if (!object) return 'nothing';
  await walk.receive([object.picture]);
  return 'done';
};

const receiveConflict: Play = async (walk, step) => {
  const object = pick([...walk.model.objects.values()], step.a);
  if (!object) return 'nothing';
  const { SOPInstanceUID, StudyInstanceUID, SeriesInstanceUID, received } = object.picture;
  const same = people.find(({ word }) => received.PatientName.startsWith(word)) ?? someone(step.b);
  const who = step.b % 3 === 0 ? someone(step.b) : same;
  await walk.receive([
    pictureOf(walk, step, {
      ...{ who, SOPInstanceUID, StudyInstanceUID, SeriesInstanceUID },
      ...(who === same ? { accession: received.AccessionNumber } : {}),
    }),
  ]);
  return 'done';
};

const receiveTwoPatients: Play = async (walk, step) => {
  const first = pictureOf(walk, step);
  const { StudyInstanceUID, SeriesInstanceUID } = first;
  const other = someone(step.a + 1 + (step.b % (active - 1)));
  await walk.receive([first, pictureOf(walk, step, { who: other, StudyInstanceUID, SeriesInstanceUID, number: 2 })]);
  return 'done';
};

const importFiles: Play = async (walk, step) => {
  const picture = pictureOf(walk, step);
  const folder = path.join(walk.house.folder.path, `import-${walk.nextNumber()}`);
  await mkdir(folder);
  const meta = buildFileMeta({
    ...{ sopClassUid: secondaryCapture, sopInstanceUid: picture.SOPInstanceUID, transferSyntaxUid: syntax },
    sourceAeTitle: 'DISC',
  });
  await writeFile(path.join(folder, 'one.dcm'), Buffer.concat([meta, picture.bytes]));
  await walk.house.ask('imports.begin', { paths: [folder], wait: true });
  walk.model.acknowledged.push(picture);
  walk.meet(picture);
  return 'done';
};

// --- What the hospital says ----------------------------------------------------------------------------------------

const orderMessage = (walk: Walk, number: number): string => {
  const order = walk.orders[number];
  if (!order) throw new Error('no such order');
  const { who, accession, study, control } = order;
  const at = walk.hospitalTime();
  return message(
    'ORM^O01^ORM_O01',
    [
      pid(patientIdOf(who), `${who.word}^Ada`, who.birth, who.sex),
      segment('ORC', { 1: control, 2: `P${number}^RIS`, 9: at }),
      segment('OBR', {
        2: `P${number}^RIS`,
        4: 'XR^Chest^L',
        18: accession,
        19: `RP${number}`,
        20: `S${number}`,
        24: 'OT',
      }),
      `ZDS|${study}^RIS^Application^DICOM`,
    ],
    { at },
  );
};

const orderArrives: Play = async (walk, step) => {
  const number = walk.orders.length;
  const who = someone(step.a);
  const study = `2.25.${900_000 + walk.nextNumber()}${number}${Date.now()}`;
  walk.orders.push({ who, accession: `${who.word}-O${number}`, study, control: 'NW', isCancelled: false });
  if (!(await walk.house.hear(orderMessage(walk, number)))) walk.say(`order ${number} was not taken`);
  return 'done';
};

/** Exams that an order was given to must not leave before somebody looks, unless they have left. */
const orderSpeaks = async (walk: Walk, number: number, why: string): Promise<void> => {
  if (!(await walk.house.hear(orderMessage(walk, number)))) walk.say(`word on order ${number} was not taken`);
  for (const exam of walk.model.exams.values()) {
    if (exam.order?.number !== number) continue;
    walk.acceptReopening(exam);
    if (walk.model.objectsOf(exam.id).some(({ state }) => state === 'received')) exam.stale = why;
  }
};

const orderChanges: Play = async (walk, step) => {
  const number = step.a % Math.max(1, walk.orders.length);
  const order = walk.orders[number];
  if (!order || order.isCancelled) return 'nothing';
  const who = step.b % 2 === 0 ? order.who : someone(step.b);
  walk.orders[number] = { ...order, who, accession: `${who.word}-C${walk.nextNumber() % 90}`, control: 'XO' };
  await orderSpeaks(walk, number, 'order-changed');
  return 'done';
};

const orderIsCancelled: Play = async (walk, step) => {
  const number = step.a % Math.max(1, walk.orders.length);
  const order = walk.orders[number];
  if (!order || order.isCancelled) return 'nothing';
  walk.orders[number] = { ...order, control: 'CA', isCancelled: true };
  await orderSpeaks(walk, number, 'order-cancelled');
  return 'done';
};

const patientsMerge: Play = async (walk, step) => {
  const prior = someone(step.a);
  const survivor = someone(step.b);
  if (prior === survivor || walk.merged.has(prior.word) || walk.merged.has(survivor.word) || walk.merged.size > 1)
    return 'nothing';
  const said = message(
    'ADT^A40^ADT_A39',
    [
      pid(patientIdOf(survivor), `${survivor.word}^Ada`, survivor.birth, survivor.sex),
      segment('MRG', { 1: `${patientIdOf(prior)}^^^HOSP^MR` }),
    ],
    { at: walk.hospitalTime() },
  );
  if (!(await walk.house.hear(said))) walk.say('a merge was not taken');
  walk.merged.set(prior.word, survivor);
  for (const exam of walk.model.exams.values()) walk.acceptReopening(exam);
  return 'done';
};

// --- What people decide of exams -----------------------------------------------------------------------------------

const valuesOf = (who: Person, accession: string) => ({ ...identityOf(who, accession), PatientSex: who.sex });

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
  await walk.giveOrder(exam, number);
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
  const exam = pick(walk.model.livingExams(), step.a);
  if (!exam) return 'nothing';
  await walk.house.ask('exams.hold', { id: exam.id, held: true });
  if (step.b % 3 > 0) await walk.house.ask('exams.hold', { id: exam.id, held: false });
  return 'done';
};

const note: Play = async (walk, step) => {
  const exam = pick(walk.model.livingExams(), step.a);
  if (!exam) return 'nothing';
  const { isReleased } = await walk.house.ask<{ isReleased: boolean }>('exams.note', { id: exam.id });
  await walk.house.ask('exams.saveNote', { id: exam.id, text: `Seen twice ${walk.nextNumber()}`, send: isReleased });
  return 'done';
};

// --- Rearranging ---------------------------------------------------------------------------------------------------

/** A living exam and some of its images that nothing is decided of, by the numbers of the step. */
const someOf = (walk: Walk, step: Step): { exam: HeldExam; some: HeldObject[] } | undefined => {
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
  await walk.rearrange({ kind: 'split', groups: [one.map(({ id }) => id)] });
  return 'done';
};

const splitByPatient: Play = async (walk, step) => {
  const exam = openExam(walk, step.a);
  if (!exam) return 'nothing';
  await walk.rearrange({ kind: 'split-by-patient', examId: exam.id });
  return 'done';
};

const elsewhere =
  (kind: 'move' | 'copy' | 'merge'): Play =>
  async (walk, step) => {
    const chosen = someOf(walk, step);
    const to = pick(walk.model.livingExams(), step.b);
    if (!chosen || !to || to === chosen.exam) return 'nothing';
    const objectIds = chosen.some.map(({ id }) => id);
    await walk.rearrange(
      kind === 'merge' ? { kind, fromExamId: chosen.exam.id, toExamId: to.id } : { kind, objectIds, toExamId: to.id },
    );
    return 'done';
  };

const undo: Play = async (walk, step) => {
  const exam = pick(walk.model.livingExams(), step.a);
  if (!exam) return 'nothing';
  const lines = await walk.house.ask<{ undo: string | null }[]>('exams.history', { id: exam.id });
  const id = lines.find((line) => line.undo !== null)?.undo;
  if (!id) return 'nothing';
  await walk.house.ask('rearranging.undo', { id });
  walk.goBack(id);
  return 'done';
};

// --- Single images -------------------------------------------------------------------------------------------------

const reasons = ['111209', '111210', '113037', '113680'] as const;

const judge: Play = async (walk, step) => {
  const object = pick([...walk.model.objects.values()], step.a);
  if (!object) return 'nothing';
  const verdict = (['accepted', 'repeated', 'rejected', 'none'] as const)[step.b % 4] ?? 'none';
  const isKeptBack = verdict === 'repeated' || verdict === 'rejected';
  const reason = isKeptBack ? (pick(reasons, step.c) ?? '') : '';
  await walk.tell('judging.judge', { objectIds: [object.id], verdict, reason });
  walk.judged(object, isKeptBack, reason);
  return 'done';
};

const reject: Play = async (walk, step) => {
  const object = pick([...walk.model.objects.values()], step.a);
  if (!object) return 'nothing';
  const reason = pick(reasons, step.c) ?? '111209';
  await walk.tell('objects.reject', { id: object.id, reason, text: '' });
  walk.judged(object, true, reason);
  return 'done';
};

const keep: Play = async (walk, step) => {
  const object = pick(
    [...walk.model.objects.values()].filter(({ state }) => state === 'rejected'),
    step.a,
  );
  if (!object) return 'nothing';
  await walk.house.ask('objects.keep', { id: object.id });
  walk.judged(object, false, '');
  return 'done';
};

const draw: Play = async (walk, step) => {
  const object = pick(
    [...walk.model.objects.values()].filter(({ state }) => state === 'received'),
    step.a,
  );
  if (!object) return 'nothing';
  const box = { left: 2 + (step.c % 8), top: 3 + (step.c % 5), right: 12 + (step.c % 8), bottom: 14 };
  const shutter = { kind: 'rectangle', box: { left: 1, top: 1, right: 23, bottom: 23 } };
  const annotation = {
    id: 'one',
    frame: 1,
    kind: 'arrow',
    points: [
      [3, 3],
      [9, 9],
    ],
    text: '',
  };
  const markups = [
    { window: { center: 100, width: 80 } },
    { annotations: [annotation] },
    { shutter },
    { crop: { left: 2, top: 2, right: 20, bottom: 20 } },
    { redactions: [box] },
    { redactions: [box], window: { center: 90, width: 40 } },
    {},
  ];
  const markup = pick(markups, step.b) ?? {};
  await walk.house.ask('objects.saveMarkup', { id: object.id, markup });
  object.redactions = 'redactions' in markup ? [box] : [];
  object.isCropped = 'crop' in markup;
  object.isDrawnOn = true;
  return 'done';
};

// --- Leaving -------------------------------------------------------------------------------------------------------

const approve: Play = async (walk, step) => {
  const exam = openExam(walk, step.a);
  if (!exam) return 'nothing';
  if (step.b % 3 > 0) await walk.answerCards(exam, step.c);
  const presentation = step.c % 5 === 0 ? 'baked' : 'state';
  return walk.approve(exam, presentation);
};

const correctAfterRelease: Play = async (walk, step) => {
  const exam = pick(
    walk.model.livingExams().filter(({ id }) => walk.model.objectsOf(id).some(({ state }) => state === 'approved')),
    step.a,
  );
  if (!exam) return 'nothing';
  const who = someone(step.b);
  const all = valuesOf(who, `${who.word}-T${walk.nextNumber() % 90}`);
  const toExam = step.c % 4 === 0 ? pick(walk.model.livingExams(), step.b) : undefined;
  if (toExam && toExam !== exam) return walk.correctReleased(exam, {}, toExam);
  const { PatientSex: _, ...plain } = all;
  return walk.correctReleased(exam, step.c % 3 === 0 ? { AccessionNumber: plain.AccessionNumber } : plain);
};

// --- The world around ----------------------------------------------------------------------------------------------

const switchArchive: Play = async (walk, step) => {
  const archive = walk.house.archives[step.a % 2];
  if (!archive) return 'nothing';
  if (archive.isOn && step.b % 2 === 0) await archive.off();
  else {
    await archive.on();
    archive.refuses = step.c % 3;
  }
  return 'done';
};

const pause: Play = async (walk, step) => {
  const archive = walk.house.archives[step.a % 2];
  if (!archive) return 'nothing';
  await walk.house.ask('outbox.pause', { id: archive.id, paused: step.b % 2 === 0 });
  walk.paused[archive.id] = step.b % 2 === 0;
  return 'done';
};

const deliveryAction: Play = async (walk, step) => {
  const exam = pick(walk.model.livingExams(), step.a);
  if (!exam) return 'nothing';
  const action = (['retry', 'hold', 'release', 'send-again'] as const)[step.b % 4] ?? 'retry';
  await walk.house.ask('outbox.change', { examId: exam.id, action, reason: 'asked for' });
  return 'done';
};

const settingsChange: Play = async (walk, step) => {
  await walk.changeSettings(step.a, step.b);
  return 'done';
};

const jump: Play = async (walk, step) => {
  const hours = [1, 6, 25, 80][step.a % 4] ?? 1;
  await walk.house.jump(hours * 3_600_000);
  return 'done';
};

const quiet: Play = async (walk) => {
  await walk.quiet();
  return 'done';
};

const kill: Play = async (walk) => {
  await walk.house.kill();
  await walk.house.start();
  return 'done';
};

/** The next command is cut off by a kill and given again. */
const killNext: Play = async (walk, step) => {
  walk.killAfterMs = step.a % 12;
  return 'done';
};

const rebuild: Play = async (walk) => {
  await walk.rebuild();
  return 'done';
};

const decideConflict: Play = async (walk, step) => {
  const exam = pick(walk.model.livingExams(), step.a);
  if (!exam) return 'nothing';
  return walk.decideConflict(exam, step.b);
};

const undoFollowing: Play = async (walk, step) => {
  const exam = pick(walk.model.livingExams(), step.a);
  if (!exam) return 'nothing';
  await walk.house.ask('exams.undoFollowing', { id: exam.id });
  return 'done';
};

const plays = {
  receiveNew,
  receiveLate,
  receiveAgain,
  receiveConflict,
  receiveTwoPatients,
  importFiles,
  orderArrives,
  orderChanges,
  orderIsCancelled,
  patientsMerge,
  correct,
  applyOrder,
  removeOrder,
  keepOrder,
  hold,
  note,
  split,
  splitByPatient,
  move: elsewhere('move'),
  copy: elsewhere('copy'),
  merge: elsewhere('merge'),
  undo,
  judge,
  reject,
  keep,
  draw,
  approve,
  correctAfterRelease,
  switchArchive,
  pause,
  deliveryAction,
  settingsChange,
  jump,
  quiet,
  kill,
  killNext,
  rebuild,
  decideConflict,
  undoFollowing,
} satisfies Readonly<Record<string, Play>>;
export type StepKind = keyof typeof plays;

/** How often each comes, beside the others. */
const weights: Readonly<Record<StepKind, number>> = {
  ...{ receiveNew: 12, receiveLate: 7, receiveAgain: 3, receiveConflict: 2, receiveTwoPatients: 3, importFiles: 2 },
  ...{ orderArrives: 5, orderChanges: 3, orderIsCancelled: 1, patientsMerge: 1 },
  ...{ correct: 8, applyOrder: 6, removeOrder: 1, keepOrder: 1, hold: 1, note: 2 },
  ...{ split: 3, splitByPatient: 3, move: 4, copy: 3, merge: 3, undo: 4 },
  ...{ judge: 4, reject: 4, keep: 2, draw: 7 },
  ...{ approve: 22, correctAfterRelease: 6 },
  ...{ switchArchive: 3, pause: 2, deliveryAction: 2, settingsChange: 2, jump: 2, quiet: 4 },
  ...{ kill: 2, killNext: 3, rebuild: 1, decideConflict: 3, undoFollowing: 1 },
};
const bag = (Object.entries(weights) as [StepKind, number][]).flatMap(([kind, weight]) =>
  Array.from({ length: weight }, () => kind),
);

/** So many steps of a walk; the same seed gives the same ones. */
export function stepsOf(seed: number, count: number): Step[] {
  const random = randomFrom(seed);
  const number = () => random.below(1 << 20);
  return Array.from({ length: count }, (_, n) => ({
    ...{ kind: n < 2 ? 'receiveNew' : (random.pick(bag) ?? 'quiet'), a: number(), b: number(), c: number() },
  }));
}

/** Carries it out; a refusal is said by its code. */
export async function play(walk: Walk, step: Step): Promise<string> {
  try {
    return await plays[step.kind](walk, step);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const isImpossible = ['split', 'splitByPatient', 'merge', 'move', 'copy'].includes(step.kind);
    if (!(isImpossible && error.code === 'input-invalid') && ['internal', 'input-invalid'].includes(error.code))
      walk.say(`${step.kind}: ${error.message}`);
    return error.code;
  }
}

export type { Identity, Layer };
