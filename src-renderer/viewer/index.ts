// Drawing pixels and tools on them. Knows no station: it is handed slides that know how to load themselves.
export { default as Viewer } from './Viewer.svelte';
export type { Slide } from './frame-cache.ts';
export type { Frame } from './picture.ts';
export { Stage, tools, type Tool } from './stage.svelte.ts';
