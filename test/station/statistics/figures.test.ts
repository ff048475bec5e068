// Figures are what somebody would get who counts every image by hand.
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statisticsSettingShape, type Axis, type Statistics } from '#contract/shapes/statistics.ts';
import { openBook, type Book } from '#station/records/index.ts';
import { openStatistics } from '#station/statistics/index.ts';
import { pointOf, pointsOf, spanOf, unitFor } from '#station/statistics/spans.ts';
import { shiftOfHours } from '#station/statistics/shifts.ts';
import { systemClock, type Clock } from '#station/kit/clock.ts';
import { madeSources, writeHistory, type MadeImage } from './histories.ts';

const setting = statisticsSettingShape.parse({});
const clockAt = (iso: string): Clock => ({ ...systemClock, now: () => iso, epochMs: () => Date.parse(iso) });
const listed = (aeTitle: string) => (aeTitle === 'DXROOM2' ? { id: 'room-2', name: 'Room 2' } : undefined);
const open = (book: Book, changed: Partial<typeof setting> = {}) =>
  openStatistics({
    ...{ book, clock: clockAt('2026-11-23T12:00:00.000Z'), deviceAt: listed },
    settings: () => ({ ...setting, ...changed }),
  });

const deviceKey = (sourceId: string): string => {
  const { kind, label } = madeSources.find(({ id }) => id === sourceId) ?? madeSources[0];
  return kind !== 'dicom' ? kind : label === 'DXROOM2' ? 'device:room-2' : `ae:${label}`;
};
const partOf = ({ judgement, BodyPartExamined }: MadeImage) => judgement?.BodyPartExamined ?? BodyPartExamined;
const shifts = shiftOfHours(setting.shifts);
const keysOf: Readonly<Record<Exclude<Axis, 'reason' | 'technologist'>, (image: MadeImage) => string>> = {
  device: ({ sourceId }) => deviceKey(sourceId),
  modality: ({ Modality }) => Modality,
  bodyPart: partOf,
  shift: ({ hour }) => shifts[hour] ?? '',
};
const reasonOf = ({ judgement }: MadeImage) =>
  judgement && `${judgement.reason}${judgement.ownLabel && `:${judgement.ownLabel}`}`;

/** Plainly, image by image. */
function count(images: readonly MadeImage[]) {
  const said = (verdict: string) => images.filter(({ judgement }) => judgement?.verdict === verdict).length;
  const verdicts = { accepted: said('accepted'), repeated: said('repeated'), rejected: said('rejected') };
  const judged = images.filter(({ judgement }) => judgement !== null).length;
  return { received: images.length, judged, ...verdicts };
}
const byKey = (groups: Statistics['groups'][Axis]) =>
  Object.fromEntries(groups.map(({ key, name: _, ...counts }) => [key, counts]));

