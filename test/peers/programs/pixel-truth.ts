// What the viewer shows of a file, by the very code it draws with, beside what DCMTK and pydicom show at the same window.
// The other programs get the window in numbers, so a computed one is compared as well.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFrameReader } from '#station/dicom/codecs/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { RawFrame } from '#station/model/raw-frame.ts';
import { toPicture, type Picture } from '#ui/viewer/picture.ts';
import { makeToneRoom, tone } from '#ui/viewer/tones.ts';
import { requestFor } from '../../station/dicom/codecs/requests.ts';

export const otherPrograms = ['dcmtk', 'pydicom'] as const;
export type OtherProgram = (typeof otherPrograms)[number];

/** How two renderings of one frame differ; padding left out. */
export type Difference = { readonly most: number; readonly share: number };

export type Truth = {
  readonly name: string;
  readonly frame: number;
  readonly kind: string;
  /** Why there is no picture. */
  readonly reason?: string;
  /** Undefined where that program shows nothing. */
  readonly against: Readonly<Partial<Record<OtherProgram, Difference>>>;
  /** A word of the other program where it shows nothing. */
  readonly silent: Readonly<Partial<Record<OtherProgram, string>>>;
};

/** Equal when at least one other program shows the same within one level. */
export function verdictOf(
  truth: Truth,
  explained: Readonly<Record<string, string>>,
): { readonly verdict: 'equal' | 'explained' | 'different'; readonly why: string } {
  if (Object.values(truth.against).some(({ most }) => most <= 1)) return { verdict: 'equal', why: '' };
  const why = explained[truth.name];
  return why === undefined ? { verdict: 'different', why: '' } : { verdict: 'explained', why };
}

type Shown = {
  readonly name: string;
  readonly file: string;
  readonly frame: number;
  readonly raw: RawFrame;
  readonly picture: Picture;
  readonly values: Uint8Array;
};

/** A frame as the window gets it over HTTP. */
export function asFetched({ bytes, attached, ...header }: RawFrame): Picture {
  const whole = new Uint8Array(bytes.length + (attached?.length ?? 0));
  whole.set(bytes);
  if (attached) whole.set(attached, bytes.length);
  return toPicture({ header, bytes: whole.buffer });
}

/** Every pixel as it is shown at first: one byte for grey, three for colour. */
export function shownValues(picture: Picture): Uint8Array {
  const pixels = picture.width * picture.height;
  const out = new Uint32Array(pixels);
  tone({ picture, window: picture.window, inverted: false }, picture.levels[0]!.values, out, makeToneRoom());
  const samples = picture.samples === 3 || picture.supplemental ? 3 : 1;
  const shown = new Uint8Array(pixels * samples);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < samples; c++) shown[i * samples + c] = (out[i]! >>> (8 * c)) & 0xff;
  }
  return shown;
}

