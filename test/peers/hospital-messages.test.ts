// The whole station hears the hospital from an independent sender (python3-hl7, mllp_send), and what its exams show and do
// then: IHE PIR. The TLS sender is Node's own.
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRouterClient, type RouterClient } from '@orpc/server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '#station/kit/log.ts';
import { openBook } from '#station/records/index.ts';
import { openStation, type DeskRouter } from '#station/station.ts';
import { message, pid, segment, Sender, verdictOf } from '../station/orders/hl7/feed.ts';
import { makeCertificate, type MadeCertificate } from './programs/certificates.ts';
import { freePort, run, startStorescp } from './programs/index.ts';
import { temporaryFolder, type TemporaryFolder } from './programs/temporary-folder.ts';

type Desk = RouterClient<DeskRouter>;
const sample = path.resolve(import.meta.dirname, '../../resources/samples/syntaxes/explicit-little-endian.dcm');

let folder: TemporaryFolder;
const closing: (() => Promise<unknown>)[] = [];
beforeEach(async () => void (folder = await temporaryFolder('hospital')));
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await folder.close();
});

type Wish = { readonly archivePort?: number; readonly listen?: object; readonly station?: object };

async function open({ archivePort, listen = {}, station: more = {} }: Wish = {}) {
  const station = await openStation({
    home: path.join(folder.path, 'home'),
    settings: {
      station: { dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 0, ...more },
      destinations: [
        {
          ...{ id: 'archive', name: 'Archive', kind: 'archive', aeTitle: 'ARCHIVE', host: '127.0.0.1' },
          ...{ port: archivePort ?? (await freePort()), confirm: 'none' },
        },
      ],
      hl7: {
        listen: { enabled: true, host: '127.0.0.1', port: 0, ...listen },
        feeds: [{ id: 'adt', name: 'Admission', application: 'RIS' }],
      },
    },
    log: silentLog,
    spaceLimits: { redBytes: 0, redShare: 0, redInodeShare: 0, amberShare: 0, reserveBytes: 0 },
  });
  closing.push(() => station.close());
  const desk = createRouterClient(station.router) as Desk;
  const { port } = await desk.hl7.status();
  const report = await desk.imports.begin({ paths: [sample], wait: true });
  expect(report).toBeDefined();
  await expect.poll(async () => (await desk.exams.list({})).exams[0]?.state).toBe('review');
  const [exam] = (await desk.exams.list({})).exams;
  if (!exam) throw new Error('no exam');
  const read = () => desk.exams.read({ id: exam.id });
  const complete = { PatientID: '4711', PatientName: 'Muster^Erika', PatientBirthDate: '19640812', PatientSex: 'F' };
  await desk.exams.correct({ id: exam.id, attributes: complete as never, reason: 'CORRECT' });
  return { desk, port, id: exam.id, read };
}

async function openAgain(): Promise<Desk> {
  const station = await openStation({ home: path.join(folder.path, 'home'), log: silentLog });
  closing.push(() => station.close());
  return createRouterClient(station.router) as Desk;
}

/** The answers, as the library of the sender prints them. */
async function say(port: number, ...messages: readonly string[]): Promise<string[]> {
  const file = path.join(folder.path, 'messages.hl7');
  await writeFile(file, messages.map((one) => `\u000b${one}\u001c\r`).join(''));
  const { code, output } = await run('mllp_send', ['--port', String(port), '--file', file, '127.0.0.1']);
  expect(code, output).toBe(0);
  return output
    .split('MSH|')
    .slice(1)
    .map((one) => verdictOf(`MSH|${one.replaceAll('\n', '\r')}`));
}

const merge = (id: string) =>
  message('ADT^A40^ADT_A39', [pid(id, 'Muster^Erika^Maria'), segment('MRG', { 1: '4711^^^HOSP^MR' })]);
const codes = (problems: readonly { readonly code: string; readonly answered: boolean }[]) =>
  problems.filter(({ answered }) => !answered).map(({ code }) => code);

