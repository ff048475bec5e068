// Where two texts differ, by what a person sees as one character (grapheme). Pure; long texts are compared as a whole.

export type Piece = { readonly text: string; readonly differs: boolean };

const mostCharacters = 128;

/** `text` in pieces, marked where it is not in `other`. Two texts that have nothing in common are one marked piece. */
export function piecesOf(text: string, other: string): readonly Piece[] {
  if (text === other || text === '') return text === '' ? [] : [{ text, differs: false }];
  if (other === '' || text.length > mostCharacters || other.length > mostCharacters) return [{ text, differs: true }];
  const [left, right] = [graphemesOf(text), graphemesOf(other)];
  const kept = commonOf(left, right);
  if (kept.size * 3 < Math.max(left.length, right.length)) return [{ text, differs: true }];
  const pieces: { text: string; differs: boolean }[] = [];
  for (const [n, grapheme] of left.entries()) {
    const differs = !kept.has(n);
    const last = pieces.at(-1);
    if (last?.differs === differs) last.text += grapheme;
    else pieces.push({ text: grapheme, differs });
  }
  return pieces;
}

function graphemesOf(text: string): readonly string[] {
  return [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)].map(({ segment }) => segment);
}

/** Places in `a` of a longest common subsequence with `b`. */
function commonOf(a: readonly string[], b: readonly string[]): ReadonlySet<number> {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const kept = new Set<number>();
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      kept.add(i);
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return kept;
}
