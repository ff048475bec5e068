// What objects say beyond pictures: headers line by line, reports, presentation states, enclosed documents, waveforms,
// videos. The rest of the house comes in here.
export { compareHeaders, searchHeader } from './header-lines.ts';
export { findEnclosed, type Enclosed } from './enclosed.ts';
export { readPaper, type BarePaper } from './paper.ts';
export type { BareReference } from './report.ts';
export { readTree, type Tree } from './tree.ts';
export { codingOf, findVideo, streamVideo, type VideoPlace } from './video.ts';
export { mostSampleNumbers, readSamples, readWaveform, type ReadWaveform } from './waveform.ts';
