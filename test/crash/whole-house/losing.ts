// The book is lost and made anew.
import { differencesOf, shown } from './compare-books.ts';
import { settle } from './settling.ts';
import type { Walk } from './walk.ts';

/** The book is lost; what comes back must be what was there. The station runs again afterwards. */
export async function loseBook(walk: Walk): Promise<void> {
  await settle(walk);
  if (walk.house.keepsSnapshots()) await walk.house.awaitSnapshot();
  await settle(walk);
  await walk.house.end();
  const before = shown(walk.house.home);
  const { journalWhole, missing, held } = await walk.house.rebuild();
  if (!journalWhole || missing > 0 || held > 0)
    walk.say(`the rebuild says: ${JSON.stringify({ journalWhole, missing, held })}`);
  const after = shown(walk.house.home);
  for (const [name, rows] of Object.entries(before)) {
    // A question that is asked once more is no loss.
    const differs = differencesOf(rows, after[name as keyof typeof after]).filter(
      (words) => !/"late-[a-z-]+"\} is new$/.test(words),
    );
    if (differs.length > 0) walk.say(`after the rebuild ${name} differ: ${differs.slice(0, 3).join('; ')}`);
  }
  await walk.house.start();
}
