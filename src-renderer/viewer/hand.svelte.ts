// What the hand holds: the tool that a drag, and Shift with an arrow, uses; and what is shown beside the pixels. The
// same for every viewport.
export const tools = ['window', 'zoom', 'pan', 'scroll', 'probe'] as const;
export type Tool = (typeof tools)[number];

export class Hand {
  tool = $state<Tool>('window');
  /** A lens that follows the spot. */
  lens = $state(false);
  /** Overlay planes of the object. */
  overlays = $state(true);
  /** Words, letters and the ruler at the edge. */
  details = $state(true);
}
