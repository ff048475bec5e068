// The verifier: a former identity is found wherever an object can hide one, and what is fine is not complained about.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { verify, type Claim, type Copy } from '#station/4-review/verifier.ts';
import {
  deflatedExplicitLittleEndian,
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
  openPart10,
  type NewElement,
} from '#station/dicom/index.ts';
import { makeObject, patient } from '../dicom/objects.ts';

const former = { PatientName: 'Ångström^Märta', PatientID: 'ZX-0012305' };
const chosen = { PatientName: 'Berg^Anna', PatientID: '815' };
const uids = { StudyInstanceUID: '2.25.1002', SeriesInstanceUID: '2.25.1003', SOPInstanceUID: '2.25.1001' };

const identity = ({ PatientName, PatientID }: typeof former): NewElement[] => [
  ...patient.filter((element) => 'keyword' in element && !['PatientName', 'PatientID'].includes(element.keyword)),
  { keyword: 'SpecificCharacterSet', value: 'ISO_IR 192' },
  { keyword: 'PatientName', value: PatientName },
  { keyword: 'PatientID', value: PatientID },
];

const marks: NewElement[] = [
  { tag: 0x04000561, vr: 'SQ', items: [[{ keyword: 'PatientName', value: former.PatientName }]] },
];

async function copyOf(bytes: Buffer, pieceBytes = 1000): Promise<Copy & { dataSetSha256: string }> {
  const { dataSetOffset, syntax } = await openPart10(bytes);
  return {
    async *open() {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    },
    sizeBytes: bytes.length,
    dataSetOffset,
    dataSetSha256: createHash('sha256').update(bytes.subarray(dataSetOffset)).digest('hex'),
    transferSyntaxUid: syntax.uid,
  };
}

/** What a perfect writer would make of an object, with `more` in what came and in what leaves. */
async function claimOf(
  more: { readonly received?: readonly NewElement[]; readonly outgoing?: readonly NewElement[] },
  syntax = explicitLittleEndian,
): Promise<Claim> {
  const set = ['ISO_IR 192'];
  const before = makeObject([...identity(former), ...(more.received ?? [])], syntax, set);
  const after = makeObject([...identity(chosen), ...marks, ...(more.outgoing ?? [])], syntax, set);
  const received = await copyOf(before);
  return { received, outgoing: await copyOf(after), chosen, uids, former: [former], edited: true };
}

const both = (...more: NewElement[]) => ({ received: more, outgoing: more });
const sequence = (...items: NewElement[][]): NewElement => ({ tag: 0x0040a730, vr: 'SQ', items });

const syntaxes = [explicitLittleEndian, implicitLittleEndian, explicitBigEndian, deflatedExplicitLittleEndian];

test.each(syntaxes)('a good correction is proved, written as %s', async (syntax) => {
  const claim = await claimOf(both({ keyword: 'ImageComments', value: 'Ångström units' }), syntax);
  expect(await verify(claim)).toMatchObject({ kind: 'proved', notJudged: [] });
});

