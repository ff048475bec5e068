// Exposure Index, Target and Deviation Index of an image (IEC 62494-1; DICOM PS3.3 C.8.7.x, 0018,1411 to 1413). Pure.
//
// DI = 10 log10 (EI / EI_T). The bands are those of AAPM report 116 with the limits as shipped: within 0.5 of 0 is the target
// range, beyond 1 is over or under, beyond 3 is far over or far under. Between them lies what nobody has to look at.
import type { Exposure, ExposureBand } from '#contract/shapes/judging.ts';

export type ExposureNumbers = Pick<Exposure, 'ExposureIndex' | 'TargetExposureIndex' | 'DeviationIndex'>;
export type DeviationLimits = { readonly look: number; readonly act: number };

/** A device rounds to one digit behind the point, as the standard has it. */
const roundingOfDevices = 0.15;
const targetRange = 0.5;

/** Null when the device says none of the three. */
export function judgeExposure(numbers: ExposureNumbers, limits: DeviationLimits): Exposure | null {
  const { ExposureIndex, TargetExposureIndex, DeviationIndex } = numbers;
  if (ExposureIndex === null && TargetExposureIndex === null && DeviationIndex === null) return null;
  const computed = computeDeviation(ExposureIndex, TargetExposureIndex);
  const deviation = computed ?? DeviationIndex;
  return {
    ...{ ExposureIndex, TargetExposureIndex, DeviationIndex, deviation },
    from: computed !== null ? 'computed' : DeviationIndex !== null ? 'device' : null,
    disagrees: computed !== null && DeviationIndex !== null && Math.abs(computed - DeviationIndex) > roundingOfDevices,
    band: deviation === null ? null : bandOf(deviation, limits),
  };
}

/** Rounded to two digits; null where a number is missing or is no index of anything. */
export function computeDeviation(index: number | null, target: number | null): number | null {
  if (index === null || target === null || !(index > 0) || !(target > 0)) return null;
  return Math.round(1000 * Math.log10(index / target)) / 100;
}

function bandOf(deviation: number, { look, act }: DeviationLimits): ExposureBand {
  const far = Math.abs(deviation);
  if (far > act) return deviation > 0 ? 'far-over' : 'far-under';
  if (far > look) return deviation > 0 ? 'over' : 'under';
  return far <= Math.min(targetRange, look) ? 'target' : 'near';
}
