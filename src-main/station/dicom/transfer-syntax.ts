// Transfer syntaxes: how the elements of a data set are written. A syntax we do not know is explicit little endian with
// encapsulated pixels, as PS3.5 A.4 wants of all of them since 1993.

/** How elements are written. */
export type ElementLayout = { readonly explicit: boolean; readonly littleEndian: boolean };

export type TransferSyntax = ElementLayout & {
  readonly uid: string;
  readonly deflated: boolean;
  /** Pixels are in fragments of undefined length. */
  readonly encapsulated: boolean;
};

export const implicitLittleEndian = '1.2.840.10008.1.2';
export const explicitLittleEndian = '1.2.840.10008.1.2.1';
export const deflatedExplicitLittleEndian = '1.2.840.10008.1.2.1.99';
export const explicitBigEndian = '1.2.840.10008.1.2.2';
const privateImplicitWithBigEndianPixels = '1.2.840.113619.5.2';

/** The syntax of a UID, PS3.5 annex A. Never refuses. */
export function transferSyntaxOf(uid: string): TransferSyntax {
  return {
    uid,
    explicit: uid !== implicitLittleEndian && uid !== privateImplicitWithBigEndianPixels,
    littleEndian: uid !== explicitBigEndian,
    deflated: uid === deflatedExplicitLittleEndian,
    encapsulated:
      uid !== implicitLittleEndian &&
      uid !== explicitLittleEndian &&
      uid !== deflatedExplicitLittleEndian &&
      uid !== explicitBigEndian &&
      uid !== privateImplicitWithBigEndianPixels,
  };
}

const lossless: ReadonlySet<string> = new Set([
  ...[implicitLittleEndian, explicitLittleEndian, deflatedExplicitLittleEndian, explicitBigEndian],
  privateImplicitWithBigEndianPixels,
  // RLE, deflated frames, JPEG lossless (two), JPEG-LS lossless, JPEG 2000 lossless, HTJ2K lossless (two)
  ...['5', '8.1', '4.57', '4.70', '4.80', '4.90', '4.201', '4.202'].map((end) => `1.2.840.10008.1.2.${end}`),
]);

/** True for a syntax in which every stored value of the pixels comes back. One that is not known may lose some. */
export function isLossless(uid: string): boolean {
  return lossless.has(uid);
}

/** The uncompressed syntax that a layout is written in. */
export function nativeSyntaxFor(layout: ElementLayout): string {
  if (!layout.explicit) return implicitLittleEndian;
  return layout.littleEndian ? explicitLittleEndian : explicitBigEndian;
}
