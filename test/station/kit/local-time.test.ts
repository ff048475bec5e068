// Moments as DICOM writes them by the clock of this machine.
import { expect, test } from 'vitest';
import { dateAndTime, dateTimeWithZone, localDate, localDateTime } from '#station/kit/local-time.ts';

test('a moment is written in figures of fixed length, also in years before 1000', () => {
  const at = new Date(2026, 0, 2, 3, 4, 5);
  expect(localDateTime(at)).toBe('20260102030405');
  expect(dateAndTime(at)).toEqual({ date: '20260102', time: '030405' });
  const long = new Date(2026, 0, 2);
  long.setFullYear(33);
  expect(localDate(long)).toBe('00330102');
});

test('a moment with its zone is the same moment', () => {
  const at = new Date('2026-07-01T12:30:45Z');
  const [, year, month, day, hour, minute, second, zone, minutes] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([+-]\d\d)(\d\d)$/.exec(dateTimeWithZone(at)) ?? [];
  expect(new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}:${minutes}`)).toEqual(at);
});
