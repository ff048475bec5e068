// The only door to dcmjs-codecs: JPEG (8, 12 and 16 bits, lossy and lossless), JPEG-LS, JPEG 2000 and HTJ2K in
// WebAssembly. Loaded at the first compressed frame. Synchronous and able to hang or die: called in the frame worker
// only. The caller has compared the codestream's claim with the header, so what it allocates is known before.
import codecs from 'dcmjs-codecs';
import type { Codec, Codestream } from './codestream.ts';
import { CannotDraw } from './not-drawable.ts';

const decoders = {
  jpeg: 'decodeJpeg',
  'jpeg-ls': 'decodeJpegLs',
  'jpeg-2000': 'decodeJpeg2000',
  htj2k: 'decodeHtJpeg2000',
} as const satisfies Partial<Record<Codec, string>>;

export type NativeCodec = keyof typeof decoders;

/**
 * Decodes one frame to little-endian samples of 8 bits (up to 8) or 16 bits, as the stream lays them out.
 * @param toRgb lets the JPEG decoder turn YCbCr into RGB
 */
export async function decodeNatively(
  codec: NativeCodec,
  bytes: Buffer,
  claim: Codestream,
  toRgb: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const { Context, NativeCodecs, log } = codecs;
  // Its messages quote the input; nothing of that may reach a log.
  log.setLevel('silent');
  if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync();
  const bitsAllocated = claim.bits <= 8 ? 8 : 16;
  const context = new Context({
    width: claim.columns,
    height: claim.rows,
    bitsAllocated,
    bitsStored: claim.bits,
    samplesPerPixel: claim.components,
    pixelRepresentation: claim.signed ? 1 : 0,
    planarConfiguration: 0,
    photometricInterpretation: claim.components === 3 ? (toRgb ? 'YBR_FULL' : 'RGB') : 'MONOCHROME2',
    encodedBuffer: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length),
  });
  const wanted = claim.rows * claim.columns * claim.components * (bitsAllocated / 8);
  try {
    const decoded = NativeCodecs[decoders[codec]](context, { convertColorspaceToRgb: toRgb }).getDecodedBuffer();
    if (!decoded || decoded.length < wanted) throw new CannotDraw('codestream-broken');
    return new Uint8Array(decoded.subarray(0, wanted));
  } catch (error) {
    // After a failure inside WebAssembly its memory is not to be trusted again.
    NativeCodecs.release();
    throw error instanceof CannotDraw ? error : new CannotDraw('codestream-broken', { cause: error });
  }
}

/** Gives the decoder's memory back; the next frame loads it anew. */
export function releaseNativeCodecs(): void {
  codecs.NativeCodecs.release();
}