const hidden: readonly (readonly [string, string, string, NewElement])[] = [
  ['the name in a comment', 'PatientName', '(0020,4000)', { keyword: 'ImageComments', value: 'of Märta Ångström' }],
  ['the name in capitals', 'PatientName', '(0020,4000)', { keyword: 'ImageComments', value: 'see ÅNGSTRÖM, MÄRTA' }],
  ['the name without diacritics', 'PatientName', '(0020,4000)', { keyword: 'ImageComments', value: 'Angstrom^Marta' }],
  ['the ID in a comment', 'PatientID', '(0020,4000)', { keyword: 'ImageComments', value: 'ID zx-0012305!' }],
  ['the ID with letters in front', 'PatientID', '(0020,4000)', { keyword: 'ImageComments', value: 'PIDZX 0012305' }],
  ['the ID as accession number', 'PatientID', '(0008,0050)', { keyword: 'AccessionNumber', value: 'ZX-0012305' }],
  ['the ID among other IDs', 'PatientID', '(0010,1000)', { keyword: 'OtherPatientIDs', value: ['1', 'ZX-0012305'] }],
  ['private text', 'PatientName', '(0011,1001)', { tag: 0x00111001, vr: 'LO', value: 'Ångström^Märta' }],
  [
    'private text of unknown VR',
    'PatientID',
    '(0011,1002)',
    { tag: 0x00111002, vr: 'UN', value: Buffer.from('ZX-0012305') },
  ],
  [
    'private bytes',
    'PatientID',
    '(0011,1003)',
    { tag: 0x00111003, vr: 'OB', value: Buffer.concat([Buffer.alloc(300, 7), Buffer.from('ZX-0012305', 'utf16le')]) },
  ],
  [
    'the text of a report, two levels down',
    'PatientName',
    '(0040,A730)[1]>(0040,A730)[0]>(0040,A160)',
    sequence(
      [{ keyword: 'TextValue', value: 'fine' }],
      [sequence([{ keyword: 'TextValue', value: 'Märta Ångström' }])],
    ),
  ],
  [
    'the name of a person in a report',
    'PatientName',
    '(0040,A730)[0]>(0040,A123)',
    sequence([{ keyword: 'PersonName', value: 'Ångström^Märta' }]),
  ],
  [
    'the ID in a nested item',
    'PatientID',
    '(0040,A730)[0]>(0010,0020)',
    sequence([{ keyword: 'PatientID', value: 'ZX-0012305' }]),
  ],
];

for (const syntax of syntaxes) {
  test.each(hidden)(`%s is found, written as ${syntax}`, async (_what, keyword, where, element) => {
    const claim = await claimOf(both(element), syntax);
    expect(await verify(claim)).toMatchObject({ kind: 'failed', reason: 'former-value', keyword, where });
  });
}

test('a name in kanji is found behind its escapes', async () => {
  const set = ['', 'ISO 2022 IR 87'];
  const japanese = { PatientName: 'Yamada^Tarou=山田^太郎', PatientID: '1' };
  const write = (values: typeof japanese, more: readonly NewElement[] = []) => {
    const rest = identity(values).filter((element) => !('value' in element && element.value === 'ISO_IR 192'));
    const own: NewElement[] = [
      { keyword: 'SpecificCharacterSet', value: set },
      { keyword: 'ImageComments', value: '患者山田太郎様' },
    ];
    return copyOf(makeObject([...rest, ...own, ...more], explicitLittleEndian, set));
  };
  const received = await write(japanese);
  const outgoing = await write(chosen, [{ tag: 0x04000561, vr: 'SQ', items: [[]] }]);
  expect(await verify({ received, outgoing, chosen, uids, former: [japanese], edited: true })).toMatchObject({
    kind: 'failed',
    reason: 'former-value',
    keyword: 'PatientName',
    where: '(0020,4000)',
  });
});

test('another patient of the same family, a word of the name and a common ID are no trace', async () => {
  const claim = await claimOf(
    both(
      { keyword: 'OperatorsName', value: 'Ångström^Nils' },
      { keyword: 'ReferringPhysicianName', value: 'Dahl^Märta' },
      { keyword: 'StudyDescription', value: '0012305 steps' },
    ),
  );
  expect(await verify(claim)).toMatchObject({ kind: 'proved' });
});

test('a value that stands everywhere is not looked for in free text, and that is said', async () => {
  const common = { PatientName: 'TEST^ROOM2', PatientID: '7' };
  const more = both({ keyword: 'StationName', value: 'ROOM2' }, { keyword: 'ImageComments', value: 'test room2, 7' });
  const claim = await claimOf(more);
  const verdict = await verify({ ...claim, former: [common] });
  expect(verdict).toMatchObject({ kind: 'proved', notJudged: ['not-telling:PatientID', 'not-telling:PatientName'] });
});

test('a new value that holds the former one is not taken for it', async () => {
  const claim = await claimOf(both({ keyword: 'ImageComments', value: 'NEW-ZX-0012305' }));
  const longer = { PatientName: 'Berg^Anna', PatientID: 'NEW-ZX-0012305' };
  const set = ['ISO_IR 192'];
  const more: NewElement = { keyword: 'ImageComments', value: 'NEW-ZX-0012305' };
  const outgoing = await copyOf(makeObject([...identity(longer), ...marks, more], explicitLittleEndian, set));
  expect(await verify({ ...claim, chosen: longer, outgoing })).toMatchObject({ kind: 'proved' });
});

