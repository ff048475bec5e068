// What was done to pictures, in order, so that it can be undone and done again across the images of an exam. Pure: each
// function gives a new history.
import type { Markup } from '#contract/shapes/markup.ts';

export type Change = { readonly objectId: string; readonly before: Markup; readonly after: Markup };

/** Things that were done by one movement of the hand. */
export type Step = {
  readonly changes: readonly Change[];
  /** Steps of one gesture are one. */
  readonly gesture: string;
  readonly atMs: number;
};

export type History = { readonly done: readonly Step[]; readonly undone: readonly Step[] };

export const noHistory: History = { done: [], undone: [] };

/** Older steps are forgotten. */
const mostSteps = 500;
/** A pause of the hand; one drag of the mouse may pause. */
const pauseMs = 700;

const sorted = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value;

/** Whether two say the same, in whatever order. */
export const isSame = (one: Markup, other: Markup): boolean =>
  one === other || JSON.stringify(one, sorted) === JSON.stringify(other, sorted);

const isOver = (last: Step, { gesture, atMs }: Step) =>
  last.gesture !== gesture || (!gesture.startsWith('drag ') && atMs - last.atMs > pauseMs);

/** Adds what was done. Goes into the last step when it is of the same gesture and no pause lies between. */
export function withStep(history: History, step: Step): History {
  const changes = step.changes.filter(({ before, after }) => !isSame(before, after));
  if (changes.length === 0) return history;
  const last = history.done.at(-1);
  if (last === undefined || isOver(last, step))
    return { done: [...history.done, { ...step, changes }].slice(-mostSteps), undone: [] };
  const joined = new Map(last.changes.map((change) => [change.objectId, change]));
  for (const change of changes)
    joined.set(change.objectId, { ...change, before: joined.get(change.objectId)?.before ?? change.before });
  const step_ = { ...step, changes: [...joined.values()].filter(({ before, after }) => !isSame(before, after)) };
  const earlier = history.done.slice(0, -1);
  return { done: step_.changes.length === 0 ? earlier : [...earlier, step_], undone: [] };
}

/** The last step taken back, and what to put in place; undefined when there is none. */
export function undo(
  history: History,
): { readonly history: History; readonly put: ReadonlyMap<string, Markup> } | undefined {
  const step = history.done.at(-1);
  if (step === undefined) return undefined;
  return {
    history: { done: history.done.slice(0, -1), undone: [...history.undone, step] },
    put: new Map(step.changes.map(({ objectId, before }) => [objectId, before])),
  };
}

/** The last step that was taken back done again. */
export function redo(
  history: History,
): { readonly history: History; readonly put: ReadonlyMap<string, Markup> } | undefined {
  const step = history.undone.at(-1);
  if (step === undefined) return undefined;
  return {
    history: { done: [...history.done, step], undone: history.undone.slice(0, -1) },
    put: new Map(step.changes.map(({ objectId, after }) => [objectId, after])),
  };
}

/** Somebody else changed these objects: what was done to them before cannot be taken back any more. */
export function without(history: History, objectIds: ReadonlySet<string>): History {
  const keep = (step: Step) => !step.changes.some(({ objectId }) => objectIds.has(objectId));
  return { done: history.done.filter(keep), undone: history.undone.filter(keep) };
}
