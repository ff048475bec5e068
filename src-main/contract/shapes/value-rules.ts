// What may stand in a value of a DICOM attribute (PS3.5 6.2). Pure, so that the window checks while somebody types and
// the station checks the same thing again.
//
// One value at a time; empty is always allowed. Lengths are counted in characters, as the standard does. Whether the
// character set of an object can hold a text is another question: if it cannot, the object becomes UTF-8.

/** What a value should have been, for the words of a problem. */
export type ValueExpectation =
  | 'aeTitle'
  | 'age'
  | 'code'
  | 'date'
  | 'dateTime'
  | 'decimal'
  | 'integer'
  | 'name'
  | 'notEmpty'
  | 'printable'
  | 'sex'
  | 'time'
  | 'uid'
  | 'url';

export type ValueVerdict =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly code: 'value-too-long';
      readonly params: { readonly keyword: string; readonly limit: number };
    }
  | {
      readonly ok: false;
      readonly code: 'value-not-allowed';
      readonly params: { readonly keyword: string; readonly expected: ValueExpectation };
    };

const mostCharacters: Readonly<Record<string, number>> = {
  AE: 16,
  AS: 4,
  CS: 16,
  DA: 8,
  DS: 16,
  DT: 26,
  IS: 12,
  LO: 64,
  LT: 10_240,
  PN: 64,
  SH: 16,
  ST: 1_024,
  TM: 14,
  UI: 64,
};

const expectations: Readonly<Record<string, ValueExpectation>> = {
  AE: 'aeTitle',
  AS: 'age',
  CS: 'code',
  DA: 'date',
  DS: 'decimal',
  DT: 'dateTime',
  IS: 'integer',
  PN: 'name',
  TM: 'time',
  UI: 'uid',
  UR: 'url',
};

/** Most characters of a value; for PN of each component group. Infinity where the standard sets no practical limit. */
export function mostCharactersOf(vr: string): number {
  return mostCharacters[vr] ?? Infinity;
}

/**
 * Judges one value of VR `vr`. VRs that are not text are always ok. `keyword` only goes into the verdict.
 * Length is judged first, so that a long value is called too long and not strange.
 */
export function checkValue(vr: string, text: string, keyword = ''): ValueVerdict {
  if (text === '') return { ok: true };
  const limit = mostCharactersOf(vr);
  const parts = vr === 'PN' ? text.split('=') : [text];
  if (text.length > limit && parts.some((part) => countCharacters(part) > limit))
    return { ok: false, code: 'value-too-long', params: { keyword, limit } };
  if (isAllowed(vr, text)) return { ok: true };
  return { ok: false, code: 'value-not-allowed', params: { keyword, expected: expectations[vr] ?? 'printable' } };
}

/** True for a day that was or will be, as YYYYMMDD. */
export function isCalendarDate(text: string): boolean {
  const found = /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (!found) return false;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function countCharacters(text: string): number {
  return [...text].length;
}

function isAllowed(vr: string, text: string): boolean {
  switch (vr) {
    case 'AE':
      return /^[ -[\]-~]+$/.test(text) && text.trim() !== '';
    case 'AS':
      return /^\d{3}[DWMY]$/.test(text);
    case 'CS':
      return /^[A-Z0-9 _]+$/.test(text);
    case 'DA':
      return isCalendarDate(text);
    case 'DS':
      return /^ *[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? *$/.test(text);
    case 'DT':
      return isDateTime(text);
    case 'IS':
      return /^ *[+-]?\d+ *$/.test(text) && Number(text) >= -(2 ** 31) && Number(text) < 2 ** 31;
    case 'TM':
      return isTime(text);
    case 'UI':
      return /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))+$/.test(text);
    case 'UR':
      return /^[!-[\]-~]+ *$/.test(text);
    case 'PN':
      return isOneLine(text) && isName(text);
    case 'LO':
    case 'SH':
    case 'UC':
      return isOneLine(text);
    case 'LT':
    case 'ST':
    case 'UT':
      return text.isWellFormed() && !hidden.test(text.replace(/[\t\n\f\r]/g, ''));
    default:
      return true;
  }
}

// Control characters, characters that turn or break the line when shown, and the mark of a lost character.
const hidden = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufffd]/;

function isOneLine(text: string): boolean {
  return text.isWellFormed() && !text.includes('\\') && !hidden.test(text);
}

/** Up to three component groups of up to five components (PS3.5 6.2.1). */
function isName(text: string): boolean {
  const groups = text.split('=');
  return groups.length <= 3 && groups.every((group) => group.split('^').length <= 5);
}

function isTime(text: string): boolean {
  return /^(?:[01]\d|2[0-3])(?:[0-5]\d(?:(?:[0-5]\d|60)(?:\.\d{1,6})?)?)? *$/.test(text);
}

function isDateTime(text: string): boolean {
  const found = /^(\d{4})(\d{2})?(\d{2})?(\d{2}[\d.]*)?([+-]\d{4})? *$/.exec(text);
  if (!found) return false;
  const [, year = '', month = '01', day = '01', time, zone] = found;
  if (!isCalendarDate(`${year}${month}${day}`)) return false;
  if (time !== undefined && !isTime(time)) return false;
  return zone === undefined || /^[+-](?:0\d|1[0-4])[0-5]\d$/.test(zone);
}