test('PIR-2: a merge stops the exam of the old number, and one decision gives it to the patient who stays', async () => {
  const { desk, port, id, read } = await open();
  expect(await say(port, merge('9000'))).toEqual(['AA']);
  await expect.poll(async () => codes((await read()).problems)).toContain('patient-merged');
  expect((await desk.exams.forecast({ id })).against.map(({ code }) => code)).toContain('patient-merged');
  const given = await desk.exams.applyPatient({ id });
  expect(given.corrected).toMatchObject({
    ...{ PatientID: '9000', IssuerOfPatientID: 'HOSP', PatientName: 'Muster^Erika^Maria' },
  });
  expect(given.corrections.at(-1)?.reason).toBe('COERCE');
  expect(codes(given.problems)).not.toContain('patient-merged');
  expect(given.history.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['patient-merged', 'patient-applied']),
  );
});

test('PIR-1: an update of the patient is shown with the exam, and PIR-3: so is a new number', async () => {
  const { desk, port, id, read } = await open();
  await say(port, message('ADT^A08', [pid('4711', 'Muster^Erika^Renamed')]));
  await expect.poll(async () => codes((await read()).problems)).toContain('patient-updated');
  const renumbered = message('ADT^A47', [segment('PID', { 3: '5000^^^HOSP' }), 'MRG|4711^^^HOSP'], {
    at: '20261123111500',
  });
  await say(port, renumbered);
  await expect.poll(async () => codes((await read()).problems)).toContain('patient-merged');
  const { corrected, problems } = await desk.exams.applyPatient({ id });
  expect(corrected).toMatchObject({ PatientID: '5000', PatientName: 'Muster^Erika^Renamed' });
  expect(codes(problems)).toEqual([]);
});

test('PIR-4: a merge after the approval, before anything left, takes the approval back', async () => {
  const { desk, port, id, read } = await open();
  await desk.exams.approve({ id });
  expect((await read()).state).toBe('approved');
  await say(port, merge('9000'));
  await expect.poll(async () => (await read()).state).toBe('review');
  const { deliveries } = await desk.deliveries.list({ examId: id });
  expect(deliveries.map(({ state }) => state)).toEqual(['cancelled']);
  await desk.exams.applyPatient({ id });
  await desk.exams.approve({ id });
  expect(await read()).toMatchObject({ state: 'approved', corrected: { PatientID: '9000' } });
  expect((await desk.deliveries.list({ examId: id })).deliveries.map(({ state }) => state).toSorted()[0]).toBe(
    'cancelled',
  );
});

test('PIR-2: an exam of the old number whose card was lost with the book is stopped again at the next start', async () => {
  const { port, id, read } = await open();
  await say(port, merge('9000'));
  await expect.poll(async () => codes((await read()).problems)).toContain('patient-merged');
  await closing.pop()?.();
  const book = openBook(path.join(folder.path, 'home', 'catalog.db'));
  book.sql("DELETE FROM problem WHERE code = 'patient-merged'").run();
  book.close();
  const again = await openAgain();
  expect(codes((await again.exams.read({ id })).problems)).toContain('patient-merged');
});

test('PIR-2: an exam that a person gives to a number which was merged away is stopped, and so is one after the other', async () => {
  const { desk, port, id } = await open();
  const away = (prior: string, at: string) =>
    message('ADT^A40^ADT_A39', [pid('9000', 'Muster^Erika'), segment('MRG', { 1: `${prior}^^^HOSP^MR` })], { at });
  expect(await say(port, away('81', '20261123101500'), away('82', '20261123101600'))).toEqual(['AA', 'AA']);
  const give = (PatientID: string) => desk.exams.correct({ id, attributes: { PatientID }, reason: 'CORRECT' });
  const against = async () =>
    (await desk.exams.forecast({ id })).against.map(({ code, params }) => `${code} ${String(params['prior'])}`);
  await give('81');
  expect(await against()).toEqual(['patient-merged 81']);
  await give('82');
  expect(await against()).toEqual(['patient-merged 82']);
  await expect(desk.exams.approve({ id })).rejects.toMatchObject({ code: 'patient-merged' });
  await desk.exams.applyPatient({ id });
  expect(await against()).toEqual([]);
});

