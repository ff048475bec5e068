// Every picture of the corpus, value for value, against decoders that share no code with ours.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openFrameReader } from '#station/dicom/codecs/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import { requestFor } from './requests.ts';

const corpus = process.env['SAFELIGHT_CORPUS'] ?? path.resolve(import.meta.dirname, '../../../../../shared/corpus');
const python = '/usr/bin/python3';
const canJudge = existsSync(corpus) && canImport('pydicom, numpy, PIL');
if (!canJudge) console.warn('NOT VERIFIED: corpus absent, or no python3 with pydicom; frames are not compared');

/** Files where the other decoders say something else, and why ours is kept. */
const explained: Readonly<Record<string, string>> = {
  'dicom/color/SC_rgb_small_odd_big_endian.dcm': 'OW of 8 bits: pydicom 2.3 does not turn the words, DCMTK does',
  'dicom/color/TestPattern_JPEG-Baseline_YBR422.dcm': 'rounding of YCbCr: 8 of 768,000 samples differ by 1',
  'dicom/fragments/IM00001.fragmented_no_bot_jpeg_baseline.50.dcm': 'rounding of YCbCr: 6 samples differ by 1',
  'dicom/lut/mlut_18.dcm': 'we apply the Modality LUT',
  'dicom/modality/cr/CR-ModalitySequenceLUT.dcm': 'we apply the Modality LUT',
  'dicom/overlay/overlay.dcm': 'an overlay in bit 15 is masked',
  'derived/structure/overlay-in-high-bit.dcm': 'an overlay in bit 12 is masked',
  'dicom/syntax/GH195.dcm': 'RGB in the header, JFIF in the stream: the stream is right (seen by eye)',
  'dicom/syntax/JLSL_16_15_1_1F.dcm': '15 bits stored, signed: pydicom does not extend the sign',
};

/** Has a picture by its header and yet none that can be drawn. */
const undrawable: Readonly<Record<string, string>> = {
  'dicom/structure/GH179B.dcm': 'truncated',
  'dicom/structure/GH340.dcm': 'geometry-lies',
  'dicom/structure/JPEG2000-embedded-sequence-delimiter.dcm': 'codestream-broken',
  'dicom/structure/MR_truncated.dcm': 'truncated',
  'dicom/structure/meta_missing_tsyntax.dcm': 'geometry-lies',
  'dicom/structure/nested_priv_SQ.dcm': 'geometry-lies',
  'dicom/structure/rtplan_truncated.dcm': 'truncated',
  'derived/video/angio_mpeg2_mainlevel.dcm': 'video',
  'derived/video/endoscopy_h264_high41.dcm': 'video',
};

function canImport(modules: string): boolean {
  try {
    execFileSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(corpus, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((name) => statSync(path.join(corpus, name)).isFile())
    .sort();
}

describe.skipIf(!canJudge)('the pictures of the corpus', () => {
  const reader = openFrameReader({ workers: 2 });
  afterAll(() => reader.close());

  it('have the values that independent decoders find', { timeout: 300_000 }, async () => {
    const files = ['dicom', 'derived'].flatMap(filesBelow);
    const found = await Promise.all(files.map((file) => look(file)));
    const drawn = found.filter((each) => each.sha256 !== undefined);
    const missing = found.filter((each) => each.reason && each.reason !== 'no-pixels' && each.reason !== 'not-dicom');
    const input = drawn.map((each) => path.join(corpus, each.file)).join('\n');
    const lines = execFileSync(python, [path.join(import.meta.dirname, 'decode-independently.py')], {
      input,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    const expected = new Map(
      lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { path: string; sha256?: string })
        .map((said) => [path.relative(corpus, said.path), said.sha256]),
    );
    const compared = drawn.filter(({ file }) => expected.get(file) !== undefined);
    const different = compared.filter(({ file, sha256 }) => expected.get(file) !== sha256 && !explained[file]);
    expect(different.map(({ file }) => file)).toEqual([]);
    expect(Object.fromEntries(missing.map(({ file, reason }) => [file, reason]))).toEqual(undrawable);
    expect(compared.length).toBeGreaterThan(215);
  });

  it('that are hostile are answered and end nothing', async () => {
    const answers = await Promise.all(filesBelow('bad').map((file) => look(file)));
    expect(answers.filter(({ reason }) => reason === 'took-too-long' || reason === 'decoder-crashed')).toEqual([]);
  });

  async function look(file: string): Promise<{ file: string; sha256?: string; reason?: string }> {
    try {
      const answer = await reader.frame(await requestFor(path.join(corpus, file)));
      if (answer.kind !== 'frame') return { file, reason: answer.reason };
      return { file, sha256: createHash('sha256').update(answer.bytes).digest('hex') };
    } catch (error) {
      return { file, reason: isProblem(error) ? error.code : String(error) };
    }
  }
});
