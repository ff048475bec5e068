// How loud a problem is on screen. Red: two people, or two pictures, may be mixed up, or bytes are not what they were.
// Amber: something is missing or wrong and wants a person. Plain: only said.
import type { ProblemCode } from '#contract/problems.ts';

const red: readonly ProblemCode[] = [
  'two-patients',
  'same-uid-other-content',
  'same-uid-other-patient',
  'verification-failed',
  'digest-mismatch',
  'object-file-missing',
  'disk-failed',
  'internal',
  'correction-impossible',
];

const plain: readonly ProblemCode[] = [
  'late-images',
  'same-decision',
  'unexpected-modality',
  'no-file-meta',
  'uid-mismatch',
  'odd-structure',
  'still-arriving',
];

export function toneOf(code: string): 'red' | 'amber' | 'plain' {
  if ((red as readonly string[]).includes(code)) return 'red';
  return (plain as readonly string[]).includes(code) ? 'plain' : 'amber';
}
