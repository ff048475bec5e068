// Whose exam it is, over the real book: candidates, the guard, drafts, visits and the site's rule.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Exam } from '#contract/shapes/exam.ts';
import { matchingSettingShape, type MatchingSetting } from '#contract/shapes/matching.ts';
import { orderContentShape, type OrderContent } from '#contract/shapes/order.ts';
import { settingsShape } from '#contract/shapes/settings.ts';
import { siteRule } from '#station/flow/given-by-rule.ts';
import { compareIdentifier, readCode } from '#station/flow/identity-guard.ts';
import { openMatching, type Matching } from '#station/flow/matching.ts';
import { openOrdersOfExams } from '#station/flow/orders-of-exams.ts';
import { Visitors } from '#station/flow/visitors.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { openOrders, type Orders } from '#station/orders/index.ts';
import { openSmallHouse, type SmallHouse } from '../4-review/house.ts';
import { makeObject, patient } from '../dicom/objects.ts';

const nobody = ['PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex', 'AccessionNumber'];
const brandt: Partial<OrderContent> = {
  ...{ PatientName: 'Brandt^Ute', PatientID: '118843', PatientBirthDate: '19700102', PatientSex: 'F' },
  ...{ AccessionNumber: 'A442', Modality: 'US', ScheduledStationAETitles: ['ULTRASOUND2'] },
  scheduledFor: '20261123103000',
};

let house: SmallHouse;
let orders: Orders;
let matching: Matching;
let setting: MatchingSetting;
let readExam: (examId: string) => Exam;
let desk: ReturnType<typeof openOrdersOfExams>;

beforeEach(async () => {
  house = await openSmallHouse();
  const { book, audit, catalog } = house;
  setting = matchingSettingShape.parse({});
  orders = openOrders({ book, clock: systemClock });
  const rooms = { ...house.rooms, catalog, adoptsStudyUid: () => false };
  desk = openOrdersOfExams(rooms, () => 'Kim');
  readExam = (examId) => desk.complete({ ...catalog.exam(examId), history: audit.historyOf(examId) });
  matching = openMatching({
    ...{ book, clock: systemClock, log: silentLog, audit, catalog, orders, readExam, by: () => 'Kim' },
    settings: () => settingsShape.parse({ station: { matching: setting } }),
    give: openOrdersOfExams(rooms, () => siteRule).apply,
    onChanged: () => undefined,
  });
});
afterEach(() => house.close());

const expectOrder = (said: Partial<OrderContent> = {}, sourceKey = '1') =>
  orders.keep({
    ...{ sourceId: 'ris', sourceKind: 'worklist', sourceKey, state: 'scheduled' },
    content: orderContentShape.parse({ ...brandt, ...said }),
  }).orderId;
const texts = { StudyDate: '20261123', StudyTime: '103500', Modality: 'US' };
async function takeExam(said: Readonly<Record<string, string>> = {}): Promise<string> {
  const values = { ...Object.fromEntries(nobody.map((keyword) => [keyword, ''])), ...texts, ...said };
  const plain = patient.filter((one) => !('keyword' in one && one.keyword in values));
  const elements = Object.entries(values).map(([keyword, value]) => ({ keyword, value }));
  const { examId } = await house.take(makeObject([...plain, ...elements] as Parameters<typeof makeObject>[0]));
  house.pass(60_000);
  return examId;
}
const problem = (code: string) => expect.objectContaining({ code }) as unknown;