/** The first and the last frame of each file, beside what the others show. */
export async function compareShown(
  files: readonly { readonly name: string; readonly file: string }[],
): Promise<Truth[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'safelight-shown-'));
  const reader = openFrameReader({ workers: 2 });
  try {
    const truths: Truth[] = [];
    for (let at = 0; at < files.length; at += 24) {
      const shown: Shown[] = [];
      for (const each of files.slice(at, at + 24)) {
        const found = await show(reader, each.name, each.file);
        if ('reason' in found) truths.push({ ...found, frame: 0, kind: '', against: {}, silent: {} });
        else shown.push(...found.shown);
      }
      truths.push(...judge(shown, folder));
    }
    return truths.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.frame - b.frame));
  } finally {
    await reader.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Refused = { readonly name: string; readonly reason: string };

async function show(
  reader: ReturnType<typeof openFrameReader>,
  name: string,
  file: string,
): Promise<Refused | { readonly shown: readonly Shown[] }> {
  const shown: Shown[] = [];
  try {
    for (let frame = 0, last = 0; frame <= last; frame += Math.max(1, last)) {
      const request = await requestFor(file, frame);
      const raw = await reader.frame(request);
      if (raw.kind !== 'frame') return { name, reason: raw.reason };
      const picture = asFetched(raw);
      shown.push({ name, file, frame, raw, picture, values: shownValues(picture) });
      if (frame === 0) last = await lastFrameOf(reader, request);
    }
  } catch (error) {
    return { name, reason: isProblem(error) ? error.code : String(error) };
  }
  return { shown };
}

/** Asked of the reader, not of the header: found by halving. */
async function lastFrameOf(
  reader: ReturnType<typeof openFrameReader>,
  request: Awaited<ReturnType<typeof requestFor>>,
): Promise<number> {
  const has = async (frame: number) => (await reader.frame({ ...request, frame, longestSide: 8 })).kind === 'frame';
  if (!(await has(1))) return 0;
  let [known, beyond] = [1, 2];
  while (beyond < 4096 && (await has(beyond))) [known, beyond] = [beyond, beyond * 2];
  while (beyond - known > 1) {
    const middle = (known + beyond) >> 1;
    if (await has(middle)) known = middle;
    else beyond = middle;
  }
  return known;
}

function judge(shown: readonly Shown[], folder: string): Truth[] {
  const questions = shown.map(({ file, frame, raw, picture }, index) => {
    const { center, width, lut } = picture.window;
    const isGrey = picture.samples === 1;
    const asked = isGrey ? { center, width, lut: lut ?? null } : { center: null, width: null, lut: null };
    return {
      path: file,
      frame,
      ...asked,
      function: raw.voiFunction,
      supplemental: raw.supplemental !== undefined,
      out: path.join(folder, String(index)),
    };
  });
  const answers = execFileSync('/usr/bin/python3', [path.join(import.meta.dirname, 'shown-independently.py')], {
    input: questions.map((question) => JSON.stringify(question)).join('\n'),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = answers
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<OtherProgram, string>);
  return shown.map((each, index) => {
    const against: Partial<Record<OtherProgram, Difference>> = {};
    const silent: Partial<Record<OtherProgram, string>> = {};
    for (const program of otherPrograms) {
      const file = `${questions[index]!.out}.${program}`;
      if (!existsSync(file)) silent[program] = lines[index]?.[program] ?? 'nothing';
      else {
        const difference = differenceOf(each, readFileSync(file));
        if (difference) against[program] = difference;
        else silent[program] = 'another size';
        rmSync(file);
      }
    }
    return { name: each.name, frame: each.frame, kind: kindOf(each.raw, each.picture), against, silent };
  });
}

function differenceOf({ raw, picture, values }: Shown, other: Uint8Array): Difference | undefined {
  const pixels = picture.width * picture.height;
  const stored = picture.levels[0]!.values;
  if (other.length !== pixels && other.length !== pixels * 3) return undefined;
  const samples = values.length / pixels;
  const theirs = other.length / pixels;
  let [most, beyond, looked] = [0, 0, 0];
  for (let i = 0; i < pixels; i++) {
    const value = stored[i]!;
    if (raw.padding && value >= raw.padding.from && value <= raw.padding.to) continue;
    for (let c = 0; c < Math.max(samples, theirs); c++) {
      const mine = values[i * samples + Math.min(c, samples - 1)]!;
      const difference = Math.abs(mine - other[i * theirs + Math.min(c, theirs - 1)]!);
      if (difference > most) most = difference;
      if (difference > 1) beyond++;
      looked++;
    }
  }
  return { most, share: looked === 0 ? 0 : beyond / looked };
}

function kindOf(raw: RawFrame, picture: Picture): string {
  if (raw.samples === 3) return 'colour';
  const depth = `${raw.float ? 'floating point' : `${raw.signed ? 'signed' : 'unsigned'} ${raw.bitsAllocated}`}`;
  const by =
    picture.window.lut === undefined ? (raw.windowsFrom === 'computed' ? 'computed window' : 'window') : 'VOI LUT';
  const how = by === 'window' && raw.voiFunction !== 'LINEAR' ? `${by} ${raw.voiFunction}` : by;
  const more = [
    raw.photometric === 'MONOCHROME1' ? 'MONOCHROME1' : '',
    picture.choices.length > 1 ? `${picture.choices.length} choices` : '',
    picture.overlays.length > 0 ? `${picture.overlays.length} overlay(s)` : '',
    raw.padding ? 'padding' : '',
    raw.supplemental ? 'supplemental palette' : '',
  ].filter((word) => word !== '');
  return ['grey', depth, how, ...more].join(', ');
}
