// The last step on the pictures taken back or done again; the picture it was on comes to the front.
import { drawingTexts as text } from '#ui/text/index.ts';
import type { DrawnPorts } from './drawn.ts';

export function undoDrawn({ wall, markups, say }: DrawnPorts): void {
  const ids = markups.undo();
  if (ids.length === 0) return say(text.nothingToUndo);
  goTo(wall, ids);
  say(text.undone);
}

export function redoDrawn({ wall, markups, say }: DrawnPorts): void {
  const ids = markups.redo();
  if (ids.length === 0) return say(text.nothingToRedo);
  goTo(wall, ids);
  say(text.redone);
}

function goTo(wall: DrawnPorts['wall'], ids: readonly string[]): void {
  const isSeen = wall.tiles.some(({ objectId }) => objectId !== undefined && ids.includes(objectId));
  const [first] = ids;
  if (!isSeen && first !== undefined && !wall.review.elsewhere) wall.review.show(first);
}
