// Random corrections of made objects in random character sets and transfer syntaxes, with orders given and taken between them.
//
// For each: giving an order and taking it back leaves what stood before, to the letter; what leaves says exactly what was
// chosen, and its Original Attributes exactly what had come; and when all is set back to what had come, the bytes leave as they came.
import { isAnotherPerson } from '#contract/shapes/other-person.ts';
import { orderContentShape, type OrderContent } from '#contract/shapes/order.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import { canHold, openPart10, readHeader, type NewElement } from '#station/dicom/index.ts';
import { whenExamApproved } from '#station/flow/when-exam-approved.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { whenOrderIsGiven, whenOrderIsTaken, type OrderRooms } from '#station/flow/when-order-is-given.ts';
import type { Random } from '../../faults/random.ts';
import { makeObject, sopClassUid } from '../dicom/objects.ts';
import type { SmallHouse } from './house.ts';
import { readTexts } from './read-texts.ts';

const sets: readonly [readonly string[], ...(readonly string[])[]] = [
  [],
  ['ISO_IR 100'],
  ['ISO_IR 101'],
  ['ISO_IR 144'],
  ['ISO_IR 126'],
  ['ISO_IR 127'],
  ['ISO_IR 192'],
  ['GB18030'],
  ['', 'ISO 2022 IR 87'],
  ['ISO 2022 IR 13', 'ISO 2022 IR 87'],
  ['', 'ISO 2022 IR 149'],
];
const syntaxes: readonly [string, ...string[]] = [
  '1.2.840.10008.1.2',
  '1.2.840.10008.1.2.1',
  '1.2.840.10008.1.2.2',
  '1.2.840.10008.1.2.1.99',
];
const words: readonly [string, ...string[]] = [
  'Doe',
  ...['Müller', 'Zoë', 'Łódź', 'Иванова', 'Анна', 'Διονυσίου', 'قباني', 'לנדאו', 'Yamada', 'O’Hara', 'de la Cruz'],
  ...['山田', 'やまだ', '홍길동', '王小东', 'นารี', 'Smith-Jones', 'A', 'ﾔﾏﾀﾞ'],
];
/** Other people and other words than those of patients, or the verifier would find a former name in them. */
const physicians: readonly [string, ...string[]] = ['Weiß', 'Nowák', 'Сидоров', '佐藤', 'Παππάς', '김'];
const descriptions: readonly [string, ...string[]] = ['Thorax', 'Röntgen', 'Рентген', '胸部', 'Θώρακας', '흉부'];
const tags: Readonly<Record<string, string>> = {
  PatientName: '00100010',
  PatientID: '00100020',
  PatientSex: '00100040',
  AccessionNumber: '00080050',
  StudyDescription: '00081030',
  ReferringPhysicianName: '00080090',
};
type Values = Record<string, string>;

export type RandomCorrections = {
  readonly corrected: number;
  readonly becameUnicode: number;
  readonly setBack: number;
};

/**
 * @throws Error that says what was wrong, and in which round
 */
