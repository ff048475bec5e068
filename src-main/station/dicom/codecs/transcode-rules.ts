// Which transfer syntaxes an object can be given another one in, and what is allowed. Pure.
//
// Only uncompressed little endian is ever made: every receiver must take it (PS3.5 10.1), and nothing is lost on the way.
import {
  deflatedExplicitLittleEndian,
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
} from '../transfer-syntax.ts';

/** `lossless`: of what was compressed without loss, or not at all. `decompress`: also of what was compressed with loss. */
export type TranscodeRule = 'lossless' | 'decompress' | 'never';

/** What can be made, best first: with the VRs written down no receiver has to guess them. */
const made: readonly string[] = [explicitLittleEndian, implicitLittleEndian];

const compressed = (...ends: readonly string[]) => ends.map((end) => `1.2.840.10008.1.2.${end}`);

const losslessSources: ReadonlySet<string> = new Set([
  ...[implicitLittleEndian, explicitLittleEndian, explicitBigEndian, deflatedExplicitLittleEndian],
  // RLE, deflated frames, JPEG lossless (two), JPEG-LS lossless, JPEG 2000 lossless, HTJ2K lossless (two)
  ...compressed('5', '8.1', '4.57', '4.70', '4.80', '4.90', '4.201', '4.202'),
]);

/** JPEG baseline and extended, JPEG-LS near-lossless, JPEG 2000, HTJ2K: may have lost something when they were made. */
const lossySources: ReadonlySet<string> = new Set(compressed('4.50', '4.51', '4.81', '4.91', '4.203'));

/** The syntaxes that an object in `from` can be given instead, best first; none when it stays what it is. */
export function transcodesOf(from: string, rule: TranscodeRule): readonly string[] {
  const isAllowed =
    rule !== 'never' && (losslessSources.has(from) || (rule === 'decompress' && lossySources.has(from)));
  return isAllowed ? made.filter((to) => to !== from) : [];
}

/** True for what only a person may allow: its pixels would be taken out of a compression that lost something. */
export function needsDecompressionRule(from: string): boolean {
  return lossySources.has(from);
}
