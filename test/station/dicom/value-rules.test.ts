import { describe, expect, it } from 'vitest';
import { checkValue } from '#contract/shapes/value-rules.ts';

const good: readonly (readonly [string, string])[] = [
  ['PN', ''],
  ['PN', 'Doe^Jane^^Dr^'],
  ['PN', `${'x'.repeat(64)}=${'漢'.repeat(64)}`],
  ['LO', "O'Brien & <Sons>"],
  ['SH', '1234567890123456'],
  ['DA', '20240229'],
  ['TM', '235959.123456'],
  ['TM', '07'],
  ['DT', '20261123041600.5+0100'],
  ['DT', '2026'],
  ['AS', '042Y'],
  ['CS', 'OTHER_1 A'],
  ['AE', 'ROOM 2'],
  ['IS', '-2147483648'],
  ['DS', ' 1.5e-3 '],
  ['UI', '2.25.0'],
  ['UI', '1.2.840.10008.1.2'],
  ['LT', 'two\r\nlines \\ and a backslash'],
  ['ST', 'a\tb'],
  ['UR', 'http://a/b?c=d'],
  ['OB', 'anything'],
];

const bad: readonly (readonly [string, string, string])[] = [
  ['PN', 'x'.repeat(65), 'value-too-long'],
  ['PN', 'a=b=c=d', 'value-not-allowed'],
  ['PN', 'a^b^c^d^e^f', 'value-not-allowed'],
  ['PN', 'Doe\nJane', 'value-not-allowed'],
  ['PN', 'Doe\u202eenaJ', 'value-not-allowed'],
  ['PN', 'Doe\\Jane', 'value-not-allowed'],
  ['PN', 'Doe\ufffd', 'value-not-allowed'],
  ['LO', '\ud800', 'value-not-allowed'],
  ['LO', 'a\u001b[2J', 'value-not-allowed'],
  ['SH', '12345678901234567', 'value-too-long'],
  ['DA', '20230229', 'value-not-allowed'],
  ['DA', '19000229', 'value-not-allowed'],
  ['DA', '20261301', 'value-not-allowed'],
  ['DA', '00000000', 'value-not-allowed'],
  ['DA', '14.09.1961', 'value-too-long'],
  ['DA', '2026-1-1', 'value-not-allowed'],
  ['TM', '2400', 'value-not-allowed'],
  ['TM', '123', 'value-not-allowed'],
  ['DT', '20261123+1500', 'value-not-allowed'],
  ['AS', '42Y', 'value-not-allowed'],
  ['CS', 'm', 'value-not-allowed'],
  ['AE', '   ', 'value-not-allowed'],
  ['AE', 'A\\B', 'value-not-allowed'],
  ['IS', '2147483648', 'value-not-allowed'],
  ['IS', '1.0', 'value-not-allowed'],
  ['DS', '1,5', 'value-not-allowed'],
  ['DS', 'NaN', 'value-not-allowed'],
  ['DS', '1.23456789012345678', 'value-too-long'],
  ['UI', '1.2.03', 'value-not-allowed'],
  ['UI', '1', 'value-not-allowed'],
  ['UI', `1.${'2'.repeat(63)}`, 'value-too-long'],
  ['UR', 'a b', 'value-not-allowed'],
  ['ST', 'a\u0000b', 'value-not-allowed'],
];

describe('what may be typed', () => {
  it.each(good)('%s may be %j', (vr, text) => expect(checkValue(vr, text)).toEqual({ ok: true }));
  it.each(bad)('%s may not be %j', (vr, text, code) =>
    expect(checkValue(vr, text, 'K')).toMatchObject({ ok: false, code, params: { keyword: 'K' } }),
  );
});
