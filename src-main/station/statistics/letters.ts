// Letters to write a report with: DejaVu Sans (Latin, Greek, Cyrillic, Arabic and more), and Droid Sans Fallback (Chinese and
// Japanese) where that has none. Of each file only the letters that are used go into the report; the second one is read when somebody's
// name needs it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const box = '\u25a1';
/** From here on begin the signs of Chinese and Japanese. */
const firstFar = 0x2e80;

const require = createRequire(import.meta.url);
const files = {
  plain: () => readFileSync(require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')),
  bold: () => readFileSync(require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf')),
  far: () => readFileSync(require.resolve('#resources/fonts/DroidSansFallbackFull.ttf')),
} as const;
export type Face = keyof typeof files;

/** A font of fontkit, as pdfkit holds it. */
type WithFont = { readonly _font?: { readonly font?: { hasGlyphForCodePoint?(code: number): boolean } } };

/** Text of one face. */
export type Run = { readonly face: Face; readonly text: string };

export class Letters {
  readonly #pdf: PDFKit.PDFDocument;
  readonly #has = new Map<Face, (code: number) => boolean>();
  /** Some text had none. */
  lacks = false;

  constructor(pdf: PDFKit.PDFDocument) {
    this.#pdf = pdf;
  }

  /** In faces that have its letters; what no face has is a box. The font of the document is another one afterwards. */
  runsOf(text: string, bold: boolean): Run[] {
    const runs: { face: Face; text: string }[] = [];
    const near: Face = bold ? 'bold' : 'plain';
    for (const letter of text) {
      const code = letter.codePointAt(0) ?? 0;
      const isFar = code >= firstFar && !this.#knows(near, code) && this.#knows('far', code);
      const isThere = isFar || this.#knows(near, code);
      if (!isThere) this.lacks = true;
      const face = isFar ? 'far' : near;
      const last = runs.at(-1);
      const written = isThere ? letter : box;
      if (last?.face === face) last.text += written;
      else runs.push({ face, text: written });
    }
    return runs;
  }

  /** In the size that is set. */
  widthOf(runs: readonly Run[]): number {
    return runs.reduce((sum, { face, text }) => sum + this.#pdf.font(face).widthOfString(text), 0);
  }

  #knows(face: Face, code: number): boolean {
    let has = this.#has.get(face);
    if (has === undefined) {
      this.#pdf.registerFont(face, files[face]());
      const font = (this.#pdf.font(face) as unknown as WithFont)._font?.font;
      has = (one) => font?.hasGlyphForCodePoint?.(one) === true;
      this.#has.set(face, has);
    }
    return has(code);
  }
}
