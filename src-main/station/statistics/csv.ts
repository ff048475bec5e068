// Tables for a spreadsheet: RFC 4180 in UTF-8, with a point in numbers. Pure.
//
// No cell is ever a formula: a text that a spreadsheet could take for one begins with an apostrophe. Numbers are numbers.
export type Cell = string | number | null;

/** The first row names the columns. @param mark begins with the byte order mark, by which spreadsheets know UTF-8 */
export function toCsv(rows: readonly (readonly Cell[])[], mark: boolean): string {
  return (mark ? '\ufeff' : '') + rows.map((row) => `${row.map(toCell).join(',')}\r\n`).join('');
}

// Also as East Asian keyboards write them, and behind spaces, which some programs take away.
const formula = /^[\s\0]*[=+\-@\t\r\n＝＋－＠]|^[\t\r\n]/;

/** Where lists are parted by semicolons, a spreadsheet begins a cell there, and a row at each line end, quoted or not. */
const within = /([;\t\r\n]\s*)(?=[=+\-@＝＋－＠])/g;

function toCell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const text = value.replaceAll('\0', '').toWellFormed().replace(within, "$1'");
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
