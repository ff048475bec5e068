import { describe, expect, it } from 'vitest';
import { canHold, decodeText, encodeText, readHeader } from '#station/dicom/index.ts';
import { makeObject, patient } from './objects.ts';

// Examples of PS3.5 annexes H, I, J and K, and one name for every defined term.
const names: readonly (readonly [string, readonly string[]])[] = [
  ['Buc^Jérôme', ['ISO_IR 100']],
  ['Wałęsa^Lech', ['ISO_IR 101']],
  ['Ġużeppi^Ħaż', ['ISO_IR 109']],
  ['Bērziņš^Jānis', ['ISO_IR 110']],
  ['Люкceмбypг', ['ISO_IR 144']],
  ['قباني^لنزار', ['ISO_IR 127']],
  ['Διονυσιος', ['ISO_IR 126']],
  ['שרון^דבורה', ['ISO_IR 138']],
  ['Çavuşoğlu', ['ISO_IR 148']],
  ['Œuvre^Š€', ['ISO_IR 203']],
  ['ﾔﾏﾀﾞ^ﾀﾛｳ', ['ISO_IR 13']],
  ['นามสกุล', ['ISO_IR 166']],
  ['Wang^XiaoDong=王^小东', ['ISO_IR 192']],
  ['Wang^XiaoDong=王^小东=𠀀€', ['GB18030']],
  ['Wang^XiaoDong=王^小东', ['GBK']],
  ['Yamada^Tarou=山田^太郎=やまだ^たろう', ['', 'ISO 2022 IR 87']],
  ['ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう', ['ISO 2022 IR 13', 'ISO 2022 IR 87']],
  ['Niwa^Ko=丂丄^亅', ['', 'ISO 2022 IR 87', 'ISO 2022 IR 159']],
  ['Hong^Gildong=洪^吉洞=홍^길동', ['', 'ISO 2022 IR 149']],
  ['Zhang^XiaoDong=张^小东', ['', 'ISO 2022 IR 58']],
  ['Müller^Διονύσιος^Люк', ['ISO 2022 IR 100', 'ISO 2022 IR 126', 'ISO 2022 IR 144']],
];

describe('a name', () => {
  it.each(names)('%s is written and read again in %j', async (name, terms) => {
    const bytes = encodeText(name, terms, 'PN');
    expect(bytes && decodeText(bytes, terms, 'PN')).toEqual({ text: name, sound: true });
    const header = await readHeader(
      makeObject(
        [
          { keyword: 'SpecificCharacterSet', value: [...terms] },
          ...patient.slice(0, 5),
          { keyword: 'PatientName', value: name },
        ],
        undefined,
        terms,
      ),
    );
    expect(header.PatientName).toBe(name);
    expect(header.flaws).toEqual([]);
  });

  it('is written as the standard shows it (PS3.5 H.3.1)', () => {
    expect(encodeText('Yamada^Tarou=山田^太郎=やまだ^たろう', ['', 'ISO 2022 IR 87'], 'PN')?.toString('hex')).toBe(
      '59616d6164615e5461726f753d1b2442' +
        '3b33' +
        '4544' +
        '1b28425e1b2442' +
        '4240' +
        '4f3a' +
        '1b28423d1b2442' +
        '2464' +
        '245e' +
        '2440' +
        '1b28425e1b2442' +
        '243f' +
        '246d' +
        '2426' +
        '1b2842',
    );
  });

  it('is written as the standard shows it for Korean, with its escape in every component (PS3.5 I.2)', () => {
    expect(encodeText('Hong^Gildong=洪^吉洞', ['', 'ISO 2022 IR 149'], 'PN')?.toString('hex')).toBe(
      '486f6e675e47696c646f6e673d1b242943fbf35e1b242943d1ced4d7',
    );
  });
});

describe('a character set', () => {
  it('is asked before something is written that it cannot hold', () => {
    expect(canHold([], 'Müller')).toBe(false);
    expect(canHold(['ISO_IR 100'], 'Müller')).toBe(true);
    expect(canHold(['ISO_IR 100'], 'Wałęsa')).toBe(false);
    expect(canHold(['ISO_IR 100'], '€')).toBe(false);
    expect(canHold(['ISO_IR 192'], 'Wałęsa 😀')).toBe(true);
    expect(canHold(['GBK'], '😀')).toBe(false);
    expect(canHold(['GB18030'], '😀')).toBe(true);
    expect(canHold(['ISO_IR 13'], 'a\u203eb')).toBe(true);
    expect(canHold(['ISO_IR 13'], '~')).toBe(false);
    expect(canHold(['ISO_IR 999'], 'Doe')).toBe(true);
    expect(canHold(['ISO_IR 999'], 'Doé')).toBe(false);
    expect(canHold(['ISO_IR 192'], '\ud800')).toBe(false);
    expect(canHold(['ISO_IR 192'], '\u001b$B')).toBe(false);
  });

  it('that is unknown or wrong shows the bytes as Latin-1 and says so', () => {
    const bytes = Buffer.from('M\u00fcller', 'latin1');
    for (const terms of [[], ['ISO_IR 999'], ['ISO_IR 192'], ['ISO_IR 6'], ['', 'ISO 2022 IR 87']])
      expect(decodeText(bytes, terms, 'LO')).toEqual({ text: 'M\u00fcller', sound: false });
  });

  it('may be named carelessly', () => {
    const bytes = Buffer.from('M\u00fcller', 'latin1');
    for (const term of ['ISO_IR 100', 'ISO-IR 100', 'iso_ir_100', 'ISO 2022 IR 100'])
      expect(decodeText(bytes, [term], 'LO')).toEqual({ text: 'M\u00fcller', sound: true });
  });

  it('does not take the second half of a Chinese or Japanese character for a border', () => {
    // 0x5C, the backslash, is the second byte of these.
    expect(decodeText(Buffer.from([0x81, 0x5c]), ['GBK'], 'LO')).toEqual({
      text: '乗'.length ? new TextDecoder('gbk').decode(Uint8Array.of(0x81, 0x5c)) : '',
      sound: true,
    });
    const kanji = decodeText(
      Buffer.from([0x1b, 0x24, 0x42, 0x30, 0x5c, 0x1b, 0x28, 0x42]),
      ['', 'ISO 2022 IR 87'],
      'LO',
    );
    expect(kanji.sound).toBe(true);
    expect(kanji.text).not.toContain('\\');
  });

  it('falls back to the first one behind every border', () => {
    const bytes = Buffer.from([0x1b, 0x2d, 0x46, 0xc4, 0x5e, 0xe9]);
    expect(decodeText(bytes, ['ISO 2022 IR 100', 'ISO 2022 IR 126'], 'PN').text).toBe('Δ^é');
    expect(decodeText(bytes, ['ISO 2022 IR 100', 'ISO 2022 IR 126'], 'LO').text).toBe('Δ^ι');
  });
});
