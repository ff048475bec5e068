// A hospital that speaks without end: patients and orders, one message after the other on each connection; it remembers
// what was acknowledged. Made by hand: python3-hl7 is the independent sender of the peer tests.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openBook } from '#station/records/index.ts';
import { message, pid, segment, Sender, verdictOf } from '../station/orders/hl7/feed.ts';

export type Hospital = {
  /** IDs of patients, and accession numbers, whose message was answered AA. */
  readonly acknowledged: string[];
  refused: number;
  readonly tookMs: number[];
  next: number;
};

export const newHospital = (): Hospital => ({ acknowledged: [], refused: 0, tookMs: [], next: 0 });

/** A settings file of a station that listens for it on `port`. */
export async function writeFeedSettings(folder: string, port: number): Promise<string> {
  const file = path.join(folder, 'settings-of-feed.json');
  const feeds = [{ id: 'ris', name: 'RIS' }];
  const hl7 = { listen: { enabled: true, host: '127.0.0.1', port }, feeds };
  await writeFile(file, JSON.stringify({ station: { dicomHost: '127.0.0.1' }, hl7 }));
  return file;
}

/** Speaks until the signal or the connection ends. */
export async function speakUntilEnd(port: number, hospital: Hospital, signal: AbortSignal): Promise<void> {
  const sender = await connect(port, signal);
  if (!sender) return;
  signal.addEventListener('abort', () => sender.close(), { once: true });
  while (!signal.aborted) {
    const id = `K${hospital.next++}`;
    const began = performance.now();
    const answer = await sender.ask(hospital.next % 2 === 0 ? patient(id) : order(id)).catch(() => '');
    if (answer === '') break;
    if (verdictOf(answer) === 'AA') {
      hospital.acknowledged.push(id);
      hospital.tookMs.push(performance.now() - began);
    } else hospital.refused++;
  }
  sender.close();
}

async function connect(port: number, signal: AbortSignal): Promise<Sender | undefined> {
  while (!signal.aborted) {
    const sender = await Sender.to(port).catch(() => undefined);
    if (sender) return sender;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return undefined;
}

const patient = (id: string) => message('ADT^A08^ADT_A01', [pid(id), segment('PV1', { 3: 'ICU^1', 19: `V${id}` })]);
const order = (id: string) =>
  message('ORM^O01^ORM_O01', [
    pid(id),
    segment('ORC', { 1: 'NW', 2: `P${id}^RIS`, 9: '20261123101500' }),
    segment('OBR', { 2: `P${id}^RIS`, 4: 'XR^Chest^L', 18: id, 24: 'DX', 36: '20261123140000' }),
  ]);

/** Acknowledged, and not in the book of a station that has ended. */
export function findLost(home: string, { acknowledged }: Hospital): string[] {
  const book = openBook(path.join(home, 'catalog.db'));
  try {
    const known = (sql: string) =>
      new Set(
        book
          .sql<{ id: string }>(sql)
          .all()
          .map(({ id }) => id),
      );
    const patients = known('SELECT PatientID AS id FROM hospital_patient');
    const orders = known('SELECT AccessionNumber AS id FROM hospital_order');
    return acknowledged.filter((id) => !patients.has(id) || (Number(id.slice(1)) % 2 === 0 && !orders.has(id)));
  } finally {
    book.close();
  }
}
