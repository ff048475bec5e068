// Former values as they are kept in Original Attributes (PS3.3 table C.12-1).
//
// A value that its VR allows stands in Modified Attributes with the bytes that came. One that it does not allow (a day that never was,
// bytes that the character set cannot explain) may not stand there; its attribute is listed without a value, and
// the bytes are kept in Nonconforming Modified Attributes (0400,0551), which the standard has for that.
import { checkValue } from '#contract/shapes/value-rules.ts';
import { decodeText, isOneValue, vrOf, type NewElement } from '#station/dicom/index.ts';
import type { PriorValue } from './prior-values.ts';

export type FormerValues = {
  readonly modified: readonly NewElement[];
  readonly nonconforming: readonly NewElement[][];
};

/** @param characterSet (0008,0005) as received */
export function formerValues(
  tags: readonly number[],
  prior: ReadonlyMap<number, PriorValue>,
  characterSet: readonly string[],
): FormerValues {
  const modified: NewElement[] = [];
  const nonconforming: NewElement[][] = [];
  for (const tag of tags) {
    const value = prior.get(tag);
    if (!value || isConforming(value, characterSet)) {
      modified.push(value ? { tag, vr: value.vr, value: value.bytes } : { tag, vr: vrOf(tag) });
      continue;
    }
    modified.push({ tag, vr: value.vr });
    nonconforming.push([
      { tag: 0x00720026, vr: 'AT', value: tag },
      { tag: 0x00720028, vr: 'US', value: 1 },
      { tag: 0x04000552, vr: 'OB', value: value.bytes },
    ]);
  }
  return { modified, nonconforming };
}

const judged = new Set('AE AS CS DA LO LT PN SH ST TM UC UI UT'.split(' '));

function isConforming({ vr, bytes }: PriorValue, characterSet: readonly string[]): boolean {
  if (!judged.has(vr)) return true;
  const { text, sound } = decodeText(bytes, characterSet, vr);
  if (!sound) return false;
  const values = isOneValue(vr) ? [text] : text.split('\\');
  return values.every((value) => checkValue(vr, value.replace(/^ +|[ \0]+$/g, '')).ok);
}
