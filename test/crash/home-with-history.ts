// A home in which something happened: exams that were corrected, approved and sent to a real archive, one with a rejected
// image, one that nobody has looked at. And what can be said of a home afterwards, to compare two of them.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { until } from '../support/until.ts';
import { newSenderLog, sendUntilEnd, type SenderLog } from './sender.ts';
import { startStation, type Ready } from './station-process.ts';

type ExamRow = { readonly id: string; readonly counts: { readonly objects: number } };

export async function ask<T>(ready: Ready, method: string, route: string, body?: object): Promise<T> {
  const answer = await fetch(new URL(`api${route}`, ready.url), {
    method,
    headers: { authorization: `Bearer ${ready.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const said = (await answer.json()) as T;
  if (!answer.ok) throw new Error(`${route} ${answer.status} ${JSON.stringify(said)}`);
  return said;
}

/** Sends so many objects of one exam. */
export async function sendExam(ready: Ready, log: SenderLog, objects: number): Promise<void> {
  const over = new AbortController();
  const before = log.acknowledged.length;
  const sending = sendUntilEnd({ port: ready.dicomPort, aeTitle: ready.aeTitle }, log, over.signal);
  while (log.acknowledged.length < before + objects) await new Promise((resolve) => setTimeout(resolve, 5));
  over.abort();
  await sending;
}

export async function approve(ready: Ready, examId: string): Promise<void> {
  const attributes = { PatientID: 'HISTORY-1', PatientName: 'Right^Patient' };
  await ask(ready, 'POST', `/exams/${examId}/corrections`, { attributes, reason: 'CORRECT' });
  await ask(ready, 'POST', `/exams/${examId}/approval`, {});
}

export async function untilDelivered(ready: Ready): Promise<void> {
  const look = async () => (await ask<{ queue: Record<string, number> }>(ready, 'GET', '/health')).queue;
  await until('everything to be delivered', look, (queue) => queue['waiting'] === 0 && queue['unconfirmed'] === 0);
}

export const exams = async (ready: Ready): Promise<ExamRow[]> =>
  (await ask<{ exams: ExamRow[] }>(ready, 'GET', '/exams?filter=all&limit=100')).exams;

/** Settings with one archive. */
export async function writeSettings(folder: string, port: number): Promise<string> {
  const file = path.join(folder, 'settings-in.json');
  const archive = { id: 'archive', name: 'Archive', kind: 'archive', aeTitle: 'ARCHIVE', host: '127.0.0.1', port };
  const station = { dicomHost: '127.0.0.1', quietTimeSeconds: 0 };
  await writeFile(file, JSON.stringify({ station, destinations: [{ ...archive, confirm: 'query' }] }));
  return file;
}

/** Three exams: one sent, one with a rejected image, one untouched. The station has ended in order when it resolves. */
export async function makeHistory(home: string, settings: string): Promise<SenderLog> {
  const log = newSenderLog();
  const station = startStation(home, settings);
  const ready = await station.ready;
  if (!ready) throw new Error(station.log());
  for (const objects of [4, 3, 3]) await sendExam(ready, log, objects);
  const [third, second, first] = await exams(ready);
  if (!first || !second || !third) throw new Error('exams are missing');
  await approve(ready, first.id);
  const { series } = await ask<{ series: { objects: { id: string }[] }[] }>(ready, 'GET', `/exams/${second.id}`);
  const objectId = series[0]?.objects[0]?.id ?? '';
  await ask(ready, 'POST', `/objects/${objectId}/rejection`, {
    reason: '111210',
    text: 'blurred',
    commandId: crypto.randomUUID(),
  });
  await untilDelivered(ready);
  if ((await station.end()) !== 0) throw new Error(station.log());
  return log;
}

/** Everything of a home that people and destinations would miss. */
export function stateOf(home: string) {
  const book = new Database(path.join(home, 'catalog.db'), { readonly: true });
  const all = (sql: string) => book.prepare(sql).all() as Record<string, unknown>[];
  try {
    return {
      exams: all(
        `SELECT id, StudyInstanceUID, received, corrected, approvedAt, held, heldBy, objects, undecided, approved, rejected,
           conflicts, openDeliveries, modalities FROM exam ORDER BY id`,
      ),
      objects: all(
        `SELECT object.id, examId, SOPInstanceUID, state, file, sizeBytes, dataSetSha256, arrivedAt, rejectionReason,
           rejectionText, rejectedAt, revisionId, late, rememberedId, kind, label, address
         FROM object JOIN source ON source.id = sourceId ORDER BY object.id`,
      ),
      corrections: all('SELECT id, examId, attributes, previous, reason, by, at FROM correction ORDER BY id'),
      revisions: all('SELECT * FROM revision ORDER BY id'),
      deliveries: all(
        `SELECT id, examId, objectId, revisionId, destinationId, required, state, sentAt, confirmedAt, confirmedBy
         FROM delivery ORDER BY id`,
      ),
      trail: all(
        `SELECT number, action, by, sha256 FROM audit_entry WHERE action <> 'catalog-rebuilt' ORDER BY number`,
      ),
      problems: all(
        `SELECT examId, objectId, code FROM problem WHERE clearedAt IS NULL ORDER BY examId, objectId, code`,
      ),
    };
  } finally {
    book.close();
  }
}