test('PIR-4: an approval that was taken back before anything left is no release after the book was lost', async () => {
  const { desk, port, id, read } = await open();
  await desk.exams.approve({ id });
  await say(port, merge('9000'));
  await expect.poll(async () => (await read()).state).toBe('review');
  await closing.pop()?.();
  for (const name of ['catalog.db', 'catalog.db-wal', 'catalog.db-shm', 'snapshots'])
    await rm(path.join(folder.path, 'home', name), { recursive: true, force: true });
  const again = await openAgain();
  // What is made anew counts as just arrived.
  await again.exams.complete({ id });
  await again.exams.applyPatient({ id });
  await again.exams.approve({ id });
  const { port: now } = await again.hl7.status();
  const later = message('ADT^A40^ADT_A39', [pid('9100'), segment('MRG', { 1: '9000^^^HOSP^MR' })], {
    at: '20261123111500',
  });
  await say(now, later);
  await expect.poll(async () => (await again.exams.read({ id })).state).toBe('review');
  expect(codes((await again.exams.read({ id })).problems)).toContain('patient-merged');
});

test('PIR-5: after it was sent nothing is rewritten, and the exam says that the archive hears of it itself', async () => {
  const archive = await startStorescp();
  closing.push(() => archive.close());
  const { desk, port, id, read } = await open({ archivePort: archive.port });
  await desk.exams.approve({ id });
  await expect
    .poll(async () => (await desk.deliveries.list({ examId: id })).deliveries[0]?.state)
    .toMatch(/sent|committed/);
  await say(port, merge('9000'));
  await expect.poll(async () => codes((await read()).problems)).toContain('patient-changed-after-send');
  const exam = await read();
  expect(['approved', 'confirmed']).toContain(exam.state);
  expect(exam.corrected.PatientID).toBe('4711');
});

test('an independent library reads every answer, and many messages go through one connection', async () => {
  const { port, desk } = await open();
  const many = Array.from({ length: 50 }, (_, n) => message('ADT^A04', [pid(`P${n}`)]));
  expect(await say(port, ...many)).toEqual(many.map(() => 'AA'));
  const refused = message('ADT^A08', ['PID|1||||Nobody']);
  const sender = await Sender.to(port);
  const answer = await sender.ask(refused);
  sender.close();
  await writeFile(path.join(folder.path, 'answer.hl7'), answer);
  const script =
    'import hl7,sys; m=hl7.parse(open(sys.argv[1],newline="").read()); print(m.segment("MSA")[1], m.segment("ERR")[3][0][0])';
  const { output } = await run('/usr/bin/python3', ['-c', script, path.join(folder.path, 'answer.hl7')]);
  expect(output.trim()).toBe('AE 101');
  expect((await desk.hl7.patients({ search: 'P49' })).map(({ PatientID }) => PatientID)).toEqual(['P49']);
});

test('over TLS only a sender with a trusted certificate is heard', async () => {
  const authority = await makeCertificate(folder.path, { name: 'authority', isAuthority: true });
  const [own, sender, stranger] = await Promise.all([
    makeCertificate(folder.path, { name: 'station', by: authority }),
    makeCertificate(folder.path, { name: 'ris', by: authority }),
    makeCertificate(folder.path, { name: 'stranger' }),
  ]);
  const tls = {
    ...{ enabled: false, certificateFile: own.certificateFile, keyFile: own.keyFile },
    trustedCertificatesFiles: [authority.certificateFile],
  };
  const { port, desk } = await open({ listen: { tls: true }, station: { tls } });
  const showing = async ({ certificateFile, keyFile }: MadeCertificate) => ({
    ...{ cert: await readFile(certificateFile), key: await readFile(keyFile), rejectUnauthorized: false },
  });
  const good = await Sender.to(port, await showing(sender));
  expect(verdictOf(await good.ask(message('ADT^A04', [pid('secure')])))).toBe('AA');
  good.close();
  const bad = await Sender.to(port, await showing(stranger)).catch(() => undefined);
  bad?.write('MSH|');
  expect(await bad?.answer()).toBeUndefined();
  const plain = await Sender.to(port);
  plain.write('\u000bMSH|^~\\&|RIS\r');
  expect(await plain.answer()).toBeUndefined();
  await expect
    .poll(async () => (await desk.hl7.status()).dropped.map(({ why }) => why).toSorted())
    .toEqual(['certificate-self-signed', 'not-tls']);
});
