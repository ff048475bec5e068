// The attributes that may be corrected for single objects, and what each may hold. Plain constants without a validator.

/** Belong to a series: what is said of one object holds for all of its series that are here. */
export const seriesCorrectableKeywords = [
  'BodyPartExamined',
  'Laterality',
  'SeriesDescription',
  'ProtocolName',
  'PerformedProcedureStepDescription',
  'StationName',
] as const;

/** All with a text as value. */
export const objectCorrectableKeywords = [...seriesCorrectableKeywords, 'ImageLaterality', 'ViewPosition'] as const;
export type ObjectCorrectableKeyword = (typeof objectCorrectableKeywords)[number];

/** With one code as value (PS3.3 table 8.8-1). */
export const objectCodeKeywords = ['AnatomicRegionSequence', 'ViewCodeSequence'] as const;
export type ObjectCodeKeyword = (typeof objectCodeKeywords)[number];

export const objectCorrectableVr = {
  BodyPartExamined: 'CS',
  Laterality: 'CS',
  SeriesDescription: 'LO',
  ProtocolName: 'LO',
  PerformedProcedureStepDescription: 'LO',
  StationName: 'SH',
  ImageLaterality: 'CS',
  ViewPosition: 'CS',
} as const satisfies Record<ObjectCorrectableKeyword, string>;

/** The only values that the standard knows (PS3.3 C.7.3.1, C.8.7.1.1.5). */
export const objectCorrectableTerms: Readonly<Partial<Record<ObjectCorrectableKeyword, readonly string[]>>> = {
  Laterality: ['R', 'L'],
  ImageLaterality: ['R', 'L', 'U', 'B'],
};
