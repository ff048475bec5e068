// A destination takes an object in another transfer syntax only: it is copied out, given that syntax in a thread of its
// own, proved, and kept below transcodes/ until it has arrived.
//
// Guarantees: a file has its name only when it is whole, proved and durable; what a crash left half-made goes at the next
// start. Refuses what there is no room for ('no-room').
import { createReadStream, existsSync, readdirSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { FormWish, FormOutcome, SyntaxMaker } from '#station/5-forward/index.ts';
import { openTranscoder, type TranscoderOptions } from '#station/dicom/codecs/index.ts';
import { makeFolder, syncFolder } from '#station/kit/files.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';

export type SyntaxMakerNeeds = {
  readonly home: string;
  readonly log: Log;
  /** Throws 'no-room' when so many bytes may not be taken now. */
  checkRoom(bytes: number): void;
  readonly transcoder?: TranscoderOptions;
};

/** How much larger than its copy a form is expected to become: the copy and a few times as much is asked for. */
const usualGrowth = 4;
const pieceBytes = 262_144;

export async function openSyntaxMaker({
  home,
  log,
  checkRoom,
  transcoder: options,
}: SyntaxMakerNeeds): Promise<SyntaxMaker> {
  const folder = path.join(home, 'transcodes');
  await makeFolder(folder);
  const transcoder = openTranscoder(options);
  const nameOf = (revisionId: string, transferSyntaxUid: string) => `${revisionId}-${transferSyntaxUid}.dcm`;
  const fileOf = (revisionId: string, transferSyntaxUid: string) =>
    path.join(folder, nameOf(revisionId, transferSyntaxUid));

  const makeBeside = async (wish: FormWish, source: string, made: string): Promise<FormOutcome> => {
    const { sopClassUid, sopInstanceUid, transferSyntaxUid, to, mayDecompressLossy } = wish;
    await writeCopy(wish.source, source);
    const outcome = await transcoder.transcode({
      ...{ source, dataSetOffset: 0, transferSyntaxUid, sopClassUid, sopInstanceUid, mayDecompressLossy },
      targetSyntaxUid: to,
      file: made,
    });
    if (outcome.kind === 'cannot') return outcome;
    await rename(made, fileOf(wish.revisionId, to));
    await syncFolder(folder);
    return outcome;
  };

  return {
    async make(wish) {
      const name = nameOf(wish.revisionId, wish.to);
      const [source, made] = [path.join(folder, `${name}.source`), path.join(folder, `${name}.part`)];
      try {
        checkRoom(wish.dataSetLength * usualGrowth);
        for (const file of [source, made]) await rm(file, { force: true });
        return await makeBeside(wish, source, made);
      } catch (error) {
        if (isProblem(error, 'no-room') || (error as NodeJS.ErrnoException).code === 'ENOSPC') {
          return { kind: 'cannot', reason: 'no-room' };
        }
        throw error;
      } finally {
        for (const file of [source, made]) await rm(file, { force: true });
      }
    },
    stream: (revisionId, transferSyntaxUid, start) =>
      createReadStream(fileOf(revisionId, transferSyntaxUid), { start, highWaterMark: pieceBytes }),
    async drop(revisionId, transferSyntaxUid) {
      await rm(fileOf(revisionId, transferSyntaxUid), { force: true }).catch((error: unknown) =>
        log.warn('file-not-removed', { reason: String((error as NodeJS.ErrnoException).code) }),
      );
    },
    keepOnly(forms) {
      const wanted = new Set(forms.map((form) => nameOf(form.revisionId, form.TransferSyntaxUID)));
      for (const name of readdirSync(folder)) if (!wanted.has(name)) rmSync(path.join(folder, name), { force: true });
      return (form) => existsSync(fileOf(form.revisionId, form.TransferSyntaxUID));
    },
    close: () => transcoder.close(),
  };
}

/** Need not be durable: it is read once, and gone after that. */
async function writeCopy(source: AsyncIterable<Buffer>, file: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const piece of source) await handle.writeFile(piece);
  } finally {
    await handle.close();
  }
}
