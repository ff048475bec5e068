// Tables that a spreadsheet opens as they are meant, whatever stands in a cell.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv, type Cell } from '#station/statistics/csv.ts';

/** As RFC 4180 has it, letter by letter. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  for (let n = 0; n < text.length;) {
    if (text[n] === '"') {
      for (n++; text[n] !== '"' || text[n + 1] === '"'; n++) {
        cell += text[n] ?? '';
        if (text[n] === '"') n++;
      }
      n++;
    } else if (text[n] === ',') {
      row.push(cell);
      cell = '';
      n++;
    } else if (text[n] === '\r' && text[n + 1] === '\n') {
      rows.push([...row, cell]);
      [row, cell] = [[], ''];
      n += 2;
    } else cell += text[n++] ?? '';
  }
  return rows;
}

const text = fc.string({ unit: fc.constantFrom(...'=+-@\t\r\n",;\' aÄяΩ神＝0'.split('')), maxLength: 12 });
const cell: fc.Arbitrary<Cell> = fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null));

describe('a table', () => {
  it('is read again as it was written, but for the apostrophe before what could be a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 4 }), (rows) => {
        const read = readCsv(toCsv(rows, false));
        expect(read.map((row) => row.map((one) => one.replaceAll("'", '')))).toEqual(
          rows.map((row) => row.map((one) => String(one ?? '').replaceAll("'", ''))),
        );
      }),
    );
  });

  it('has no text that begins like a formula', () => {
    fc.assert(
      fc.property(text, (one) => {
        const [[read = ''] = []] = readCsv(toCsv([[one, 'x']], false));
        expect(read).not.toMatch(/^\s*[=+\-@＝＋－＠]|^[\t\r\n]/);
      }),
    );
  });

  it('writes numbers with a point and below nought as numbers', () => {
    expect(toCsv([[-1.5, 1234.25, null, Number.NaN]], false)).toBe('-1.5,1234.25,,\r\n');
  });

  it('begins with the mark of UTF-8 where that is wanted', () => {
    expect(toCsv([['Ä']], true)).toBe('\ufeffÄ\r\n');
    expect(toCsv([['Ä']], false)).toBe('Ä\r\n');
  });

  it.each([
    ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
    [' =1+1', "' =1+1"],
    ['-', "'-"],
    ['Anna "Ann" Weber', '"Anna ""Ann"" Weber"'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['zero\0', 'zero'],
    ['knee;=1+1', "knee;'=1+1"],
    ['a\n @SUM(A1)', `"a\n '@SUM(A1)"`],
    ['left; -5 degrees, -3', `"left; '-5 degrees, -3"`],
  ])('writes %j so that nothing comes of it', (given, written) => {
    expect(toCsv([[given]], false)).toBe(`${written}\r\n`);
  });
});