describe.each([1, 2, 3, 4])('a random history (%i)', (seed) => {
  const book = openBook(':memory:');
  let images: MadeImage[] = [];
  beforeAll(
    () => void (images = writeHistory(book, { seed, images: 700, firstDay: '2026-09-20', days: 70, judged: 60 })),
  );
  afterAll(() => book.close());
  const [from, to] = [`2026-10-0${seed}`, `2026-11-1${seed}`];
  const within = () => images.filter(({ day }) => day >= from && day <= to);

  it('gives the sums of a plain count, by whatever it is grouped', async () => {
    const figures = await open(book).read({ span: 'from-to', from, to });
    expect(figures.totals).toEqual(count(within()));
    for (const [axis, keyOf] of Object.entries(keysOf)) {
      const counted = Object.entries(Object.groupBy(within(), keyOf)).map(([key, of = []]) => [key, count(of)]);
      expect(byKey(figures.groups[axis as Axis]), axis).toEqual(Object.fromEntries(counted));
    }
    const people = Object.groupBy(
      within().filter(({ judgement }) => judgement),
      ({ judgement }) => judgement?.technologist ?? '',
    );
    expect(byKey(figures.groups.technologist)).toEqual(
      Object.fromEntries(Object.entries(people).map(([key, of = []]) => [key, { ...count(of), received: null }])),
    );
    const kept = within().filter(({ judgement }) => judgement && judgement.verdict !== 'accepted');
    const reasons = Object.entries(Object.groupBy(kept, (image) => reasonOf(image) ?? ''));
    expect(byKey(figures.groups.reason)).toEqual(
      Object.fromEntries(
        reasons.map(([key, of = []]) => {
          const { repeated, rejected } = count(of);
          return [key, { ...count(within()), repeated, rejected }];
        }),
      ),
    );
  });

  it.each(['hour', 'day', 'week', 'month'] as const)('gives them in time, by %s', async (unit) => {
    const end = unit === 'hour' ? from : to;
    const figures = await open(book).read({ span: 'from-to', from, to: end, unit });
    const chosen = images.filter(({ day }) => day >= from && day <= end);
    expect(figures.unit).toBe(unit);
    expect(figures.points.map(({ at, exams: _, ...counts }) => [at, counts])).toEqual(
      pointsOf(unit, { firstDay: from, lastDay: end }).map((at) => [
        at,
        count(chosen.filter(({ day, hour }) => pointOf(unit, day, hour) === at)),
      ]),
    );
    expect(figures.hours.map(({ hour: _, ...counts }) => counts)).toEqual(
      Array.from({ length: 24 }, (_, hour) => count(chosen.filter((image) => image.hour === hour))),
    );
  });

  it('lists the images behind each figure', () => {
    const room = open(book);
    const ask = (axis?: Axis, key?: string) =>
      room.images({ span: 'from-to', from, to, limit: 500, offset: 0, axis, key });
    const kept = within().filter(({ judgement }) => judgement && judgement.verdict !== 'accepted');
    const ids = (of: readonly { readonly objectId: string }[]) => of.map(({ objectId }) => objectId).sort();
    expect(ids(ask().images)).toEqual(ids(kept));
    for (const [axis, keyOf] of Object.entries({ ...keysOf, reason: (image: MadeImage) => reasonOf(image) ?? '' })) {
      for (const [key, of = []] of Object.entries(Object.groupBy(kept, keyOf))) {
        expect(ids(ask(axis as Axis, key).images), `${axis} ${key}`).toEqual(ids(of));
        expect(ask(axis as Axis, key).total).toBe(of.length);
      }
    }
    const page = room.images({ span: 'from-to', from, to, limit: 7, offset: 7 });
    expect(page.images).toEqual(ask().images.slice(7, 14));
  });

  it('tells how exposures of each device lie', async () => {
    const figures = await open(book).read({ span: 'from-to', from, to, unit: 'week' });
    const byDevice = Object.groupBy(
      within().filter(({ deviation }) => deviation !== null),
      ({ sourceId }) => deviceKey(sourceId),
    );
    expect(figures.exposure.map(({ key }) => key).sort()).toEqual(Object.keys(byDevice).sort());
    for (const { key, points, ...told } of figures.exposure) {
      const values = (byDevice[key] ?? []).map(({ deviation }) => deviation ?? 0).sort((a, b) => a - b);
      const middle = (values.length - 1) / 2;
      expect(told.images).toBe(values.length);
      expect(told.median).toBeCloseTo(((values[Math.floor(middle)] ?? 0) + (values[Math.ceil(middle)] ?? 0)) / 2);
      expect([told.below, told.inBand, told.above]).toEqual([
        values.filter((value) => value < -0.5).length,
        values.filter((value) => value >= -0.5 && value <= 0.5).length,
        values.filter((value) => value > 0.5).length,
      ]);
      expect(points.reduce((sum, point) => sum + point.images, 0)).toBe(values.length);
      expect(points.filter(({ images: n }) => n === 0).every(({ median }) => median === null)).toBe(true);
    }
  });

  it('keeps its sums when judgements change, end, come before their image, or an image is told otherwise', async () => {
    const [one, two, three] = within().filter(({ judgement }) => judgement?.verdict === 'rejected');
    if (!one || !two || !three) throw new Error('a history without rejects');
    const fact = book.sql('SELECT * FROM image_fact WHERE objectId = ?').get(three.objectId) ?? {};
    book.sql(`UPDATE judgement SET endedAt = 'now' WHERE objectId = ? AND endedAt IS NULL`).run(one.objectId);
    book.sql(`UPDATE image_fact SET hour = 3, BodyPartExamined = 'FOOT' WHERE objectId = ?`).run(two.objectId);
    book.sql('DELETE FROM image_fact WHERE objectId = ?').run(three.objectId);
    const changed = images
      .filter(({ objectId }) => objectId !== three.objectId)
      .map((image) => (image === one ? { ...image, judgement: null } : image === two ? { ...image, hour: 3 } : image));
    const chosen = () => changed.filter(({ day }) => day >= from && day <= to);
    const figures = await open(book).read({ span: 'from-to', from, to });
    expect(figures.totals).toEqual(count(chosen()));
    const parts = Object.entries(Object.groupBy(chosen(), partOf)).map(([key, of = []]) => [key, count(of)]);
    expect(byKey(figures.groups.bodyPart)).toEqual(Object.fromEntries(parts));
    // Its judgement stands while the fact is away, and counts when it is back.
    const names = Object.keys(fact);
    book.sql(`INSERT INTO image_fact (${names.join()}) VALUES (${names.map((name) => `:${name}`).join()})`).run(fact);
    expect((await open(book).read({ span: 'from-to', from, to })).totals).toEqual(count([...chosen(), three]));
  });
});

