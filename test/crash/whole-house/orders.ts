// Orders of the hospital, as the walk has them, and an exam that is given one.
import type { HeldExam } from './model.ts';
import { patientIdOf, type Person } from './people.ts';
import type { Walk } from './walk.ts';

export type OrderOfRis = {
  readonly who: Person;
  readonly accession: string;
  readonly study: string;
  readonly control: 'NW' | 'XO' | 'CA';
  readonly isCancelled: boolean;
};

export async function giveOrder(walk: Walk, exam: HeldExam, number: number): Promise<void> {
  const order = walk.orders[number];
  const [row] = walk.house.rows<{ id: string }>(
    'SELECT id FROM hospital_order WHERE AccessionNumber = ? ORDER BY rowid DESC LIMIT 1',
    order?.accession ?? '',
  );
  if (!order || !row) return walk.say(`order ${number} is not in the book`);
  await walk.tell('exams.applyOrder', { id: exam.id, orderId: row.id });
  const { accession, study, isCancelled } = order;
  // Orders of somebody who was merged are those of who stays.
  const who = walk.merged.get(order.who.word) ?? order.who;
  const values = {
    ...{ PatientID: patientIdOf(who), PatientName: `${who.word}^Ada`, PatientBirthDate: who.birth },
    AccessionNumber: accession,
  };
  exam.layers = exam.layers.filter(({ by }) => by !== 'order');
  walk.model.speak(exam, { values, by: 'order' });
  exam.order = { number, study: walk.adoptsStudy ? study : undefined };
  exam.stale = isCancelled ? 'order-cancelled' : undefined;
}