export async function correctAtRandom(house: SmallHouse, rounds: number, random: Random): Promise<RandomCorrections> {
  const { below, pick: one } = random;
  const name = (parts = words) => {
    const group = () => Array.from({ length: 1 + below(3) }, () => one(parts)).join('^');
    return Array.from({ length: 1 + below(3) }, group).join('=');
  };
  const values = (): Values => ({
    PatientName: name(),
    PatientID: `${one(['ID', 'Nr ', '7'])}${100_000 + below(900_000)}`,
    PatientSex: one(['M', 'F', 'O']),
    AccessionNumber: `A${below(1_000_000)}`,
    StudyDescription: Array.from({ length: 1 + below(2) }, () => one(descriptions)).join(' '),
    ReferringPhysicianName: name(physicians),
  });
  const some = (all: Values): Values => Object.fromEntries(Object.entries(all).filter(() => below(2) === 0));
  let content: OrderContent = orderContentShape.parse({});
  const rooms: OrderRooms = { ...house.rooms, findOrder: () => ({ content }), adoptsStudyUid: () => false };
  const outcome = { corrected: 0, becameUnicode: 0, setBack: 0 };

  for (let round = 0; round < rounds; round++) {
    const fail = (what: string): never => {
      throw new Error(`round ${round}: ${what}`);
    };
    const terms = one(sets);
    const received = Object.fromEntries(
      Object.entries(values()).map(([keyword, text]) => [
        keyword,
        canHold(terms, text) ? text : `Plain${below(1_000_000)}`,
      ]),
    ) as Values;
    const elements: NewElement[] = [
      ...(terms.length > 0 ? [{ keyword: 'SpecificCharacterSet', value: terms }] : []),
      { keyword: 'SOPClassUID', value: sopClassUid },
      { keyword: 'SOPInstanceUID', value: `2.25.7${round}1` },
      { keyword: 'StudyInstanceUID', value: `2.25.7${round}2` },
      { keyword: 'SeriesInstanceUID', value: `2.25.7${round}3` },
      { keyword: 'Modality', value: 'OT' },
      { keyword: 'StudyID', value: `S${round}` },
      ...Object.entries(received).map(([keyword, value]) => ({ keyword, value })),
    ];
    const { examId, objectId, bytes } = await house.take(makeObject(elements, one(syntaxes), terms));
    const correct = (attributes: Attributes) =>
      whenExamCorrected(house.rooms, { examId, attributes, reason: 'CORRECT', by: 'Kim' });
    const standing = () => Object.entries(house.catalog.exam(examId).corrected).sort();

    let chosen: Values = {};
    for (let step = 1 + below(3); step > 0; step--) {
      const said = some(values());
      correct(said);
      const before = { ...received, ...chosen };
      const after = { ...before, ...said };
      const isOwn = (who: Values) => !isAnotherPerson(received, who);
      const follows = isAnotherPerson(before, after) || isOwn(before) !== isOwn(after);
      // The accession number goes with its patient, and comes back with them.
      const numbers: Values = follows
        ? { AccessionNumber: isOwn(after) ? (received['AccessionNumber'] ?? '') : '' }
        : {};
      chosen = { ...chosen, ...numbers, ...said };
    }
    const before = JSON.stringify(standing());
    const { StudyDescription: RequestedProcedureDescription = '', ...ordered } = some(values());
    content = orderContentShape.parse({
      ...ordered,
      RequestedProcedureDescription,
      RequestedProcedureID: `RP${round}`,
    });
    whenOrderIsGiven(rooms, { examId, orderId: `order-${round}`, by: 'Kim' });
    whenOrderIsTaken(rooms, { examId, by: 'Kim' });
    if (JSON.stringify(standing()) !== before) fail(`taking the order back left ${JSON.stringify(standing())}`);

    const setsBack = below(5) === 0;
    if (setsBack) {
      correct(Object.fromEntries(Object.keys(chosen).map((keyword) => [keyword, received[keyword] ?? ''])));
      chosen = {};
    }
    house.pass(60_000);
    await whenExamApproved(house.rooms, { examId, by: 'Kim' });
    const leaving = await house.leaving(objectId);
    const differs = Object.keys(chosen).filter((keyword) => chosen[keyword] !== received[keyword]);
    if (differs.length === 0) {
      if (!leaving.equals(bytes)) fail('nothing was chosen, and other bytes leave');
      outcome.setBack++;
      continue;
    }
    const header = await readHeader(await openPart10(leaving));
    for (const keyword of Object.keys(received)) {
      const wanted = chosen[keyword] ?? received[keyword];
      const said = (header as unknown as Values)[keyword];
      if (said !== wanted) fail(`${keyword} is ${said}, not ${wanted}, in ${terms.join('\\')}`);
    }
    const former = await readTexts(leaving, terms);
    for (const keyword of differs) {
      const kept = former[`04000561[0]>04000550[0]>${tags[keyword]}`];
      if (kept !== received[keyword]) fail(`former ${keyword} is ${kept}, not ${received[keyword]}`);
    }
    outcome.corrected++;
    if (header.SpecificCharacterSet.join('\\') !== terms.join('\\')) outcome.becameUnicode++;
  }
  return outcome;
}
