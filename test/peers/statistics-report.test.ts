// The report on paper, as another program reads it (poppler).
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statisticsSettingShape, type Paper } from '#contract/shapes/statistics.ts';
import { systemClock } from '#station/kit/clock.ts';
import { openBook } from '#station/records/index.ts';
import { openStatistics, writeReport } from '#station/statistics/index.ts';
import { run, temporaryFolder, type TemporaryFolder } from './programs/index.ts';
import { writeHistory } from '../station/statistics/histories.ts';

let folder: TemporaryFolder;
beforeAll(async () => void (folder = await temporaryFolder('report')));
afterAll(() => folder.close());

async function report(options: { paper: Paper; hide?: boolean; images?: number; station?: string }) {
  const { paper, hide = false, images = 900, station = 'Röntgen Süd' } = options;
  const book = openBook(':memory:');
  if (images > 0) writeHistory(book, { seed: 5, images, firstDay: '2026-10-01', days: 31, judged: 70 });
  const room = openStatistics({
    ...{ book, clock: systemClock, deviceAt: () => undefined },
    settings: () => statisticsSettingShape.parse({ hideTechnologists: hide }),
  });
  const figures = await room.read({ span: 'month', month: '2026-10' });
  book.close();
  const bytes = await writeReport({
    ...{ figures, paper, station: { name: station, institution: 'Klinik' }, madeAt: new Date('2026-11-02T08:00:00Z') },
  });
  const file = path.join(folder.path, `${paper}-${hide}-${images}.pdf`);
  await writeFile(file, bytes);
  const [text, facts] = await Promise.all([run('pdftotext', ['-layout', file, '-']), run('pdfinfo', [file])]);
  expect(facts.code, facts.output).toBe(0);
  return { figures, text: text.output, facts: facts.output };
}

describe('the report', () => {
  it.each([
    ['a4', '595.28 x 841.89 pts (A4)'],
    ['letter', '612 x 792 pts (letter)'],
  ] as const)(
    'on %s says station, days, figures, how they are counted, and the number of each page',
    async (paper, size) => {
      const { text, facts, figures } = await report({ paper });
      expect(facts).toContain(size);
      const pages = Number(/Pages:\s+(\d+)/.exec(facts)?.[1]);
      expect(pages).toBeGreaterThan(1);
      for (let page = 1; page <= pages; page++) expect(text).toContain(`Page ${page} of ${pages}`);
      const { received, judged, rejected, repeated } = figures.totals;
      for (const said of [
        ...[
          'Röntgen Süd, Klinik',
          '1 Oct 2026 to 31 Oct 2026',
          `${received} images of`,
          `${judged} of them were judged`,
        ],
        ...[`${repeated + rejected} of ${received}`, 'How this is counted', 'Positioning', 'Off centre', 'Иван Петров'],
        ...['DXROOM1', 'CHEST', 'Early', 'Li Wei'],
      ])
        expect(text).toContain(said);
    },
  );

  it('names nobody where people are not to be named', async () => {
    const { text } = await report({ paper: 'a4', hide: true });
    expect(text).toContain('Nobody is named here');
    expect(text).not.toMatch(/Weber|Петров|Li Wei/);
  });

  it('is one of an empty month too, in Chinese and Japanese letters as well, with a box for what it has no letters for', async () => {
    const { text } = await report({
      paper: 'a4',
      images: 0,
      station: '放射線科 カメラ 방사선과 \ud800\u202e Ward',
    });
    expect(text).toContain('放射線科 カメラ □□□□');
    expect(text).toContain('stands for a letter of a script');
    expect(text).toContain('0 images of 0 exams');
  });
});
