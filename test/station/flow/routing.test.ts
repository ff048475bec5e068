// What the rules are asked about is what the book holds of an exam.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { settingsShape, type Settings } from '#contract/shapes/settings.ts';
import { openRouting, routeOf, type Routing } from '#station/flow/routing.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { openForward } from '#station/5-forward/index.ts';
import { many, Shelf, type ApprovedExam } from '../5-forward/approved-exam.ts';

let shelf: Shelf;
let settings: Settings;
let routing: Routing;
let priority: 0 | 1 | 2 | 3;
beforeEach(() => {
  shelf = new Shelf();
  priority = 2;
  routing = openRouting({
    book: shelf.book,
    clock: systemClock,
    settings: () => settings,
    destinations: () => settings.destinations,
    departmentOf: (aeTitle) => (aeTitle === 'US1' ? 'Obstetrics' : undefined),
    priorityOf: () => priority,
  });
});
afterEach(() => shelf.book.close());

const destination = (id: string, required = true) => ({
  ...{ id, name: id, kind: 'archive', aeTitle: id.toUpperCase(), host: '127.0.0.1', port: 1, required },
});
const set = (routes: readonly object[], devices: readonly object[] = []) =>
  (settings = settingsShape.parse({
    routes,
    devices,
    destinations: [destination('archive'), destination('cache', false)],
  }));
const rule = (conditions: object, to = 'archive') => ({ name: 'a rule', conditions, destinations: [{ id: to }] });

/** An exam from a device, as the catalogue writes it. */
function examFrom(aeTitle: string, header: object = {}, kind = 'dicom'): ApprovedExam {
  const exam = shelf.exam(many(2));
  const { book } = shelf;
  book.sql('UPDATE source SET label = ?, kind = ? WHERE label = ?').run(aeTitle, kind, exam.id);
  book.sql('UPDATE object SET header = ? WHERE examId = ?').run(JSON.stringify(header), exam.id);
  return exam;
}
const goes = (exam: ApprovedExam, id = 'archive') => routing.decide(exam.id).ways.find((way) => way.id === id)?.goes;

test('an exam is known by its device, modality, department, body part and way in', () => {
  const exam = examFrom('US1', { BodyPartExamined: 'ABDOMEN' });
  const device = { id: 'us', name: 'Ultrasound room 2', aeTitle: 'US1' };
  for (const conditions of [
    { devices: ['US1'] },
    { devices: ['ultrasound ROOM 2'] },
    { devices: ['us'] },
    { modalities: ['CT'] },
    { departments: ['obstetrics'] },
    { bodyParts: ['abdomen'] },
    { sources: ['dicom'] },
    { priorities: ['routine'] },
  ]) {
    set([rule(conditions)], [device]);
    expect(goes(exam), JSON.stringify(conditions)).toBe(true);
  }
  for (const conditions of [{ modalities: ['US'] }, { sources: ['picture'] }, { priorities: ['stat'] }]) {
    set([rule(conditions)], [device]);
    expect(goes(exam), JSON.stringify(conditions)).toBe(false);
  }
});

test('the name of a folder is not taken for a device', () => {
  set([rule({ devices: ['US1'] })]);
  expect(goes(examFrom('US1', {}, 'file'))).toBe(false);
});

test('the department counts as it leaves: as corrected, else as received, else as set for the device', () => {
  const exam = examFrom('US1', { InstitutionalDepartmentName: 'Radiology' });
  set([rule({ departments: ['Radiology'] })]);
  expect(goes(exam)).toBe(true);
  set([rule({ departments: ['Obstetrics'] })]);
  expect(goes(exam)).toBe(false);
  shelf.book
    .sql('UPDATE exam SET corrected = ? WHERE id = ?')
    .run('{"InstitutionalDepartmentName":"Obstetrics"}', exam.id);
  expect(goes(exam)).toBe(true);
});

test('an image that was rejected says nothing about where the others go', () => {
  const exam = examFrom('US1', { BodyPartExamined: 'ABDOMEN' });
  set([rule({ bodyParts: ['ABDOMEN'] })]);
  shelf.book.sql(`UPDATE object SET state = 'rejected' WHERE examId = ?`).run(exam.id);
  expect(goes(exam)).toBe(false);
});

test('late images follow what was sent before, unless a person took that back', async () => {
  const exam = examFrom('US1');
  set([]);
  const forward = openForward({
    book: shelf.book,
    clock: systemClock,
    log: silentLog,
    ports: {
      openRevision: shelf.openRevision,
      openAssociation: async () => ({ kind: 'unreachable', code: 'ECONNREFUSED' }),
    },
  });
  await forward.applySettings(settings);
  forward.enqueue(exam.id, exam.revisions, { destinations: [{ id: 'cache', required: true }] });
  set([rule({})]);
  const told = routeOf(routing, [{ id: 'archive', state: 'well' }], exam.id);
  expect(told.to.map(({ id, required, answers, because }) => [id, required, answers, because.key])).toEqual([
    ['archive', true, true, 'rule'],
    ['cache', true, false, 'before'],
  ]);
  forward.changeExam({ examId: exam.id, destinationId: 'cache' }, { action: 'cancel', reason: 'not needed' });
  expect(routeOf(routing, [], exam.id).notTo.map(({ id }) => id)).toEqual(['cache']);
  await forward.close();
});

test('rules that are not saved are tried on the last exams, newest first, and nothing is kept of it', () => {
  set([]);
  const [one, other] = [examFrom('US1'), examFrom('CT1')];
  shelf.book.sql(`UPDATE exam SET lastArrivedAt = '2026-11-23T09:00:00.000Z' WHERE id = ?`).run(other.id);
  const asked = settingsShape.parse({ ...settings, routes: [rule({ devices: ['CT1'] }, 'cache')] });
  const preview = routing.preview({ ...asked, limit: 10 });
  expect(preview.map(({ examId, source }) => [examId, source])).toEqual([
    [other.id, 'CT1'],
    [one.id, 'US1'],
  ]);
  expect(preview[0]?.ways.map(({ goes }) => goes)).toEqual([false, true]);
  expect(preview[1]?.ways.map(({ because }) => because.key)).toEqual(['no-rule', 'not-matched']);
  expect(goes(one)).toBe(true);
});

test('what a destination did not take when it was examined is told before an approval', () => {
  set([]);
  const exam = examFrom('CT1');
  shelf.book.sql(`UPDATE object SET state = 'received' WHERE examId = ?`).run(exam.id);
  const accepts = (id: string) => (id === 'cache' ? 'class' : undefined);
  const told = routeOf(routing, [], exam.id, accepts);
  expect(told.to.map(({ id, refuses }) => [id, refuses.map(({ objects }) => objects)])).toEqual([
    ['archive', []],
    ['cache', [2]],
  ]);
});
