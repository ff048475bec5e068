// Quiet points of a walk: nothing moves that can, and everything is looked at. The last one is after everything came up again.
import { findBreaches, inWords } from '../../faults/invariants.ts';
import { compareCounts, compareWithBook } from './checks.ts';
import { loseBook } from './losing.ts';
import { settle } from './settling.ts';
import type { Walk } from './walk.ts';

/** Waits until nothing moves that can, and looks at everything. */
export async function lookAtEverything(walk: Walk): Promise<void> {
  await settle(walk);
  walk.house.look(() => undefined);
  const say = (words: string) => walk.say(words);
  compareWithBook(walk.house, walk.model, say);
  compareCounts(walk.house, say);
  await walk.arrivals.look(walk.house, walk.model, say);
  checkRejected(walk);
  for (const line of walk.house.takeErrors()) walk.say(`the log says: ${line.slice(0, 400)}`);
}

/** What is rejected does not leave again. */
function checkRejected(walk: Walk): void {
  const arrivals = walk.house.archives.flatMap(({ arrived }) => arrived);
  for (const { SOPInstanceUID, archive } of arrivals)
    if (walk.neverLeaves.has(SOPInstanceUID))
      walk.say(`I2 the note of a device, ${SOPInstanceUID}, left for ${archive}`);
  for (const object of walk.model.objects.values()) {
    if (object.state !== 'rejected' || object.loose || walk.model.isShared(object.uid)) continue;
    const now = arrivals.filter(({ SOPInstanceUID }) => SOPInstanceUID === object.uid).length;
    object.arrivedWhenRejected ??= now;
    if (now > object.arrivedWhenRejected) walk.say(`I2 ${object.uid} was rejected and left once more`);
  }
}

/** Everything comes up again and must come to rest, and to be right. */
export async function finish(walk: Walk): Promise<void> {
  walk.at('at the end');
  walk.killAfterMs = undefined;
  for (const archive of walk.house.archives) {
    archive.refuses = 0;
    await archive.on();
    await walk.house.ask('outbox.pause', { id: archive.id, paused: false });
    walk.paused[archive.id] = false;
  }
  for (const { id } of walk.model.livingExams())
    await walk.house.ask('outbox.change', { examId: id, action: 'release' }).catch(() => undefined);
  await lookAtEverything(walk);
  checkTold(walk);
  await loseBook(walk, { before: () => checkKept(walk) });
  await lookAtEverything(walk);
}

/** Of a home whose station has ended: nothing that was acknowledged is missing, and the book is sound. */
async function checkKept(walk: Walk): Promise<void> {
  // By content: of two under one UID, the second may have been given another.
  const filed = new Map(
    walk.house
      .rows<{ sha256: string; uid: string }>('SELECT dataSetSha256 AS sha256, SOPInstanceUID AS uid FROM object')
      .map(({ sha256, uid }) => [sha256, uid]),
  );
  const acknowledged = walk.model.acknowledged.map(({ SOPInstanceUID, sha256 }) => ({
    ...{ SOPInstanceUID: filed.get(sha256) ?? SOPInstanceUID, sha256 },
  }));
  const archives = walk.house.archives.map(({ id, arrived }) => ({ name: id, received: arrived, complete: false }));
  const evidence = { home: walk.house.home, acknowledged, archives, ended: 'orderly' } as const;
  for (const words of inWords(await findBreaches(evidence))) walk.say(words);
}

/** Who has a rejected image was told of it. */
function checkTold(walk: Walk): void {
  for (const archive of walk.house.archives) {
    const told = new Set(walk.arrivals.notesAt(walk.house, archive.id).flatMap(({ references }) => references));
    for (const object of walk.model.objects.values()) {
      const isRejected = object.state === 'rejected' && !object.loose && !walk.model.isShared(object.uid);
      if (!isRejected || walk.untold.has(object.uid) || !archive.has(object.uid)) continue;
      if (!told.has(object.uid)) walk.say(`I2 ${archive.id} holds ${object.uid}, which is rejected, and was not told`);
    }
  }
}