it('names nobody where people are not to be named', async () => {
  const book = openBook(':memory:');
  writeHistory(book, { seed: 9, images: 60, firstDay: '2026-11-01', days: 20, judged: 90 });
  const room = open(book, { hideTechnologists: true });
  const figures = await room.read({ span: '30-days' });
  const list = room.images({ span: '30-days', limit: 100, offset: 0 });
  expect(figures.technologistsHidden).toBe(true);
  expect(JSON.stringify([figures, list])).not.toMatch(/Weber|Петров|Li Wei/);
  expect(list.images.length).toBeGreaterThan(0);
  expect(room.images({ span: '30-days', axis: 'technologist', key: 'Anna Weber', limit: 100, offset: 0 }).total).toBe(
    0,
  );
  book.close();
});

it('tells when destinations were out of reach, and what is over', async () => {
  const book = openBook(path.join(':memory:'));
  const move = book.sql('UPDATE destination SET state = ?, since = ? WHERE id = ?');
  book.sql(`INSERT INTO destination (id, setting, since) VALUES ('archive', '{"name":"Archive"}', '')`).run();
  move.run('silent', '2026-11-20T10:00:00.000Z', 'archive');
  move.run('well', '2026-11-20T11:30:00.000Z', 'archive');
  move.run('silent', '2026-11-23T11:00:00.000Z', 'archive');
  move.run('refusing', '2026-11-23T11:20:00.000Z', 'archive');
  const { outages } = await open(book).read({ span: '7-days' });
  expect(outages.map(({ state, seconds, until }) => [state, seconds, until])).toEqual([
    ['refusing', 40 * 60, null],
    ['silent', 20 * 60, '2026-11-23T11:20:00.000Z'],
    ['silent', 90 * 60, '2026-11-20T11:30:00.000Z'],
  ]);
  expect(outages[0]?.name).toBe('Archive');
  book.close();
});

describe('a span', () => {
  const today = '2026-11-23';
  it.each([
    [{ span: 'today' } as const, '2026-11-23', '2026-11-23', 'hour'],
    [{ span: '7-days' } as const, '2026-11-17', '2026-11-23', 'day'],
    [{ span: '30-days' } as const, '2026-10-25', '2026-11-23', 'day'],
    [{ span: '12-months' } as const, '2025-11-24', '2026-11-23', 'week'],
    [{ span: 'month' } as const, '2026-11-01', '2026-11-30', 'day'],
    [{ span: 'month', month: '2024-02' } as const, '2024-02-01', '2024-02-29', 'day'],
    [{ span: 'from-to', from: '2025-12-01', to: '2026-11-23' } as const, '2025-12-01', '2026-11-23', 'week'],
    [{ span: 'from-to', from: '2020-01-01', to: '2026-11-23' } as const, '2020-01-01', '2026-11-23', 'month'],
  ])('%j has its days and is shown in steps that can be looked at', (asked, firstDay, lastDay, unit) => {
    expect(spanOf(asked, today)).toEqual({ firstDay, lastDay });
    expect(unitFor({ firstDay, lastDay }, undefined)).toBe(unit);
  });

  it('never makes more points than can be looked at', () => {
    expect(unitFor({ firstDay: '2026-01-01', lastDay: '2026-12-31' }, 'hour')).toBe('day');
    expect(unitFor({ firstDay: '2017-01-01', lastDay: '2026-12-31' }, 'hour')).toBe('month');
  });

  it.each([
    [{ span: 'from-to', from: '2026-02-01' } as const],
    [{ span: 'from-to', from: '2026-02-02', to: '2026-02-01' } as const],
    [{ span: 'from-to', from: '1900-01-01', to: '2026-02-01' } as const],
  ])('%j is refused', (asked) => {
    expect(() => spanOf(asked, today)).toThrow(expect.objectContaining({ code: 'input-invalid' }) as Error);
  });

  it('is cut into shifts, the last of which goes on over midnight', () => {
    const names = shiftOfHours([
      { name: 'Late', fromHour: 14 },
      { name: 'Early', fromHour: 6 },
      { name: 'Night', fromHour: 22 },
    ]);
    expect([names[5], names[6], names[13], names[14], names[21], names[22], names[0]]).toEqual([
      'Night',
      'Early',
      'Early',
      'Late',
      'Late',
      'Night',
      'Night',
    ]);
  });
});
