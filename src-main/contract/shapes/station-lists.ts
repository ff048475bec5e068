// The lists of a station: what people choose from when they say where, by whom and of what images were made.
//
// A list keeps the order in which it is edited. A coded entry has what people read, the term of its attribute and one code
// (PS3.3 table 8.8-1); an entry without a term, or without a code, leaves that attribute alone.
import { z } from 'zod';
import { shippedBodyParts, shippedBreastViews, shippedViews } from './station-list-defaults.ts';

const plainList = z
  .array(
    z
      .string()
      .trim()
      .min(1)
      .max(64)
      .regex(/^[^\\\p{Cc}]*$/u, 'no backslash, no control character'),
  )
  .max(500)
  .default([])
  .refine((entries) => new Set(entries).size === entries.length, 'entries that differ');

export const codedEntryShape = z.strictObject({
  label: z.string().trim().min(1).max(64),
  /** CS; '' none. */
  term: z
    .string()
    .max(16)
    .regex(/^[A-Z0-9_ ]*$/, 'capitals, digits, _ and space'),
  code: z
    .strictObject({
      CodeValue: z.string().min(1).max(16),
      CodingSchemeDesignator: z.string().min(1).max(16),
      CodeMeaning: z.string().min(1).max(64),
    })
    .optional(),
});
export type CodedEntry = z.infer<typeof codedEntryShape>;

const codedList = z
  .array(codedEntryShape)
  .max(1000)
  .refine((entries) => new Set(entries.map(({ label }) => label)).size === entries.length, 'labels that differ');

const asLabel = (label: string): CodedEntry => ({ label, term: '' });

const readShipped = (rows: readonly (readonly [string, string, string])[]): CodedEntry[] =>
  rows.map(([term, CodeValue, meaning]) => ({
    label: `${meaning.slice(0, 1).toUpperCase()}${meaning.slice(1)}`,
    term,
    code: { CodeValue, CodingSchemeDesignator: 'SCT', CodeMeaning: meaning },
  }));

export const stationListsShape = z.strictObject({
  institutions: plainList,
  departments: plainList,
  /** Names as they are typed: 'Weber, Anna' or 'Weber^Anna'. */
  operators: plainList,
  /** Labels become Study Description, codes Procedure Code Sequence. Earlier there were labels alone. */
  procedures: z.preprocess(
    (read) => (Array.isArray(read) ? read.map((one: unknown) => (typeof one === 'string' ? asLabel(one) : one)) : read),
    codedList.default([]),
  ),
  bodyParts: codedList.default(readShipped(shippedBodyParts)),
  views: codedList.default(readShipped(shippedViews)),
  /** In place of `views` for mammograms. */
  breastViews: codedList.default(readShipped(shippedBreastViews)),
});
export type StationLists = z.infer<typeof stationListsShape>;
