// Figures handed out as files: what is asked for, what leaves, and what is kept in the trail.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsShape } from '#contract/shapes/settings.ts';
import { openAudit } from '#station/audit/index.ts';
import { openStatisticsFlow } from '#station/flow/statistics.ts';
import { systemClock } from '#station/kit/clock.ts';
import { openBook } from '#station/records/index.ts';
import { writeHistory, type MadeImage } from '../statistics/histories.ts';

const book = openBook(':memory:');
const audit = openAudit({ book, clock: systemClock });
const flow = openStatisticsFlow({
  ...{ book, clock: systemClock, audit, by: () => 'Anna Weber' },
  settings: () => settingsShape.parse({ statistics: { byteOrderMark: false } }),
});
const span = 'span=from-to&from=2026-09-01&to=2026-09-30';
const ask = async (name: string, words = span) => {
  const { bytes, ...rest } = await flow.document(name, new URLSearchParams(words));
  return { ...rest, text: Buffer.from(bytes).toString('utf8') };
};
const trail = () => book.sql(`SELECT by, params FROM audit_entry WHERE action = 'patients-exported'`).all();

let purged: MadeImage | undefined;
beforeAll(() => {
  const images = writeHistory(book, { seed: 7, images: 200, firstDay: '2026-09-01', days: 30, judged: 60 });
  purged = images.find(({ judgement }) => judgement?.verdict === 'rejected');
  book.sql(`INSERT INTO patient VALUES ('p', '118843', '', 'Brandt^Ute', '', '')`).run();
  book
    .sql(
      `INSERT INTO exam (id, StudyInstanceUID, patientId, sourceId, received, corrected, firstArrivedAt, lastArrivedAt, completeAt)
       VALUES ('e', '1.2', 'p', 'src-1', '{}', '{"PatientID":"=471190"}', '', '', '')`,
    )
    .run();
  book.sql(`INSERT INTO series VALUES ('r', 'e', '1', '', '', '')`).run();
  book
    .sql(
      `INSERT INTO object (id, examId, seriesId, sourceId, patientId, SOPInstanceUID, SOPClassUID, TransferSyntaxUID,
         InstanceNumber, state, file, sizeBytes, dataSetOffset, dataSetSha256, header, received, arrivedAt, purgedAt)
       VALUES (?, 'e', 'r', 'src-1', 'p', '1', '', '', '', 'rejected', 'f', 1, 0, '', '{}', '{}', '', '2026-10-01T00:00:00.000Z')`,
    )
    .run(purged?.objectId ?? '');
});
afterAll(() => book.close());

describe('a table', () => {
  it.each(['groups', 'time', 'hours', 'exposure', 'sending', 'images'])(
    'of %s has a name of its days',
    async (name) => {
      const { fileName, type, text } = await ask(`${name}.csv`);
      expect(fileName).toBe(`safelight-${name}-2026-09-01-2026-09-30.csv`);
      expect(type).toContain('text/csv');
      expect(text.split('\r\n').length).toBeGreaterThan(1);
    },
  );

  it('begins with the mark of UTF-8 when it is asked to', async () => {
    expect((await ask('time.csv')).text).toMatch(/^from,/);
    expect((await ask('time.csv', `${span}&mark=true`)).text).toMatch(/^\ufefffrom,/);
  });

  it('says nothing of patients, unless somebody asks: that is in the trail, with whom and how many', async () => {
    const plain = await ask('images.csv');
    expect(plain.text).not.toMatch(/Brandt|471190|Patient/);
    expect(trail()).toEqual([]);
    const { text } = await ask('images.csv', `${span}&patients=true`);
    expect(text).toContain(`,'=471190,Brandt^Ute\r\n`);
    const [entry] = trail();
    expect(entry?.['by']).toBe('Anna Weber');
    expect(JSON.parse(String(entry?.['params']))).toMatchObject({ firstDay: '2026-09-01', lastDay: '2026-09-30' });
  });

  it.each([
    ['groups.csv', 'span=yesterday', 'input-invalid'],
    ['groups.csv', `${span}&who=me`, 'input-invalid'],
    ['groups.csv', 'span=from-to&from=2026-02-31&to=2026-03-01', 'input-invalid'],
    ['secrets.csv', span, 'not-found'],
  ])('%s?%s is refused: %s', async (name, words, code) => {
    await expect(ask(name, words)).rejects.toMatchObject({ code });
  });
});

it('tells of an image whose picture was removed when that was', () => {
  const { images } = flow.desk.images({ span: 'from-to', from: '2026-09-01', to: '2026-09-30', limit: 500, offset: 0 });
  expect(images.find(({ objectId }) => objectId === purged?.objectId)).toMatchObject({
    ...{ examId: 'e', isHere: false, purgedAt: '2026-10-01T00:00:00.000Z' },
  });
  expect(images.filter(({ purgedAt }) => purgedAt !== null)).toHaveLength(1);
});
