// Shifts as people type them, and shares as people read them.
import { describe, expect, it } from 'vitest';
import { readShifts, writeShifts } from '#ui/state/shift-lines.ts';
import { isFew, sayGroup, sayPoint, sayShare } from '#ui/text/statistics-words.ts';

describe('shifts', () => {
  it('are read as they are written', () => {
    const shifts = [
      { name: 'Früh', fromHour: 6 },
      { name: 'Night', fromHour: 22 },
    ];
    expect(readShifts(writeShifts(shifts))).toEqual(shifts);
    expect(readShifts(['Early ;7:00'])).toEqual([{ name: 'Early', fromHour: 7 }]);
  });
  it.each([
    [['Early; 6', 'Late'], 2],
    [['Early; 24'], 1],
    [['Early; 6', 'Early; 7'], 2],
    [['Early; 6', 'Late; 6'], 2],
    [['Early; 6:30'], 1],
    [[], 1],
  ])('%j: line %i is pointed at', (lines, line) => {
    expect(readShifts(lines)).toBe(line);
  });
});

describe('a share', () => {
  const counts = { received: 240, judged: 100, accepted: 88, repeated: 5, rejected: 7 };
  it('says of how many, and whether they are few', () => {
    expect(sayShare(counts)).toBe('12 of 240 (5.0 %)');
    expect(sayShare({ ...counts, received: null })).toBe('12 of 100 (12.0 %)');
    expect(sayShare({ ...counts, received: 0, repeated: 0, rejected: 0 })).toBe('0 of 0');
    expect([isFew(counts), isFew({ ...counts, received: 19 }), isFew({ ...counts, received: 0 })]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

it('says groups and times as people know them', () => {
  expect(sayGroup('reason', { key: '111210', name: '' })).toBe('Motion blur');
  expect(sayGroup('reason', { key: '111209:Off centre', name: 'Off centre' })).toBe('Off centre');
  expect(sayGroup('technologist', { key: '', name: '' })).toBe('Nobody known');
  expect([
    sayPoint('2026-11-03T14:00', 'hour'),
    sayPoint('2026-11-02', 'week'),
    sayPoint('2026-11-01', 'month'),
  ]).toEqual(['3 Nov 2026, 14:00', 'week of 2 Nov 2026', 'Nov 2026']);
});
