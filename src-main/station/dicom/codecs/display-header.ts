// What a viewer wants to know of a frame beyond its values: windows and VOI look-up tables by name, how far apart the
// pixels are and who says so, how the patient lies in it, how long it is shown. Nothing here keeps a frame from being
// drawn: what lies or is broken is left out, and `lacks` says so.
import type {
  FrameLack,
  FrameOrientation,
  FrameTiming,
  PictureRegion,
  PixelSpacing,
  VoiWindow,
} from '#station/model/raw-frame.ts';
import {
  names,
  number,
  numbers,
  plainWords,
  text,
  texts,
  wholeNumber,
  type Findings,
  type Found,
  type Values,
} from './found-values.ts';
import { plainTable, type LookUpTable } from './lookup-tables.ts';

export const displayTags = {
  characterSet: 0x00080005,
  recommendedRate: 0x00082144,
  cineRate: 0x00180040,
  frameTime: 0x00181063,
  frameTimeVector: 0x00181065,
  playback: 0x00181244,
  magnification: 0x00181114,
  imagerSpacing: 0x00181164,
  scannedSpacing: 0x00182010,
  spacing: 0x00280030,
  calibration: 0x00280a02,
  patientOrientation: 0x00200020,
  laterality: 0x00200060,
  imageLaterality: 0x00200062,
  frameLaterality: 0x00209072,
  position: 0x00200032,
  orientation: 0x00200037,
  frameOfReference: 0x00200052,
  incrementPointer: 0x00280009,
  center: 0x00281050,
  width: 0x00281051,
  rescaleType: 0x00281054,
  windowName: 0x00281055,
  voiFunction: 0x00281056,
  units: 0x00541001,
  lutDescriptor: 0x00283002,
  lutName: 0x00283003,
  lutValues: 0x00283006,
  regionFormat: 0x00186012,
  regionData: 0x00186014,
  regionLeft: 0x00186018,
  regionTop: 0x0018601a,
  regionRight: 0x0018601c,
  regionBottom: 0x0018601e,
  regionUnitX: 0x00186024,
  regionUnitY: 0x00186026,
  regionDeltaX: 0x0018602c,
  regionDeltaY: 0x0018602e,
} as const;

const tags = displayTags;
/** So many windows and tables are told; what is beyond is for nobody's eyes. */
export const mostChoices = 16;
export const mostRegions = 32;
const longestName = 64;
/** Beyond it lies no value that a picture can have: floating-point ones end there. */
const mostLevel = 3.5e38;

/** `item` is its place in the sequence, from 0. */
export type NamedTable = LookUpTable & { readonly item: number; readonly name?: string };

export type DisplayHeader = {
  readonly windows: readonly VoiWindow[];
  readonly luts: readonly NamedTable[];
  readonly voiFunction: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
  readonly spacing?: PixelSpacing;
  readonly regions: readonly PictureRegion[];
  readonly orientation?: FrameOrientation;
  readonly positionMm?: readonly [number, number, number];
  readonly frameOfReferenceUid?: string;
  readonly timing?: FrameTiming;
  readonly unit?: string;
  readonly laterality?: string;
  readonly lacks: readonly FrameLack[];
};

export type DisplayQuestion = { readonly frame: number; readonly frames: number; readonly signed: boolean };