describe('candidates', () => {
  it('the order of the device and the hour stands first for an exam that names nobody', async () => {
    const orderId = expectOrder();
    expectOrder({ PatientID: '9', PatientName: 'No^One', Modality: 'CT', ScheduledStationAETitles: ['CT1'] }, '2');
    const { candidates, guard } = matching.candidates(await takeExam({ PatientName: 'TEST^ROOM2' }));
    expect(candidates[0]).toMatchObject({ order: { id: orderId }, match: { level: 'likely' } });
    expect(candidates[0]?.match.reasons.map(({ key }) => key)).not.toContain('name-other');
    expect(guard).toMatchObject({ wanted: false, setting: 'when-changed' });
  });

  it('what was given stands first and does not explain itself by what it gave', async () => {
    const orderId = expectOrder();
    const examId = await takeExam();
    desk.apply({ examId, orderId });
    const [first] = matching.candidates(examId).candidates;
    expect(first?.order.id).toBe(orderId);
    expect(first?.match.reasons.map(({ key }) => key)).not.toContain('id-equal');
  });

  it('a birth after the exam and another person under the same ID are said', async () => {
    await takeExam({ PatientID: '118843', PatientName: 'Hoffmann^Karl', StudyInstanceUID: '2.25.7' });
    const examId = await takeExam({ PatientID: '118843', PatientName: 'Brandt^Ute', PatientBirthDate: '20270101' });
    const { oddities, elsewhere } = matching.candidates(examId);
    expect(oddities.map(({ key }) => key)).toEqual(['born-after-exam']);
    expect(elsewhere).toMatchObject([{ kind: 'same-id-other-person', PatientName: 'Hoffmann^Karl' }]);
  });
});

describe('the guard in front of a change of patient', () => {
  it('refuses an order given by one key until an identifier of that patient was given', async () => {
    const orderId = expectOrder();
    const examId = await takeExam();
    desk.apply({ examId, orderId });
    expect(matching.candidates(examId).guard.wanted).toBe(true);
    expect(() => matching.refuseUnchecked(examId)).toThrow(problem('second-identifier-missing'));
    expect(matching.checkIdentity(examId, { text: '471190', how: 'typed' })).toMatchObject({ outcome: 'differs' });
    expect(() => matching.refuseUnchecked(examId)).toThrow();
    expect(matching.checkIdentity(examId, { text: '0118843', how: 'scanned' })).toEqual({
      ...{ outcome: 'matches', keyword: 'PatientID' },
    });
    matching.refuseUnchecked(examId);
    expect(matching.candidates(examId).guard.checked).toMatchObject({ how: 'scanned', by: 'Kim' });
  });

  it('asks again when the patient becomes another one', async () => {
    const [first, second] = [expectOrder(), expectOrder({ PatientID: '471190', PatientName: 'Hoffmann^Karl' }, '2')];
    const examId = await takeExam();
    desk.apply({ examId, orderId: first });
    matching.checkIdentity(examId, { text: '02.01.1970', how: 'typed' });
    matching.refuseUnchecked(examId);
    desk.apply({ examId, orderId: second });
    expect(() => matching.refuseUnchecked(examId)).toThrow(problem('second-identifier-missing'));
  });

  it('asks nothing when the order says who the device had said, and nothing at all when it is off', async () => {
    const same = await takeExam({ PatientID: '118843', PatientName: 'BRANDT^UTE' });
    desk.apply({ examId: same, orderId: expectOrder() });
    matching.refuseUnchecked(same);
    const other = await takeExam({ StudyInstanceUID: '2.25.8' });
    desk.apply({ examId: other, orderId: expectOrder() });
    setting = { ...setting, guard: 'off' };
    matching.refuseUnchecked(other);
    setting = { ...setting, guard: 'always' };
    expect(() => matching.refuseUnchecked(same)).toThrow(problem('second-identifier-missing'));
  });

  const ute = { PatientID: '0118843', PatientName: 'Brandt^Ute', PatientBirthDate: '19700102' };
  it.each([
    ['118843', 'matches'],
    ['118 843', 'matches'],
    ['19700102', 'matches'],
    ['02011970', 'matches'],
    ['2.1.1970', 'differs'],
    ['01021970', 'differs'],
    ['118844', 'differs'],
    ['Brandt', 'differs'],
  ])('%s of Ute Brandt, born 2 January 1970, ID 0118843: %s', (given, outcome) =>
    expect(compareIdentifier(ute, given).outcome).toBe(outcome),
  );

  it.each([
    ['118843', '', '118843'],
    [']C1^118843^X', '\\^(?<id>\\d+)\\^', '118843'],
    ['P118843', '^P(\\d+)$', '118843'],
    ['nothing', '^P(\\d+)$', 'nothing'],
  ])('a code %s by the pattern %s is %s', (code, pattern, id) => expect(readCode(code, pattern)).toBe(id));

  it('a pattern that is none is refused with its field', () =>
    expect(() => matchingSettingShape.parse({ scanner: { pattern: '(' } })).toThrow('a regular expression'));
});

