// The thread in which frames are decoded, so that a decoder that hangs or dies takes nothing with it. Takes one request
// at a time, answers each with a frame whose buffer it hands over, or with why there is none.
import { parentPort } from 'node:worker_threads';
import type { DigestAnswer, FrameAnswer, FrameRequest } from '#station/model/raw-frame.ts';
import { decodeFrame, digestFrame } from './decode-frame.ts';
import { releaseAboveBytes } from './limits.ts';
import { CannotDraw } from './not-drawable.ts';

parentPort?.on('message', async (request: FrameRequest) => {
  const answer = await answerTo(request);
  if (answer.kind !== 'frame') return parentPort?.postMessage(answer);
  const { bytes, attached } = answer;
  parentPort?.postMessage(answer, attached ? [bytes.buffer, attached.buffer] : [bytes.buffer]);
});

async function answerTo(request: FrameRequest): Promise<FrameAnswer | DigestAnswer> {
  try {
    if (request.digestOnly === true) return { kind: 'digest', sha256: await digestFrame(request) };
    const frame = await decodeFrame(request);
    if (frame.ofRows * frame.ofColumns * frame.samples * (frame.bitsAllocated / 8) > releaseAboveBytes) {
      const { releaseNativeCodecs } = await import('./native-codecs.ts');
      releaseNativeCodecs();
    }
    return frame;
  } catch (error) {
    return { kind: 'not-drawable', reason: error instanceof CannotDraw ? error.reason : 'decoder-crashed' };
  }
}
