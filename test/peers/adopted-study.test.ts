// An exam that leaves under the Study Instance UID of its order, into a real archive: it is there under that study with all
// that is made of it, is proved there, and a note that rejects an image of it later is in that study too.
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { createRouterClient, type RouterClient } from '@orpc/server';
import { expect, test } from 'vitest';
import { markupShape } from '#contract/shapes/markup.ts';
import { silentLog } from '#station/kit/log.ts';
import { openStation, rebuild, type DeskRouter, type StationOptions } from '#station/station.ts';
import { message, pid, say } from '../station/orders/hl7/feed.ts';
import { orthancIsInstalled, startOrthanc } from './programs/index.ts';
import { temporaryFolder } from './programs/temporary-folder.ts';

const sample = path.resolve(import.meta.dirname, '../../resources/samples/syntaxes/explicit-little-endian.dcm');
const study = '1.2.276.0.7230010.3.77';
if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

test.skipIf(!orthancIsInstalled())(
  'IRWF-2 IRWF-4 an exam leaves under the study of its order, is found there, and so is what rejects it',
  async () => {
    await using folder = await disposable();
    const archive = await startOrthanc({ aet: 'ARCHIVE' });
    const home = path.join(folder.path, 'home');
    const options: StationOptions = {
      ...{ home, log: silentLog },
      spaceLimits: { redBytes: 0, redShare: 0, redInodeShare: 0, amberShare: 0, reserveBytes: 0 },
      settings: {
        station: {
          dicomPort: 0,
          dicomHost: '127.0.0.1',
          quietTimeSeconds: 0,
          matching: { guard: 'off' },
          notes: 'key-object',
        },
        orders: { studyUid: 'of-order' },
        destinations: [
          {
            ...{ id: 'archive', name: 'Archive', kind: 'archive', aeTitle: 'ARCHIVE', host: '127.0.0.1' },
            ...{ port: archive.dicomPort, confirm: 'query' },
          },
        ],
        hl7: {
          listen: { enabled: true, host: '127.0.0.1', port: 0 },
          feeds: [{ id: 'ris', name: 'RIS', application: 'RIS' }],
        },
      },
      forward: { gatherMs: 50, retry: { firstMs: 40, mostMs: 300 }, probeMs: 150 },
    };
    let station = await openStation(options);
    try {
      let desk = createRouterClient(station.router) as RouterClient<DeskRouter>;
      const { port } = await desk.hl7.status();
      const order = ['ORC|NW|P1|F1', 'OBR|1|P1|F1|T1^Thorax^L|||20261123101500', `ZDS|${study}^RIS^Application^DICOM`];
      await say(port, message('ORM^O01', [pid('4711'), ...order]));
      await desk.imports.begin({ paths: [sample], wait: true });
      await expect.poll(async () => (await desk.exams.list({})).exams[0]?.state).toBe('review');
      const [exam] = (await desk.exams.list({})).exams;
      const [known] = (await desk.orders.list({})).orders;
      if (!exam || !known) throw new Error('no exam or no order');
      await desk.exams.applyOrder({ id: exam.id, orderId: known.id });
      const [received] = (await desk.exams.read({ id: exam.id })).series.flatMap(({ objects }) => objects);
      await desk.objects.saveMarkup({
        id: received?.id ?? '',
        markup: markupShape.parse({ crop: { left: 0, top: 0, right: 4, bottom: 4 }, flipped: true }),
      });
      await desk.exams.saveNote({ id: exam.id, text: 'Konnte nicht stehen.' });
      await desk.exams.approve({ id: exam.id });
      const states = async () => (await desk.deliveries.list({ examId: exam.id })).deliveries.map(({ state }) => state);
      // A derived picture, the presentation state of it, and the note to the reader.
      await expect.poll(states).toEqual(Array(3).fill('committed'));
      const studies = async () => {
        const ids = (await archive.get('/studies')) as string[];
        const all = await Promise.all(ids.map((id) => archive.get(`/studies/${id}`)));
        return all.map((one) => {
          const { MainDicomTags, PatientMainDicomTags, Series } = one as {
            readonly MainDicomTags: Readonly<Record<string, string>>;
            readonly PatientMainDicomTags: Readonly<Record<string, string>>;
            readonly Series: readonly string[];
          };
          return [MainDicomTags['StudyInstanceUID'], PatientMainDicomTags['PatientID'], Series.length];
        });
      };
      expect(await studies()).toEqual([[study, '4711', 3]]);

      const made = (await desk.exams.read({ id: exam.id })).series.flatMap(({ objects }) => objects);
      const objectId = made.find(({ id, columns }) => id !== received?.id && columns === 4)?.id ?? '';
      await desk.objects.reject({ id: objectId, reason: '113038', text: '' });
      await expect.poll(states).toEqual(Array(4).fill('committed'));
      expect(await studies()).toEqual([[study, '4711', 4]]);
      expect((await desk.exams.list({})).total).toBe(1);

      // Also in a book that is made anew from nothing but the journal and the files.
      const filed = async () =>
        (await desk.exams.read({ id: exam.id })).series.flatMap(({ objects }) => objects).length;
      const before = await filed();
      await station.close();
      for (const name of await readdir(home)) {
        if (name.startsWith('catalog.db') || name === 'snapshots')
          await rm(path.join(home, name), { recursive: true, force: true });
      }
      await rebuild(home);
      station = await openStation(options);
      desk = createRouterClient(station.router) as RouterClient<DeskRouter>;
      expect((await desk.exams.list({})).total).toBe(1);
      expect(await filed()).toBe(before);
    } finally {
      await station.close();
      await archive.close();
    }
  },
);

async function disposable() {
  const folder = await temporaryFolder('adopted-study');
  return { path: folder.path, [Symbol.asyncDispose]: () => folder.close() };
}
