// Errors of dciodvfy that are not ours: the source has the same fault, which what is made of it has to repeat; or PS3.3 allows
// what it complains of, because its tables know that an element is required of originals, and not that it "may be present
// otherwise". Each of these is allowed alone, with the clause.

/** PS3.3 table C.8-87: required of originals, may be present otherwise, where the others that it depends on are what they were. */
const ofPulseSequence = new Set(
  `PulseSequenceName MRAcquisitionType EchoPulseSequence MultipleSpinEcho MultiPlanarExcitation PhaseContrast
  TimeOfFlightContrast SteadyStatePulseSequence EchoPlanarPulseSequence SaturationRecovery SpectrallySelectedSuppression
  OversamplingPhase GeometryOfKSpaceTraversal RectilinearPhaseEncodeReordering SegmentedKSpaceTraversal CoverageOfKSpace
  NumberOfKSpaceTrajectories`.split(/\s+/),
);
/** PS3.3 C.7.6.18.3. */
const ofBulkMotion = new Set(['BulkMotionCompensationTechnique']);

const allowed: Readonly<Record<string, ReadonlySet<string>>> = {
  MRPulseSequence: ofPulseSequence,
  BulkMotionSynchronization: ofBulkMotion,
};

/** PS3.3 C.11.2.1.1: 8 or 16 bits in images, from 8 to 16 in presentation states. */
export const isAllowedOfStates = (error: string): boolean =>
  /^Error - Unrecognized enumerated value <0x[9a-f]> for value 3 of attribute <LUT Descriptor>/.test(error);

/** An element of an original that a derived picture keeps, and may keep. */
export function isAllowedOfDerived(error: string): boolean {
  const [, element = '', module = ''] =
    /^Error - Attribute present when condition unsatisfied .*Element=<(\w+)> Module=<(\w+)>/.exec(error) ?? [];
  return allowed[module]?.has(element) === true;
}

const elementIn = (error: string): string => /Element=<\w+> Module=<\w+>/.exec(error)?.[0] ?? '';
const valueIn = (error: string): string =>
  /UID - "[^"]+"|\[\d+\] = <[^>]+>/.exec(error)?.[0].replace(/^.*["<](.+)[">]$/, '$1') ?? '';

/** The source has it as well: in the same words, of the same element, or of the same value that is written elsewhere. */
export function isOfTheSource(error: string, ofSource: readonly string[]): boolean {
  if (ofSource.includes(error)) return true;
  const [element, value] = [elementIn(error), valueIn(error)];
  return ofSource.some(
    (known) => (element !== '' && elementIn(known) === element) || (value !== '' && valueIn(known) === value),
  );
}