test('what it cannot look into is said: pixels and embedded documents', async () => {
  const claim = await claimOf(
    both(
      { keyword: 'EncapsulatedDocument', vr: 'OB', value: Buffer.alloc(2_000_000) },
      { keyword: 'PixelData', vr: 'OW', value: Buffer.alloc(100) },
    ),
  );
  expect(await verify(claim)).toMatchObject({ kind: 'proved', notJudged: ['embedded-document', 'pixels'] });
});

const text = (value: string): NewElement => ({ keyword: 'ImageComments', value });

test.each([
  ['a changed element', { received: [text('one')], outgoing: [text('two')] }, '(0020,4000)'],
  ['a lost element', { received: [text('one')], outgoing: [] }, '(0020,4000)'],
  ['a new element', { received: [], outgoing: [text('one')] }, '(0020,4000)'],
  [
    'another padding',
    {
      received: [{ tag: 0x00204000, vr: 'LT', value: Buffer.from('one ') }],
      outgoing: [{ tag: 0x00204000, vr: 'LT', value: Buffer.from('one\0') }],
    },
    '(0020,4000)',
  ],
  [
    'a changed nested value',
    { received: [sequence([text('one')])], outgoing: [sequence([text('two')])] },
    '(0040,A730)[0]>(0020,4000)',
  ],
  [
    'changed pixels',
    {
      received: [{ keyword: 'PixelData', vr: 'OW', value: Buffer.alloc(5000) }],
      outgoing: [{ keyword: 'PixelData', vr: 'OW', value: Buffer.alloc(5000, 1) }],
    },
    '(7FE0,0010)',
  ],
] as [string, { received: NewElement[]; outgoing: NewElement[] }, string][])('%s fails', async (_what, more, where) => {
  expect(await verify(await claimOf(more))).toMatchObject({ kind: 'failed', reason: 'difference', keyword: '', where });
});

test('an object on which the chosen value does not stand fails', async () => {
  const claim = await claimOf({});
  expect(await verify({ ...claim, chosen: { ...chosen, StudyID: '4' } })).toMatchObject({
    kind: 'failed',
    reason: 'chosen-value',
    keyword: 'StudyID',
    where: '(0020,0010)',
  });
  expect(await verify({ ...claim, uids: { ...uids, SeriesInstanceUID: '2.25.9' } })).toMatchObject({
    keyword: 'SeriesInstanceUID',
  });
});

test('an object whose former values are not kept fails', async () => {
  const claim = await claimOf({});
  const outgoing = await copyOf(makeObject(identity(chosen), explicitLittleEndian, ['ISO_IR 192']));
  expect(await verify({ ...claim, outgoing })).toMatchObject({ reason: 'original-attributes' });
});

test('a repeated name in a sequence may become the chosen one, and nothing else', async () => {
  const nested = (PatientName: string) => sequence([{ keyword: 'PatientName', value: PatientName }]);
  const good = await claimOf({ received: [nested(former.PatientName)], outgoing: [nested(chosen.PatientName)] });
  expect(await verify(good)).toMatchObject({ kind: 'proved' });
  const bad = await claimOf({ received: [nested('Dahl^Eva')], outgoing: [nested(chosen.PatientName)] });
  expect(await verify(bad)).toMatchObject({ kind: 'failed', where: '(0040,A730)[0]>(0010,0010)' });
});

test('bytes that do not end where they should are refused and never followed for ever', async () => {
  const claim = await claimOf(both(sequence([text('one')])));
  const bytes: Buffer[] = [];
  for await (const piece of claim.outgoing?.open() ?? []) bytes.push(piece);
  const whole = Buffer.concat(bytes);
  for (const cut of [whole.length - 1, whole.length - 9, whole.length - 30]) {
    const outgoing = { ...(await copyOf(whole)), ...(await copyOf(whole.subarray(0, cut))) };
    expect((await verify({ ...claim, outgoing })).kind).toBe('failed');
  }
});
