// Real senders that send under one UID what is the same, and what is not: the station as a whole.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsFor, startStation, type RunningStation } from '../journeys/support/station.ts';
import { runResends } from '../soak/resends.ts';
import { corpusIsHere, fileAt } from '../station/dicom/corpus.ts';
import { isInstalled, runDcmsend } from './programs/index.ts';

const hasPeers = isInstalled('dcmsend');
if (!hasPeers) console.warn('NOT VERIFIED: DCMTK absent');

type Row = { readonly id: string; readonly counts: { readonly objects: number; readonly conflicts: number } };
type Shown = { readonly kind: string; readonly pixels: string; readonly choices: readonly string[] };

describe.skipIf(!hasPeers || !corpusIsHere)('a device that sends under one UID', () => {
  let station: RunningStation;
  beforeAll(async () => {
    station = await startStation(settingsFor());
  });
  afterAll(() => station.close());

  /** Sends files one after the other over associations of their own; gives the exam they are in. */
  async function sendTo(calling: string, files: readonly string[]): Promise<{ row: Row; shown: Shown[] }> {
    const known = new Set(((await station.ask('/api/exams')) as { exams: Row[] }).exams.map(({ id }) => id));
    for (const file of files) {
      const to = { port: station.dicomPort, called: station.aeTitle, calling };
      const ran = await runDcmsend(to, [fileAt(file)]);
      expect(ran.code, ran.output).toBe(0);
    }
    const find = async () => {
      const { exams } = (await station.ask('/api/exams')) as { exams: Row[] };
      const row = exams.find(({ id }) => !known.has(id));
      if (!row) throw new Error('no exam');
      return { row, shown: (await station.ask(`/api/exams/${row.id}/conflicts`)) as Shown[] };
    };
    await expect.poll(async () => (await find()).shown.map(({ kind }) => kind)).not.toContain('comparing');
    return find();
  }

  it('one picture in six transfer syntaxes has sent one picture', async () => {
    const others = ['RLE', 'bigendian', 'implicit', 'jpeg_ls_lossless', 'jp2klossless'];
    const files = others.map((name) => `dicom/syntax/same-mr/MR_small_${name}.dcm`);
    const { row, shown } = await sendTo('MR1', ['dicom/modality/mr/MR_small.dcm', ...files]);
    expect(shown).toEqual([]);
    expect(row.counts).toMatchObject({ objects: 1, conflicts: 0 });
  });

  it('an enhanced one in five syntaxes, too', async () => {
    const names = ['', '_RLE', '_big_endian', '_jpeg_2k_lossless', '_jpeg_ls_lossless'];
    const { row, shown } = await sendTo(
      'MR2',
      names.map((name) => `dicom/modality/enhanced/emri_small${name}.dcm`),
    );
    expect(shown).toEqual([]);
    expect(row.counts).toMatchObject({ objects: 1, conflicts: 0 });
  });

  it('and a segmentation of single bits in either byte order', async () => {
    const files = ['dicom/modality/seg/liver_1frame.dcm', 'dicom/modality/seg/liver_expb_1frame.dcm'];
    const { row, shown } = await sendTo('SEG', files);
    expect(shown).toEqual([]);
    expect(row.counts).toMatchObject({ objects: 1, conflicts: 0 });
  });

  it('three different films has each of them kept and shown, the one that names another patient as an alarm', async () => {
    const files = [1, 2, 3].map((n) => `scenarios/film-digitizer-same-uids/SCAN${n}.dcm`);
    const { row, shown } = await sendTo('FILM', files);
    expect(row.counts).toMatchObject({ objects: 3, conflicts: 3 });
    // The digitizer names FILM^1, FILM^2 and nobody.
    expect(shown).toMatchObject([
      { kind: 'other-patient', pixels: 'other' },
      { kind: 'other-pixels', pixels: 'other' },
    ]);
    expect(shown[0]?.choices).toEqual(['keep-first', 'use-second', 'keep-both']);
  });
});

it('two hundred re-sends make no object too many, and each that differs is kept and shown', async () => {
  expect(await runResends(200)).toMatchObject({ refused: 0, extra: 0, missing: 0, hidden: 0, differing: 10 });
});
