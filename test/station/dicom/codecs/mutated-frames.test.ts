// Samples with some bytes changed, at random but the same every time: each is answered, none ends the station.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openFrameReader } from '#station/dicom/codecs/index.ts';
import { requestFor, samples } from './requests.ts';

const files = [
  'syntaxes/explicit-little-endian.dcm',
  'syntaxes/explicit-big-endian.dcm',
  'syntaxes/rle.dcm',
  'syntaxes/jpeg-2000-lossless.dcm',
  'syntaxes/jpeg-ls-lossless.dcm',
  'syntaxes/jpeg-baseline.dcm',
  'syntaxes/jpeg-extended-12-bit.dcm',
  'syntaxes/deflated.dcm',
  'ultrasound-no-id/IM0001.dcm',
];
const mutantsEach = 25;

/** A generator of Park and Miller: the same mutants every time. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

describe('damaged pictures', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mutated-'));
  const reader = openFrameReader({ workers: 2, timeoutMs: 2_000 });
  afterAll(async () => {
    await reader.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(files)('made from %s are each answered', async (name) => {
    const whole = readFileSync(path.join(samples, name));
    const request = await requestFor(path.join(samples, name));
    const next = numbersFrom(name.length + 1);
    const answers = Array.from({ length: mutantsEach }, async (_, i) => {
      const mutant = Buffer.from(whole);
      for (let change = 0; change <= i % 8; change++) {
        // Half of the changes hit what describes the picture.
        const span = change % 2 === 0 ? Math.min(2_048, mutant.length - request.dataSetOffset) : mutant.length;
        const at = change % 2 === 0 ? mutant.length - 1 - next(mutant.length - request.dataSetOffset) : next(span);
        mutant[Math.max(request.dataSetOffset, at)] = next(256);
      }
      const file = path.join(folder, `${path.basename(name)}-${i}`);
      writeFileSync(file, i % 5 === 4 ? mutant.subarray(0, next(mutant.length)) : mutant);
      const answer = await reader.frame({ ...request, path: file });
      return answer.kind === 'frame' ? 'frame' : answer.reason;
    });
    const said = await Promise.all(answers);
    // One of the JPEG-LS mutants sends CharLS round and round: its thread is ended, and the next picture is drawn.
    expect(said.filter((one) => one === 'decoder-crashed')).toEqual([]);
    expect(await reader.frame(request)).toMatchObject({ kind: 'frame' });
  });
});
