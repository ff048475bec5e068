// Drawing pixels and tools on them. Knows no station: it is handed slides that know how to load themselves.
export { default as Drawings } from './Drawings.svelte';
export { default as Viewer } from './Viewer.svelte';
export { frameMs, nextFrame, rounds, stepSpeed, type Round, type Speed } from './cine.ts';
export { pixelsAMm, probe, rulerOf, sidesOf, type Probe } from './edge.ts';
export { FrameCache, type Slide } from './frame-cache.ts';
export { Hand, tools, type Tool } from './hand.svelte.ts';
export type { Mapping, Point } from './mapping.ts';
export type { Frame, Picture, Window } from './picture.ts';
export { isSameWindow, nextOwnPreset, ownPresetAt, ownPresets, presetsFor, type Preset } from './presets.ts';
export { isFor, lookBy, type PresentedFrame } from './presented.ts';
export { Stage, type Look, type Looks } from './stage.svelte.ts';
export { copied, itemsOf, moved, nothingDrawn, removed, shifted, shutterOf, type Item } from './tools/items.ts';
export { boxOf, lengthBetween, type Spot } from '#contract/shapes/measuring.ts';
export { onPicture, wholePixels } from './tools/geometry.ts';
export { contradicted, initialsOf, sideOf } from './tools/laterality.ts';
export { measure } from './tools/measure.ts';
export { place, type DrawingTool } from './tools/placing.ts';
