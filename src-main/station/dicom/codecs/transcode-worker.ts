// The thread in which objects are transcoded, so that a decoder that hangs or dies takes nothing with it. Takes one
// request at a time, says now and then that it is still at it, and answers with what was made or why nothing was.
import { parentPort } from 'node:worker_threads';
import { transcodeFile, type TranscodeRequest } from './transcode-file.ts';

const sayAfterMs = 250;

parentPort?.on('message', async (request: TranscodeRequest) => {
  let saidAtMs = performance.now();
  const answer = await transcodeFile(request, () => {
    if (performance.now() - saidAtMs < sayAfterMs) return;
    saidAtMs = performance.now();
    parentPort?.postMessage({ kind: 'going-on' });
  });
  parentPort?.postMessage(answer);
});
