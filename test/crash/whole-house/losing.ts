// The book is lost and made anew.
import { differencesOf, shown } from './compare-books.ts';
import { settle } from './settling.ts';
import type { Walk } from './walk.ts';

/**
 * The book is lost; what comes back must be what was there. The station runs again afterwards.
 * @param before looks at the home in which the book is lost next
 * @param killAfterMs the first attempt to make it anew is killed then
 */
export async function loseBook(
  walk: Walk,
  { before, killAfterMs }: { readonly before?: () => Promise<void>; readonly killAfterMs?: number } = {},
): Promise<void> {
  await settle(walk);
  if (walk.house.keepsSnapshots()) await walk.house.awaitSnapshot();
  await settle(walk);
  await walk.house.end();
  await before?.();
  const was = shown(walk.house.home);
  const rearranged = new Set(
    walk.house
      .rows<{ examId: string }>('SELECT examId FROM uid_map UNION SELECT formerExamId FROM uid_map')
      .map(({ examId }) => examId),
  );
  if (killAfterMs !== undefined) await walk.house.killWhileRebuilding(killAfterMs);
  const { journalWhole, missing, held } = await walk.house.rebuild();
  if (!journalWhole || missing > 0 || held > 0)
    walk.say(`the rebuild says: ${JSON.stringify({ journalWhole, missing, held })}`);
  const after = shown(walk.house.home);
  for (const [name, rows] of Object.entries(was)) {
    const differs = differencesOf(rows, after[name as keyof typeof after]).filter(
      (words) => !isNoLoss(words, rearranged),
    );
    if (differs.length > 0) walk.say(`after the rebuild ${name} differ: ${differs.slice(0, 3).join('; ')}`);
  }
  await walk.house.start();
}

/**
 * A question that is asked once more is no loss. Nor is one about an image that a person brought there by hand: whether it
 * was asked hung on the order in which it and the others had come to this station, not to the exam.
 */
function isNoLoss(words: string, rearranged: ReadonlySet<string>): boolean {
  if (/"late-[a-z-]+"\} is new$/.test(words)) return true;
  const [, examId = ''] = /"examId":"(\w+)".*"late-other-patient"\} is lost$/.exec(words) ?? [];
  return rearranged.has(examId);
}
