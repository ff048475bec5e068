// The hospital speaks: orders come, change and are cancelled, patients are merged, before and after images left.
import { examinationOrdered, message, pid, segment } from '../../../station/orders/hl7/feed.ts';
import { patientIdOf } from '../people.ts';
import { acceptReopening } from '../reopening.ts';
import { someone, type Play, type Plays } from '../step.ts';
import type { Walk } from '../walk.ts';

const orderMessage = (walk: Walk, number: number): string => {
  const order = walk.orders[number];
  if (!order) throw new Error('no such order');
  const { who, accession, study, control } = order;
  const at = walk.hospitalTime();
  return message(
    'ORM^O01^ORM_O01',
    [
      pid(patientIdOf(who), `${who.word}^Ada`, who.birth, who.sex),
      ...examinationOrdered(number, { control, accession, at }),
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
    acceptReopening(walk, exam);
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
  for (const exam of walk.model.exams.values()) acceptReopening(walk, exam);
  return 'done';
};

export const hospital = { orderArrives, orderChanges, orderIsCancelled, patientsMerge } satisfies Plays;