describe('drafts and visits', () => {
  const [mine, theirs] = [crypto.randomUUID(), crypto.randomUUID()];

  it('what was typed comes back to its window, and to others when that window is gone', async () => {
    const examId = await takeExam();
    await matching.saveDraft(examId, mine, { family: 'Brandt' });
    expect(matching.readDraft(examId, mine)?.fields).toEqual({ family: 'Brandt' });
    matching.visit({ examId, window: mine, leaves: false, typing: true });
    expect(matching.readDraft(examId, theirs)).toBeNull();
    expect(matching.visit({ examId, window: theirs, leaves: false, typing: false })).toMatchObject([
      { name: 'Kim', typing: true },
    ]);
    matching.visit({ examId, window: mine, leaves: true, typing: false });
    expect(matching.readDraft(examId, theirs)).toMatchObject({ fields: { family: 'Brandt' }, by: 'Kim' });
    matching.dropDrafts(examId);
    expect(matching.readDraft(examId, mine)).toBeNull();
  });

  it('an empty draft is none, and an exam that is not here has none', async () => {
    const examId = await takeExam();
    await matching.saveDraft(examId, mine, { family: 'B' });
    await matching.saveDraft(examId, mine, {});
    expect(matching.readDraft(examId, mine)).toBeNull();
    await expect(matching.saveDraft('0'.repeat(26), mine, { family: 'B' })).rejects.toThrow(problem('not-found'));
  });

  it('a window that says nothing for a while is gone', () => {
    let ms = 0;
    const told: string[] = [];
    const visitors = new Visitors({ ...systemClock, monotonicMs: () => ms }, (examId) => told.push(examId));
    const visit = (window: string) =>
      visitors.visit({ examId: 'e', window, name: 'Kim', leaves: false, typing: false });
    visit('a');
    expect(visit('b')).toHaveLength(1);
    ms = 13_000;
    expect(visit('b')).toEqual([]);
    expect(told).toEqual(['e', 'e', 'e']);
  });
});

describe('the site’s rule', () => {
  const known = { PatientName: 'Brandt^Ute', PatientID: '118843', AccessionNumber: 'A442' };

  it('gives nothing unless the site says so; then only the one sure order, marked as its own', async () => {
    const orderId = expectOrder();
    const examId = await takeExam(known);
    house.pass(60_000);
    matching.look([examId]);
    expect(readExam(examId).appliedOrder).toBeUndefined();
    setting = { ...setting, applyAlone: 'sure' };
    matching.look([examId]);
    expect(readExam(examId).appliedOrder).toMatchObject({ orderId, by: siteRule });
    expect(matching.candidates(examId).givenByRule).toBe(orderId);
  });

  it('gives an order that comes after its exam, once for all that came together', async () => {
    setting = { ...setting, applyAlone: 'sure' };
    const examId = await takeExam(known);
    matching.look([examId]);
    expect(readExam(examId).appliedOrder).toBeUndefined();
    const orderId = expectOrder();
    matching.ordersCame();
    matching.ordersCame();
    await expect.poll(() => readExam(examId).appliedOrder?.orderId).toBe(orderId);
    expect(readExam(examId).appliedOrder?.by).toBe(siteRule);
    matching.ordersCame();
    matching.close();
  });

  it('never gives again what a person took back, and nothing where the patient is not sure', async () => {
    setting = { ...setting, applyAlone: 'sure' };
    expectOrder();
    const [taken, unsure] = [await takeExam(known), await takeExam({ StudyInstanceUID: '2.25.9' })];
    matching.look([taken, unsure]);
    expect(readExam(unsure).appliedOrder).toBeUndefined();
    desk.remove({ examId: taken });
    matching.look([taken]);
    expect(readExam(taken).appliedOrder).toBeUndefined();
  });
});