export function readDisplay(findings: Findings, { frame, frames, signed }: DisplayQuestion): DisplayHeader {
  const top = findings.get('top') ?? new Map<number, Found>();
  const group = findings.get('group');
  const nearest = (tag: number) => group?.get(tag) ?? top.get(tag);
  const lacks: FrameLack[] = [];
  const terms = texts(top.get(tags.characterSet));
  const luts = Array.from({ length: mostChoices }, (_, at) => at).flatMap((at): NamedTable[] => {
    const item = findings.get(`voi:${at}`);
    if (!item) return [];
    const table = plainTable(item.get(tags.lutDescriptor), item.get(tags.lutValues), signed);
    if (!table && !lacks.includes('voi-lut-broken')) lacks.push('voi-lut-broken');
    return table ? [{ item: at, ...table, ...named(names(item.get(tags.lutName), terms)[0]) }] : [];
  });
  const orientation = orientationFrom(nearest(tags.orientation), top.get(tags.patientOrientation), lacks);
  const [x, y, z] = numbers(nearest(tags.position)).filter(Number.isFinite);
  const spacing = spacingFrom(top, group);
  const timing = frames > 1 ? timingFrom(top, frame) : undefined;
  const reference = text(nearest(tags.frameOfReference)).slice(0, longestName);
  const laterality = [nearest(tags.frameLaterality), top.get(tags.imageLaterality), top.get(tags.laterality)]
    .map((found) => plainWords(text(found)))
    .find((said) => said !== '');
  const unit = plainWords(text(nearest(tags.rescaleType)) || text(top.get(tags.units)));
  return {
    windows: windowsFrom(nearest(tags.center), nearest(tags.width), names(nearest(tags.windowName), terms), lacks),
    luts,
    voiFunction: voiFunctionFrom(text(nearest(tags.voiFunction))),
    ...(spacing ? { spacing } : {}),
    regions: regionsOf(findings).flatMap((item) => regionFrom(item) ?? []),
    ...(orientation ? { orientation } : {}),
    ...(x !== undefined && y !== undefined && z !== undefined ? { positionMm: [x, y, z] as const } : {}),
    ...(reference ? { frameOfReferenceUid: reference } : {}),
    ...(timing ? { timing } : {}),
    ...(unit ? { unit } : {}),
    ...(laterality ? { laterality } : {}),
    lacks,
  };
}

function regionsOf(findings: Findings): readonly Values[] {
  return Array.from({ length: mostRegions }, (_, index) => findings.get(`region:${index}`)).filter(
    (item) => item !== undefined,
  );
}

const named = (name: string | undefined): { readonly name?: string } => (name ? { name } : {});

function windowsFrom(
  center: Found | undefined,
  width: Found | undefined,
  said: readonly string[],
  lacks: FrameLack[],
): VoiWindow[] {
  const centers = numbers(center).slice(0, mostChoices);
  const widths = numbers(width);
  return centers.flatMap((each, index) => {
    const wide = widths[index];
    const isUsable = Math.abs(each) <= mostLevel && wide !== undefined && wide > 0 && wide <= mostLevel;
    if (!isUsable && !lacks.includes('window-unusable')) lacks.push('window-unusable');
    if (!isUsable) return [];
    return [{ center: each, width: wide, ...named(said[index]) }];
  });
}

function voiFunctionFrom(name: string): DisplayHeader['voiFunction'] {
  return name === 'SIGMOID' || name === 'LINEAR_EXACT' ? name : 'LINEAR';
}

function pair(found: Found | undefined): readonly [number, number] | undefined {
  const [row, column] = numbers(found);
  return row !== undefined && column !== undefined && row > 0 && column > 0 && Number.isFinite(row / column)
    ? [row, column]
    : undefined;
}

/**
 * Distance of pixel centres, and in which plane it holds (PS3.3 10.7.1.3): what the object calls calibrated or measures in the
 * patient; else that of the detector, made smaller by the magnification that the device estimates.
 */
function spacingFrom(top: Values, group: Values | undefined): PixelSpacing | undefined {
  const measured = pair(group?.get(tags.spacing));
  if (measured) return { mm: measured, from: 'PixelMeasures' };
  const plain = pair(top.get(tags.spacing));
  const detector = pair(top.get(tags.imagerSpacing));
  const calibration = text(top.get(tags.calibration));
  const isCalibrated = calibration === 'GEOMETRY' || calibration === 'FIDUCIAL';
  const same = plain && detector && plain[0] === detector[0] && plain[1] === detector[1];
  if (plain && (!same || isCalibrated)) {
    return { mm: plain, from: 'PixelSpacing', ...(isCalibrated ? { calibration } : {}) };
  }
  if (detector) {
    const magnification = number(top.get(tags.magnification));
    if (magnification === undefined || !(magnification >= 0.2 && magnification <= 20)) {
      return { mm: detector, from: 'ImagerPixelSpacing' };
    }
    return {
      mm: [detector[0] / magnification, detector[1] / magnification],
      from: 'ImagerPixelSpacing',
      magnification,
    };
  }
  const scanned = pair(top.get(tags.scannedSpacing));
  return scanned && { mm: scanned, from: 'NominalScannedPixelSpacing' };
}

