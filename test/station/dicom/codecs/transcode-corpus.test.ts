// Objects of the corpus that are not in explicit little endian, given both uncompressed syntaxes and judged by pydicom,
// DCMTK and Pillow. In small: one for each syntax and kind of picture; with SAFELIGHT_SOAK=1 all that are accepted.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTranscoder, transcodesOf, type TranscodeAnswer } from '#station/dicom/codecs/index.ts';
import { openPart10, type Part10 } from '#station/dicom/index.ts';
import { temporaryFolder, type TemporaryFolder } from '../../../peers/programs/temporary-folder.ts';
import { corpusIsHere, objects } from '../corpus.ts';

const all = process.env['SAFELIGHT_SOAK'] === '1';
const explicit = '1.2.840.10008.1.2.1';
const mostBytes = all ? Infinity : 150_000;
const mostInSmall = 28;

/** Where the other programs say something else, and why ours is kept. */
const explained: Readonly<Record<string, string>> = {
  'dicom/color/SC_rgb_small_odd_big_endian.dcm': 'OW of 8 bits: pydicom 2.3 does not turn the words, DCMTK does',
  'dicom/syntax/GH195.dcm': 'RGB in the header, JFIF in the stream: the stream is right (seen by eye)',
  'dicom/modality/seg/liver_deflate.dcm': 'deflated frames: pydicom 2.3 does not know that syntax',
  'bad/value/lowercase-vr.dcm': 'a VR in small letters: pydicom stops there',
  'dicom/structure/GH179A.dcm': 'pydicom stops at an odd element',
};

/** What nothing can be made of, and why; each says so and harms no other. */
const cannot: Readonly<Record<string, string>> = {
  // In a private sequence, of which nobody here knows whether it may go.
  'dicom/modality/mg/GH133.dcm': 'nested-picture',
};

type Made = { readonly name: string; readonly original: string; readonly file: string };

const transcoder = openTranscoder();
let folder: TemporaryFolder;
beforeAll(async () => void (folder = await temporaryFolder('transcodes')));
afterAll(async () => {
  await transcoder.close();
  await folder.close();
});

async function chosen(): Promise<readonly { name: string; file: string; opened: Part10 }[]> {
  const seen = new Set<string>();
  const found = [];
  for (const { path: name, file, expected, bytes } of objects.toSorted((a, b) => a.bytes - b.bytes)) {
    if (!expected.startsWith('accept') || bytes > mostBytes || (!all && name.startsWith('bad/'))) continue;
    const opened = await openPart10(file).catch(() => undefined);
    if (!opened) continue;
    await opened.close();
    if (!all && opened.syntax.uid === explicit) continue;
    const kind = `${opened.syntax.uid} ${path.dirname(name)}`;
    if (!all && (seen.has(kind) || seen.size >= mostInSmall)) continue;
    seen.add(kind);
    found.push({ name, file, opened });
  }
  return found;
}

async function make(file: string, opened: Part10, to: string, into: string): Promise<TranscodeAnswer> {
  return transcoder.transcode({
    source: file,
    dataSetOffset: opened.dataSetOffset,
    transferSyntaxUid: opened.syntax.uid,
    sopClassUid: opened.meta?.sopClassUid || '1.2.840.10008.5.1.4.1.1.7',
    sopInstanceUid: opened.meta?.sopInstanceUid || '2.25.1',
    targetSyntaxUid: to,
    mayDecompressLossy: true,
    file: into,
  });
}

describe.skipIf(!corpusIsHere)('objects of the corpus', () => {
  it('say and show the same in uncompressed little endian', { timeout: 1_800_000 }, async () => {
    const made: Made[] = [];
    const refused: [string, string][] = [];
    for (const [n, { name, file, opened }] of (await chosen()).entries()) {
      for (const to of transcodesOf(opened.syntax.uid, 'decompress')) {
        const into = path.join(folder.path, `${n}-${to}.dcm`);
        const answer = await make(file, opened, to, into);
        if (answer.kind === 'made') made.push({ name, original: file, file: into });
        else refused.push([name, answer.reason]);
      }
    }
    const said = execFileSync('/usr/bin/python3', [path.join(import.meta.dirname, 'judge-transcodes.py')], {
      input: made.map(({ original, file }) => JSON.stringify([original, file])).join('\n'),
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    const judged = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { made: string; elements: string; pixels: string; by: string })
      .map((one, n) => ({ ...one, name: made[n]?.name ?? '' }));
    const differ = judged.filter(
      ({ name, elements, pixels }) =>
        !explained[name] &&
        ((elements !== 'equal' && !elements.startsWith('not judged')) ||
          (pixels !== 'equal' && pixels !== 'none' && !pixels.startsWith('not judged'))),
    );
    expect(differ.map(({ name, elements, pixels }) => [name, elements, pixels])).toEqual([]);
    const broken = new Set(['truncated', 'codestream-broken', 'geometry-lies', 'header-broken']);
    expect(refused.filter(([name, reason]) => cannot[name] !== reason && !broken.has(reason))).toEqual([]);
    const count = (is: (one: (typeof judged)[number]) => boolean) => judged.filter(is).length;
    const pixels = count((one) => one.pixels === 'equal');
    console.info(
      `${made.length} made, ${refused.length} refused; elements equal ${count((one) => one.elements === 'equal')}; ` +
        `pixels equal ${pixels}, without pixels ${count((one) => one.pixels === 'none')}, ` +
        `pixels not judged ${count((one) => one.pixels.startsWith('not judged'))}`,
    );
    expect(pixels).toBeGreaterThan(all ? 400 : 25);
  });

  it('come out the same when they are made again', async () => {
    const [one] = (await chosen()).filter(({ opened }) => opened.syntax.uid.endsWith('.4.80'));
    if (!one) throw new Error('no JPEG-LS in the corpus');
    const files = ['a', 'b'].map((name) => path.join(folder.path, `again-${name}.dcm`));
    for (const file of files) expect((await make(one.file, one.opened, explicit, file)).kind).toBe('made');
    const [a, b] = files.map((file) => readFileSync(file));
    expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true);
  });
});
