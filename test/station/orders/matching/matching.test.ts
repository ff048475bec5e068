// Which order an exam may belong to: what is recognised as the same patient, and what never is.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderContentShape, type OrderContent } from '#contract/shapes/order.ts';
import {
  compareDates,
  compareIds,
  compareNames,
  explainMatch,
  findOddities,
  onlySure,
  rankOrders,
  type MatchFacts,
} from '#station/orders/matching/index.ts';

const content = (said: Partial<OrderContent> = {}): OrderContent =>
  orderContentShape.parse({
    ...{ PatientName: 'Brandt^Ute', PatientID: '118843', IssuerOfPatientID: '', PatientBirthDate: '19700102' },
    ...{ PatientSex: 'F', AdmissionID: '', AccessionNumber: '26-118-0442', IssuerOfAccessionNumber: '' },
    ...{ Modality: 'US', ScheduledStationAETitles: ['USROOM2'], scheduledFor: '20261122083000' },
    ...said,
  });
const unknown: MatchFacts = {
  ...{ PatientName: '', PatientID: '', IssuerOfPatientID: '', PatientBirthDate: '', PatientSex: '' },
  ...{ AccessionNumber: '', StudyInstanceUID: '1.2.3', modalities: ['US'], aeTitle: 'USROOM2', places: [] },
  ...{ performedAt: '20261122083107', arrivedAt: '', severalPatients: false },
};
const known: MatchFacts = {
  ...unknown,
  ...{ PatientName: 'Brandt^Ute', PatientID: '118843', PatientBirthDate: '19700102', PatientSex: 'F' },
  AccessionNumber: '26-118-0442',
};
const keys = (facts: MatchFacts, said: Partial<OrderContent> = {}) =>
  explainMatch(facts, content(said)).reasons.map(({ key }) => key);

describe('two names are one person', () => {
  it.each([
    ['BRANDT^UTE', 'Brandt^Ute', 'equal'],
    ['Brandt, Ute', 'Brandt^Ute', 'equal'],
    ['Brandt^Ute^^Dr.', 'Brandt^Ute', 'marks'],
    ['Muller^Anne', 'Müller^Änne', 'marks'],
    ["O'Neill^Kate", 'ONeill^Kate', 'marks'],
    ['Mueller^Jurgen', 'Müller^Jürgen', 'spelling'],
    ['Strasse^Joerg', 'Straße^Jörg', 'spelling'],
    ['Иванов^Сергей', 'Ivanov^Sergey', 'spelling'],
    ['Щукин^Юрий', 'Shchukin^Yuriy', 'spelling'],
    ['Παπαδόπουλος^Γιώργος', 'Papadopoulos^Giorgos', 'marks'],
    ['ヤマダ^タロウ', 'Yamada^Tarou', 'marks'],
    ['Ueda^Gouda', 'うえだ^ごうだ', 'marks'],
    ['Yamada^Tarou=山田^太郎=やまだ^たろう', '山田^太郎', 'equal'],
    ['Ute^Brandt', 'Brandt^Ute', 'order'],
    ['Barndt^Ute', 'Brandt^Ute', 'swapped'],
    ['Brand^Ute', 'Brandt^Ute', 'one-letter'],
    ['Brandt^U', 'Brandt^Ute', 'initials'],
    ['Brandt^Ute^Maria', 'Brandt^Ute', 'more'],
    ['Featherstonehaug', 'Featherstonehaugh^Cholmondeley', 'cut'],
    ['Brandt^Maria', 'Brandt^Ute', 'family-only'],
    ['Hoffmann^Karl', 'Brandt^Ute', 'other'],
    ['Smith^Bob', 'Smith^Robert', 'family-only'],
    ['', 'Brandt^Ute', 'unsaid'],
    ['^^', 'Brandt^Ute', 'unsaid'],
  ])('%s and %s: %s', (a, b, verdict) => {
    expect(compareNames(a, b)).toBe(verdict);
    expect(compareNames(b, a)).toBe(verdict);
  });
});

