// Where two texts differ, by what a person sees as one character (grapheme). Pure; long texts are compared as a whole.

export type Piece = { readonly text: string; readonly differs: boolean };

const mostCharacters = 128;

/** Stands where `other` has something that is not in the text. */
const missing = '‸';

/**
 * `text` in pieces, marked where it is not in `other`, with a caret where only `other` has something. Two texts that have
 * little in common are one marked piece.
 */
export function piecesOf(text: string, other: string): readonly Piece[] {
  if (text === other || text === '') return text === '' ? [] : [{ text, differs: false }];
  if (other === '' || text.length > mostCharacters || other.length > mostCharacters) return [{ text, differs: true }];
  const [left, right] = [graphemesOf(text), graphemesOf(other)];
  const kept = commonOf(left, right);
  if (kept.size * 3 < Math.max(left.length, right.length)) return [{ text, differs: true }];
  const pieces: { text: string; differs: boolean }[] = [];
  const add = (piece: string, differs: boolean) => {
    const last = pieces.at(-1);
    if (last?.differs === differs) last.text += piece;
    else pieces.push({ text: piece, differs });
  };
  let reached = 0;
  const close = (upTo: number) => {
    if (upTo > reached && pieces.at(-1)?.differs !== true) add(missing, true);
    reached = upTo + 1;
  };
  for (const [n, grapheme] of left.entries()) {
    const place = kept.get(n);
    if (place !== undefined) close(place);
    add(grapheme, place === undefined);
  }
  close(right.length);
  return pieces;
}

function graphemesOf(text: string): readonly string[] {
  return [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)].map(({ segment }) => segment);
}

/** Places in `a` of a longest common subsequence with `b`, each with its place in `b`. */
function commonOf(a: readonly string[], b: readonly string[]): ReadonlyMap<number, number> {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const kept = new Map<number, number>();
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      kept.set(i, j);
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return kept;
}
