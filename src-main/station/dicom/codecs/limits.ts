// What a frame may cost before anything is allocated for it.

/** No frame is decoded into more than this. A 16,384 x 16,384 picture of 16 bits is 512 MiB. */
export const mostFrameBytes = 512 * 1024 * 1024;
/** A deflated data set is inflated as a whole, a deflated frame by itself. */
export const mostInflatedBytes = 512 * 1024 * 1024;
export const mostFragments = 1_000_000;
/** A compressed frame may be this much smaller than its picture; a flat picture in JPEG 2000 reaches thousands. */
export const mostRatio = 100_000;
/** After a frame larger than this the decoder's memory is given back: WebAssembly memory never shrinks by itself. */
export const releaseAboveBytes = 64 * 1024 * 1024;