it.each([
  ['118843', '118843', 'equal'],
  ['118 843', '118-843', 'equal'],
  ['00118843', '118843', 'leading-zeros'],
  ['O012305', '0012305', 'look-alike'],
  ['1188437', '118843', 'check-digit'],
  ['118844', '118843', 'one-digit'],
  ['118834', '118843', 'swapped'],
  ['12', '13', 'other'],
  ['118843', '471190', 'other'],
  ['', '118843', 'unsaid'],
])('patient IDs %s and %s: %s', (a, b, verdict) => {
  expect(compareIds(a, b)).toBe(verdict);
  expect(compareIds(b, a)).toBe(verdict);
});

it.each([
  ['19700102', '19700102', 'equal'],
  ['19700103', '19700102', 'one-digit'],
  ['19700201', '19700102', 'day-month'],
  ['19710102', '19700102', 'one-year'],
  ['19690102', '19700102', 'one-year'],
  ['18881224', '19700102', 'other'],
  ['19071002', '19701002', 'swapped'],
  ['1970', '19700102', 'unsaid'],
])('birth dates %s and %s: %s', (a, b, verdict) => {
  expect(compareDates(a, b)).toBe(verdict);
  expect(compareDates(b, a)).toBe(verdict);
});

describe('an order is explained', () => {
  it('fits an exam that names nobody by device, modality and time, and is likely, not sure', () => {
    const match = explainMatch(unknown, content());
    expect(match).toMatchObject({ level: 'likely', score: 92 });
    expect(match.reasons.map(({ key }) => key)).toEqual(['device-of-order', 'time-close', 'modality-equal']);
  });

  it('says same accession, birth date differs by one digit, device in the room of the order', () => {
    const facts = { ...known, PatientID: '', PatientName: '', PatientBirthDate: '19700103', places: ['Room 2'] };
    const found = keys(facts, { ScheduledStationAETitles: [], ScheduledProcedureStepLocation: 'ROOM 2' });
    expect(found.slice(0, 2)).toEqual(['accession-equal', 'room-of-order']);
    expect(found).toContain('birth-one-digit');
  });

  it('is sure when patient and accession number agree', () =>
    expect(explainMatch(known, content())).toMatchObject({ level: 'sure', score: 100 }));

  it.each<[string, Partial<OrderContent>]>([
    ['another ID', { PatientID: '471190' }],
    ['an ID with one digit off', { PatientID: '118844' }],
    ['the same ID of another hospital', { IssuerOfPatientID: 'ELSEWHERE' }],
    ['another name', { PatientName: 'Hoffmann^Karl' }],
    ['another given name', { PatientName: 'Brandt^Maria' }],
    ['another birth date', { PatientBirthDate: '19551130' }],
    ['another sex', { PatientSex: 'M' }],
  ])('is never sure with %s, though all else is the same', (_what, said) =>
    expect(explainMatch({ ...known, IssuerOfPatientID: 'ST-ANNA' }, content(said)).level).not.toBe('sure'),
  );

  it('is against when name and birth date are others, though the accession number is the same', () =>
    expect(explainMatch(known, content({ PatientName: 'Hoffmann^Karl', PatientBirthDate: '19551130' })).level).toBe(
      'against',
    ));

  it('is against when the order was cancelled', () =>
    expect(explainMatch(known, content(), 'cancelled').level).toBe('against'));

  it('is not sure for an exam with two patients in it', () =>
    expect(explainMatch({ ...known, severalPatients: true }, content()).level).toBe('possible'));

  it('says that it arrived on the day of the order where the clock of the device is of another year', () => {
    const facts = { ...unknown, performedAt: '20010101000000' };
    expect(keys(facts)).toContain('time-far');
    expect(keys({ ...facts, arrivedAt: '20261122083500' })).toContain('time-arrived');
  });

  it('knows another ID of the same patient', () =>
    expect(keys({ ...known, PatientID: 'OLD-77' }, { OtherPatientIDs: ['OLD-77'] })).toContain('id-known-otherwise'));
});

