// What a frame may cost before anything is allocated for it.

/** No frame is decoded into more than this. A 16,384 x 16,384 picture of 16 bits is 512 MiB. */
export const mostFrameBytes = 512 * 1024 * 1024;
/** A deflated data set is inflated as a whole, a deflated frame by itself. */
export const mostInflatedBytes = 512 * 1024 * 1024;
/**
 * What is larger than this must also have the bytes of a picture: noise alone keeps half a bit of every sample of a sensor,
 * and what a device encodes with loss, black around it, stays below 200 samples a byte. Beyond 256 it is a bomb, or so empty that
 * nobody misses it; the first 64 MiB are inflated in a fraction of a second before that is known.
 */
export const largeFrameBytes = 64 * 1024 * 1024;
export const mostGrowthOfLarge = 256;
export const mostFragments = 1_000_000;
/**
 * So many samples may stand in one byte of a compressed frame: what is said to hold more is not decoded. Runs of 128 bytes
 * (PS3.5 G.3); 1032 of Deflate; a block of 64 in a bit where chrominance is subsampled; JPEG-LS and JPEG 2000 know no bound,
 * and flat pictures reach thousands.
 */
export const mostSamplesInByte = {
  rle: 64,
  deflate: 1_100,
  jpeg: 2_048,
  'jpeg-ls': 100_000,
  'jpeg-2000': 100_000,
  htj2k: 100_000,
} as const;
/** After a frame larger than this the decoder's memory is given back: WebAssembly memory never shrinks by itself. */
export const releaseAboveBytes = 64 * 1024 * 1024;
