// Words for the lists of a station and for what is chosen from them.
export const stationListTexts = {
  title: (n: number) =>
    n === 1 ? 'Body part, side and view of this image' : `Body part, side and view of ${n} images`,
  lead: 'Begin to type; the first that fits is taken. What stays empty is left as it is.',
  bodyPart: 'Body part',
  side: 'Side',
  view: 'View',
  sides: { '': 'not said', R: 'Right', L: 'Left', B: 'Both', U: 'Unpaired' } as const,
  wholeSeries: 'The body part holds for the whole series.',
  sideOfSeries: 'The side holds for the whole series too.',
  unknown: 'Not in the list',
  say: 'Record',
  said: (n: number) => (n === 1 ? 'Recorded for 1 image.' : `Recorded for ${n} images.`),
  lists: 'Lists to choose from',
  which: 'List',
  listsLead: 'One entry on each line, in the order in which they are offered.',
  codedLead:
    'Each line: what people read; the term; the code, its scheme and its meaning. Term or code may be left out. What people read of a procedure becomes the description of the exam; it needs no term.',
  names: {
    institutions: 'Institutions',
    departments: 'Departments',
    operators: 'Operators',
    procedures: 'Procedures',
    bodyParts: 'Body parts',
    views: 'Views',
    breastViews: 'Views of the breast',
  } as const,
  withCode: ({
    CodeValue,
    CodingSchemeDesignator,
    CodeMeaning,
  }: Record<'CodeValue' | 'CodingSchemeDesignator' | 'CodeMeaning', string>) =>
    `With the code ${CodeValue} (${CodingSchemeDesignator}): ${CodeMeaning}`,
  export: 'Save as file',
  import: 'Read a file',
  notRead: 'That file holds no lists of a station.',
  badLine: (line: number) => `Line ${line} cannot be read.`,
} as const;