describe('whatever is said', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.constantFrom('Brandt^Ute', 'Ute^Brandt', ''),
  );
  it('two names give the same verdict either way round', () =>
    fc.assert(
      fc.property(anyText, anyText, (a, b) => compareNames(a, b) === compareNames(b, a)),
      { numRuns: 300 },
    ));

  it('an order of another patient is never sure', () => {
    const other = fc.record({
      PatientName: fc.constantFrom('Hoffmann^Karl', 'Ng^Li', 'Соколов^Пётр', '山田^太郎'),
      PatientID: fc.constantFrom('471190', '990017', 'X-55501'),
      PatientBirthDate: fc.constantFrom('19551130', '20010704', ''),
      PatientSex: fc.constantFrom('M', 'F', 'O', ''),
      AccessionNumber: fc.constantFrom('26-118-0442', '26-118-0443', ''),
      StudyInstanceUID: fc.constantFrom('1.2.3', '9.9', ''),
      ScheduledStationAETitles: fc.constantFrom<string[]>(['USROOM2'], ['CT1'], []),
    });
    fc.assert(
      fc.property(other, fc.subarray(['PatientName', 'PatientID', 'PatientBirthDate'] as const), (said, unsaid) => {
        const facts = { ...known, ...Object.fromEntries(unsaid.map((key) => [key, ''])) };
        const isSilent = unsaid.includes('PatientName') && unsaid.includes('PatientID');
        return isSilent || explainMatch(facts, content(said)).level !== 'sure';
      }),
    );
  });

  it('texts of 64 kB are looked at in part and answered', () => {
    const long = 'ж\u0301^=\\,'.repeat(13_000);
    expect(compareNames(long, long)).toBe('equal');
    expect(compareNames(long, 'Brandt^Ute')).toBe('other');
    expect(compareIds('1'.repeat(65_536), '2'.repeat(65_536))).toBe('other');
    expect(explainMatch({ ...known, PatientName: long, PatientID: long }, content()).reasons[0]?.params).toBeDefined();
  });

  it('points lie between 0 and 100', () =>
    fc.assert(
      fc.property(fc.record({ PatientName: anyText, PatientID: anyText, PatientBirthDate: anyText }), (said) => {
        const { score } = explainMatch({ ...known, ...said }, content());
        return score >= 0 && score <= 100;
      }),
    ));
});

describe('a rule may give', () => {
  const order = (id: string, said: Partial<OrderContent> = {}) => ({
    ...({ id, sourceId: 'ris', sourceKind: 'worklist', sourceName: 'RIS', state: 'scheduled' } as const),
    ...{ content: content(said), seenAt: '2026-11-22T08:00:00Z', goneAt: null },
    ...{ sharesAccession: false, examIds: [], alsoFrom: [] },
  });
  it('the only sure order', () => {
    const ranked = rankOrders(known, [order('b', { PatientID: '1', PatientName: 'No^One' }), order('a')], 10);
    expect(ranked.map(({ order: { id } }) => id)).toEqual(['a', 'b']);
    expect(onlySure(ranked, true)?.order.id).toBe('a');
  });
  it('none where two are sure', () =>
    expect(onlySure(rankOrders(known, [order('a'), order('b')], 10), true)).toBeUndefined());
  it('none that another exam has already, however well it fits', () => {
    const taken = { ...order('a'), examIds: ['first'] };
    const [second] = rankOrders({ ...known, examId: 'second' }, [taken], 10);
    expect(second?.match.level).toBe('possible');
    expect(second?.match.reasons.map(({ key }) => key)).toContain('order-has-exam');
    expect(rankOrders({ ...known, examId: 'first' }, [taken], 10)[0]?.match.level).toBe('sure');
  });
  it('none without the accession number where the site wants it', () => {
    const ranked = rankOrders({ ...known, AccessionNumber: '' }, [order('a')], 10);
    expect(onlySure(ranked, false)?.order.id).toBe('a');
    expect(onlySure(ranked, true)).toBeUndefined();
  });
});

it.each([
  [{ PatientBirthDate: '20270101' }, ['born-after-exam']],
  [{ PatientBirthDate: '19000101' }, ['very-old']],
  [{ PatientAge: '031Y' }, ['age-differs']],
  [{ PatientAge: '056Y' }, []],
  [{ PatientAge: '000Y' }, []],
  [{ PatientBirthDate: '20260822', PatientAge: '003M' }, []],
  [{ sexes: ['F', 'M'] }, ['sexes-differ']],
  [{ sexes: ['M'], modalities: ['MG'] }, ['mammography-of-man']],
])('what cannot be is said: %j', (facts, expected) => {
  const plain = {
    PatientBirthDate: '19700102',
    StudyDate: '20261122',
    PatientAge: '',
    sexes: ['F'],
    modalities: ['US'],
  };
  expect(findOddities({ ...plain, ...facts }).map(({ key }) => key)).toEqual(expected);
});
