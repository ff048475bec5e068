// Exposure index, target and deviation index, and the band they fall into.
import { expect, test } from 'vitest';
import { judgeExposure } from '#station/quality/index.ts';

const limits = { look: 1, act: 3 };
const exposure = (ExposureIndex: number | null, TargetExposureIndex: number | null, DeviationIndex: number | null) =>
  judgeExposure({ ExposureIndex, TargetExposureIndex, DeviationIndex }, limits);

test('the deviation index is computed from index and target as the standard has it', () => {
  expect(exposure(500, 250, null)).toMatchObject({ deviation: 3.01, from: 'computed', band: 'far-over' });
  expect(exposure(250, 250, null)).toMatchObject({ deviation: 0, band: 'target' });
  expect(exposure(200, 250, null)).toMatchObject({ deviation: -0.97, band: 'near' });
  expect(exposure(150, 250, null)).toMatchObject({ deviation: -2.22, band: 'under' });
  expect(exposure(100, 250, null)).toMatchObject({ band: 'far-under' });
});

test('a device that says another deviation than its own numbers give is told of, and its rounding is not', () => {
  expect(exposure(500, 250, 3)).toMatchObject({ disagrees: false, deviation: 3.01 });
  expect(exposure(500, 250, -1)).toMatchObject({ disagrees: true, deviation: 3.01, DeviationIndex: -1 });
});

test('without index or target the device is believed, and what is no number of anything is not', () => {
  expect(exposure(500, null, 1.4)).toMatchObject({ deviation: 1.4, from: 'device', band: 'over' });
  expect(exposure(0, 250, null)).toMatchObject({ deviation: null, band: null });
  expect(exposure(null, null, null)).toBeNull();
});
