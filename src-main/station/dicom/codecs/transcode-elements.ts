// Writes the elements of a data set in another layout: every value as it was, its words turned where the byte order
// changes, sequences and items with undefined lengths.
//
// From implicit to explicit the VR is that of the dictionary; what it does not know is UN, and what is too long for its VR
// too (PS3.5 6.2.2). Group lengths are left out: they count bytes that are no longer there (PS3.5 7.2).
import { encodeHeader } from '../build-elements.ts';
import { isSignedByChoice } from '../dictionary.ts';
import { hasLongForm, undefinedLength, type Spot, type Visitor } from '../element-walk.ts';
import type { ElementLayout } from '../transfer-syntax.ts';
import type { Sink } from './transcode-sink.ts';
import { isGroupLength, wordOf, type Source, type Survey } from './transcode-survey.ts';

/** New values of elements at the top; null leaves the element out. */
export type Edits = ReadonlyMap<number, Buffer | null>;

const implicitLittle: ElementLayout = { explicit: false, littleEndian: true };
const itemHead = Buffer.from('feff00e0ffffffff', 'hex');
const itemEnd = Buffer.from('feff0de000000000', 'hex');
const sequenceEnd = Buffer.from('feffdde000000000', 'hex');
const mostShortBytes = 0xffff;

/** What a walk has to call so that all that it meets is written to `sink`. `target` is little endian. */
export function elementWriter({
  sink,
  source,
  survey,
  edits,
  target,
}: {
  readonly sink: Sink;
  readonly source: Source;
  readonly survey: Survey;
  readonly edits: Edits;
  readonly target: ElementLayout;
}): Visitor {
  // Inside of what is written as UN everything is implicit (PS3.5 6.2.2); the sequences that we are in, outermost first.
  const unknown: Spot[] = [];
  let leftOut: Spot | undefined;
  const layout = () => (unknown.length > 0 ? implicitLittle : target);
  const head = (tag: number, vr: string, length: number) => sink.write(encodeHeader(tag, vr, length, layout()));
  return {
    sequence(spot) {
      if (spot.parent === null && edits.get(spot.tag) === null) leftOut = spot;
      if (leftOut) return 'enter';
      const vr = spot.vr === 'UN' ? 'UN' : 'SQ';
      head(spot.tag, vr, undefinedLength);
      if (vr === 'UN') unknown.push(spot);
      return 'enter';
    },
    item: () => void (leftOut ?? sink.write(itemHead)),
    closed(spot) {
      if (leftOut) {
        if (leftOut === spot) leftOut = undefined;
        return;
      }
      sink.write(spot.kind === 'item' ? itemEnd : sequenceEnd);
      if (unknown.at(-1) === spot) unknown.pop();
    },
    element(spot) {
      if (leftOut || isGroupLength(spot.tag)) return undefined;
      const edit = spot.parent === null ? edits.get(spot.tag) : undefined;
      if (edit === null) return undefined;
      const length = edit?.length ?? spot.length;
      head(spot.tag, layout().explicit ? vrToWrite(spot, survey, length) : '', length);
      if (edit) sink.write(edit);
      else sink.copy(source.fd, spot.valueOffset, length, wordOf(spot, survey));
      return undefined;
    },
  };
}

function vrToWrite(spot: Spot, { signed }: Survey, length: number): string {
  const vr = !spot.vrWritten && spot.vr === 'US' && signed && isSignedByChoice(spot.tag) ? 'SS' : spot.vr;
  // A sequence that is kept as bytes, and a value without a name.
  if (vr === '' || (length > mostShortBytes && !hasLongForm(vr))) return 'UN';
  return vr;
}