/** Directions of a row and of a column; vectors that are not of length 1 and square to each other lie. */
function orientationFrom(
  vectors: Found | undefined,
  letters: Found | undefined,
  lacks: FrameLack[],
): FrameOrientation | undefined {
  const [a, b, c, d, e, f] = numbers(vectors);
  if (f !== undefined) {
    const row = [a!, b!, c!] as const;
    const column = [d!, e!, f] as const;
    const lengths = [Math.hypot(...row), Math.hypot(...column)];
    const along = row.reduce((sum, part, i) => sum + part * column[i]!, 0);
    if (lengths.every((length) => Math.abs(length - 1) < 0.02) && Math.abs(along) < 0.02) {
      return { kind: 'vectors', row, column };
    }
    lacks.push('orientation-lies');
  }
  const [right, down] = texts(letters);
  const isDirection = (word: string | undefined) => word !== undefined && /^[A-Z]{1,16}$/.test(word);
  return isDirection(right) && isDirection(down) ? { kind: 'letters', row: right!, column: down! } : undefined;
}

function timingFrom(top: Values, frame: number): FrameTiming | undefined {
  const vector = numbers(top.get(tags.frameTimeVector));
  const perSecond = (tag: number) => {
    const rate = number(top.get(tag));
    return rate !== undefined && rate > 0 ? 1000 / rate : undefined;
  };
  // A vector says how long after its predecessor a frame comes (PS3.3 C.7.6.5.1.2): the next entry is how long this one stays.
  const staysFor = vector.length > 1 ? (vector[frame + 1] ?? vector[1]) : undefined;
  const candidates = [
    { ms: perSecond(tags.recommendedRate), from: 'RecommendedDisplayFrameRate' },
    { ms: number(top.get(tags.frameTime)), from: 'FrameTime' },
    { ms: staysFor, from: 'FrameTimeVector' },
    { ms: perSecond(tags.cineRate), from: 'CineRate' },
  ] as const;
  const found = candidates.find(({ ms }) => ms !== undefined && ms >= 1 && ms <= 60_000);
  if (!found) return undefined;
  const sweeps = wholeNumber(top.get(tags.playback)) === 1;
  return { ms: found.ms!, from: found.from, ...(sweeps ? { backAndForth: true as const } : {}) };
}

/** A region of an ultrasound picture (PS3.3 C.8.5.5); undefined when it has no usable extent or scale. */
function regionFrom(item: Values): PictureRegion | undefined {
  const whole = (tag: number) => number(item.get(tag));
  const [left, top] = [whole(tags.regionLeft), whole(tags.regionTop)];
  const [right, bottom] = [whole(tags.regionRight), whole(tags.regionBottom)];
  const [deltaX, deltaY] = [whole(tags.regionDeltaX), whole(tags.regionDeltaY)];
  if (left === undefined || top === undefined || right === undefined || bottom === undefined) return undefined;
  if (right < left || bottom < top || !deltaX || !deltaY) return undefined;
  return {
    left,
    top,
    right,
    bottom,
    spatialFormat: whole(tags.regionFormat) ?? 0,
    dataType: whole(tags.regionData) ?? 0,
    unitX: whole(tags.regionUnitX) ?? 0,
    unitY: whole(tags.regionUnitY) ?? 0,
    deltaX: Math.abs(deltaX),
    deltaY: Math.abs(deltaY),
  };
}
