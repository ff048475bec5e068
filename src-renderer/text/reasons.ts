// Why an image is kept back, in words; keyed by the codes of the contract.
import type { rejectReasons } from '#contract/shapes/reject-reasons.ts';

type ReasonCode = (typeof rejectReasons)[number]['code'];

export const reasonTexts: Readonly<Record<ReasonCode, string>> = {
  '111209': 'Positioning',
  '111210': 'Motion blur',
  '111211': 'Under exposed',
  '111212': 'Over exposed',
  '113026': 'Double exposure',
  '111213': 'No image',
  '111207': 'Artifact in the image',
  '111208': 'Grid artifact',
  '111214': 'Detector artifact',
  '111215': 'Other artifact',
  '111216': 'Mechanical failure',
  '111217': 'Electrical failure',
  '111218': 'Software failure',
  '111219': 'Wrong image processing',
  '111220': 'Other failure',
  '111221': 'Unknown failure',
  '113037': 'Wrong side, patient safety',
  '113038': 'Wrong patient or order',
  '113680': 'Test image',
};

/** Why the station itself set one aside. */
const ownReasons: Readonly<Record<string, string>> = {
  ...reasonTexts,
  'same-uid': 'Another one was kept',
  'device-note': 'A note of the device, kept here',
  'copy-undone': 'Taken back',
  replaced: 'Stays here: one made of it leaves',
};

/** The words for a reason; the code itself when it is not one of ours. */
export const sayReason = (code: string): string => ownReasons[code] ?? code;
