// Services that answer in XML although they were asked for JSON.
import { describe, expect, it } from 'vitest';
import { readStoreAnswer } from '#station/5-forward/web/store-answer.ts';

const read = (xml: string, type = 'application/dicom+xml; charset=UTF-8') => readStoreAnswer(Buffer.from(xml), type);
const item = (uid: string, more = '') =>
  `<Item number="1"><DicomAttribute tag="00081155" vr="UI" keyword="ReferencedSOPInstanceUID"><Value number="1">${uid}</Value></DicomAttribute>${more}</Item>`;
const reason = (tag: string, code: number) =>
  `<DicomAttribute tag="${tag}" vr="US"><Value number="1">${code}</Value></DicomAttribute>`;
const sequence = (tag: string, ...items: readonly string[]) =>
  `<DicomAttribute tag="${tag}" vr="SQ">${items.join('\n')}</DicomAttribute>`;
const model = (...inside: readonly string[]) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">\n${inside.join('\n')}</NativeDicomModel>\n`;

describe('an answer in XML', () => {
  it('says of each object whether it was stored, as one in JSON', () => {
    const xml = model(
      '<DicomAttribute tag="00081190" vr="UR"><Value number="1">http://a/?a=1&amp;b=2</Value></DicomAttribute>',
      sequence('00081199', item('1.2.3'), item('1.2.4', reason('00081196', 0xb007))),
      sequence('00081198', item('1.2.5', reason('00081197', 0xc122)), item('1.2.6')),
    );
    expect(read(xml)).toEqual({
      kind: 'read',
      stored: new Map([
        ['1.2.3', undefined],
        ['1.2.4', 0xb007],
      ]),
      failed: new Map([
        ['1.2.5', 0xc122],
        ['1.2.6', 0x0110],
      ]),
    });
    expect(read(xml, 'text/xml').kind).toBe('read');
  });

  it('may use prefixes, comments, empty elements and other quotes', () => {
    const xml = `<!-- a --><d:NativeDicomModel xmlns:d='x'><d:DicomAttribute tag='00081198' vr='SQ'/>${sequence('00081199', item('<![CDATA[1.2.3]]>'))}</d:NativeDicomModel>`;
    expect(read(xml)).toMatchObject({ kind: 'read', stored: new Map([['1.2.3', undefined]]) });
  });

  it.each([
    ['a page of a proxy', '<html><body><p>Welcome</p></body></html>'],
    ['a model that says nothing of objects', model()],
    ['one that is cut off', model(sequence('00081199', item('1.2.3'))).slice(0, -30)],
    ['elements that cross', '<NativeDicomModel><Item></NativeDicomModel></Item>'],
    ['entities of its own', `<!DOCTYPE a [<!ENTITY b "c">]>${model(sequence('00081199', item('&b;')))}`],
    ['a depth that nobody needs', `${'<Item>'.repeat(40)}${'</Item>'.repeat(40)}`],
    ['text around it', `x${model(sequence('00081199', item('1.2.3')))}`],
    ['two of them', model(sequence('00081199', item('1.2.3'))).repeat(2)],
    ['stray signs', '<NativeDicomModel>< a & b ></NativeDicomModel>'],
  ])('%s is no answer', (_what, xml) => {
    expect(read(xml)).toEqual({ kind: 'unreadable' });
  });

  it('of megabytes that mean ill is given up', () => {
    for (const bad of [
      '<'.repeat(4e6),
      '<a '.repeat(1e6),
      '<![CDATA['.repeat(5e5),
      `<a ${'b="" '.repeat(1e6)}`,
      '&'.repeat(4e6),
    ]) {
      expect(read(bad).kind).toBe('unreadable');
    }
  });
});
