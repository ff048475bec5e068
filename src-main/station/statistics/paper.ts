// A sheet to write a report on: paper, margins, a running foot with page numbers, letters.
//
// Letters are embedded (letters.ts). What has none stands as a box, and the report says so: a name in another script never stops
// it. Every text keeps to the width it is given.
import PDFDocument from 'pdfkit';
import type { Paper } from '#contract/shapes/statistics.ts';
import { Letters } from './letters.ts';

const margin = 48;
const footHeight = 30;
const ink = '#1b1c1c';
const quiet = '#50575a';
const fill = '#8a5a10';
const soft = '#d9c7a4';
const line = '#c5c0b5';
export const colours = { ink, quiet, fill, soft, line } as const;

type TextWish = {
  readonly size?: number;
  readonly bold?: boolean;
  readonly colour?: string;
  readonly width?: number;
  readonly align?: 'left' | 'right';
};

export class Sheet {
  readonly pdf: PDFKit.PDFDocument;
  readonly #done: Promise<Buffer>;
  readonly #letters: Letters;
  y = margin;

  constructor(paper: Paper, about: { readonly title: string; readonly at: Date }) {
    this.pdf = new PDFDocument({
      ...{ size: paper === 'a4' ? 'A4' : 'LETTER', margin: 0, bufferPages: true, font: '', lang: 'en' },
      displayTitle: true,
      info: { Title: this.#plain(about.title), Creator: 'Safelight', CreationDate: about.at },
    });
    const pieces: Buffer[] = [];
    this.#done = new Promise((resolve, reject) => {
      this.pdf.on('data', (piece: Buffer) => pieces.push(piece));
      this.pdf.on('end', () => resolve(Buffer.concat(pieces)));
      this.pdf.on('error', reject);
    });
    this.#letters = new Letters(this.pdf);
  }

  /** Some text had no letters. */
  get lacksLetters(): boolean {
    return this.#letters.lacks;
  }

  get left(): number {
    return margin;
  }
  get width(): number {
    return this.pdf.page.width - 2 * margin;
  }
  get bottom(): number {
    return this.pdf.page.height - margin - footHeight;
  }

  /** Goes on a new page when less than `height` is left on this one. */
  need(height: number): void {
    if (this.y + height <= this.bottom) return;
    this.pdf.addPage();
    this.y = margin;
  }

  /** One line at a place; what is too long ends in an ellipsis. */
  put(text: string, x: number, y: number, wish: TextWish = {}): void {
    const { size = 9, bold = false, colour = ink, width = this.width - (x - margin), align = 'left' } = wish;
    this.pdf.fontSize(size).fillColor(colour);
    const runs = this.#letters.runsOf(this.#fit(this.#plain(text), width, bold), bold);
    let at = align === 'right' ? x + width - this.#letters.widthOf(runs) : x;
    for (const run of runs) {
      this.pdf.font(run.face).text(run.text, at, y, { lineBreak: false });
      at += this.#letters.widthOf([run]);
    }
  }

  /** Text that fills lines and moves on below them. */
  paragraph(text: string, { size = 9, colour = ink, bold = false }: TextWish = {}): void {
    this.pdf.fontSize(size);
    for (const one of this.#lines(this.#plain(text), this.width, bold)) {
      this.need(size * 1.5);
      this.put(one, margin, this.y, { size, colour, bold });
      this.y += size * 1.45;
    }
    this.y += 3;
  }

  heading(text: string, keepWith = 60): void {
    this.y += 12;
    this.need(keepWith + 20);
    this.put(text, margin, this.y, { size: 12, bold: true });
    this.y += 20;
  }

  /** Writes the foot of every page, and gives the file. The sheet is over then. */
  finish(foot: (page: number, pages: number) => string): Promise<Buffer> {
    const { count } = this.pdf.bufferedPageRange();
    for (let page = 0; page < count; page++) {
      this.pdf.switchToPage(page);
      const y = this.pdf.page.height - margin - 10;
      this.pdf
        .moveTo(margin, y - 6)
        .lineTo(margin + this.width, y - 6)
        .lineWidth(0.5)
        .stroke(line);
      this.put(foot(page + 1, count), margin, y, { size: 7.5, colour: quiet });
    }
    this.pdf.end();
    return this.#done;
  }

  #plain(text: string): string {
    return text
      .toWellFormed()
      .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
      .normalize('NFC');
  }

  /** In the size that is set. */
  #widthOf(text: string, bold: boolean): number {
    return this.#letters.widthOf(this.#letters.runsOf(text, bold));
  }

  #fit(text: string, width: number, bold: boolean): string {
    if (this.#widthOf(text, bold) <= width) return text;
    const short = Array.from(text).slice(0, 200);
    while (short.length > 0 && this.#widthOf(`${short.join('')}…`, bold) > width) short.pop();
    return `${short.join('').trimEnd()}…`;
  }

  #lines(text: string, width: number, bold: boolean): string[] {
    const found: string[] = [];
    let current = '';
    for (const word of text.split(' ')) {
      const longer = current === '' ? word : `${current} ${word}`;
      if (current !== '' && this.#widthOf(longer, bold) > width) {
        found.push(current);
        current = word;
      } else current = longer;
    }
    return [...found, current];
  }
}
