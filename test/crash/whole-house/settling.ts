// Waits until nothing moves that can: everything that an archive may get is there, and every note is made.
import type { Walk } from './walk.ts';

/** Nothing came or moved for so long: then it stands still for good. */
const stillMs = 15_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function settle(walk: Walk): Promise<void> {
  let until = performance.now() + stillMs;
  let before = '';
  for (;;) {
    const reachable = walk.house.archives.filter(({ id, isOn }) => isOn && walk.paused[id] !== true);
    const open = walk.house.rows<{ destinationId: string; state: string; answer: string | null }>(
      `SELECT destinationId, state, answer FROM delivery
       WHERE state NOT IN ('committed', 'cancelled', 'held', 'blocked')`,
    );
    const waiting = open.filter(({ destinationId }) => reachable.some(({ id }) => id === destinationId));
    const notes = walk.house.rows(
      // What a person wrote goes with images: where every one of them is rejected, there is nothing that it could go with.
      `SELECT id FROM note_object WHERE objectId IS NULL AND EXISTS (SELECT 1 FROM object
         WHERE examId = note_object.examId AND state = 'approved'
           AND id NOT IN (SELECT objectId FROM note_object WHERE objectId IS NOT NULL)
           AND id NOT IN (SELECT objectId FROM rejection_note WHERE objectId IS NOT NULL))
       UNION ALL SELECT id FROM rejection_note WHERE objectId IS NULL`,
    );
    // A note may wait for what is under way to an archive that does not answer.
    if (waiting.length === 0 && (notes.length === 0 || reachable.length < walk.house.archives.length)) return;
    const now = JSON.stringify([open, notes, walk.house.archives.map(({ arrived }) => arrived.length)]);
    if (now !== before) until = performance.now() + stillMs;
    before = now;
    if (performance.now() > until) {
      const words = JSON.stringify(waiting.slice(0, 3));
      return walk.say(`I3 ${waiting.length} deliveries and ${notes.length} notes do not move: ${words}`);
    }
    await pause(15);
  }
}
