// Structured reports and key object notes as readable lines: the content tree of PS3.3 C.17.3 in reading order.
//
// Guarantees: iterative; at most 5,000 lines; content of a kind that is not known keeps its name and says its kind. References are told with
// the objects they mean; who calls finds them.
import type { Paper, Reference, ReportLine } from '#contract/shapes/documents.ts';
import { numbersOf, type Tree } from './tree.ts';

export type BareReference = Omit<Reference, 'objectId' | 'examId'>;
export type BareReport = Omit<Extract<Paper, { kind: 'report' }>, 'lines'> & {
  readonly lines: readonly (Omit<ReportLine, 'reference'> & { readonly reference: BareReference | null })[];
};

const mostLines = 5000;
const longestText = 16_384;
const mostFrames = 64;
const keyObjectClass = '1.2.840.10008.5.1.4.1.1.88.59';

/** The report in a tree. */
export function readReport(tree: Tree): BareReport {
  const lines: BareReport['lines'][number][] = [];
  let stopped = tree.stopped;
  const children = (item: number) => tree.items(item, 0x0040a730);
  const stack = children(-1)
    .map((item, n) => ({ item, depth: 0, place: `1.${n + 1}` }))
    .reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (lines.length >= mostLines) {
      stopped = 'too-many';
      break;
    }
    lines.push({ ...lineOf(tree, next.item), depth: next.depth, place: next.place });
    const inside = children(next.item);
    for (let n = inside.length - 1; n >= 0; n--) {
      stack.push({ item: inside[n] ?? -1, depth: next.depth + 1, place: `${next.place}.${n + 1}` });
    }
  }
  return {
    kind: 'report',
    isKeyObjects: tree.text(-1, 0x00080016) === keyObjectClass,
    title: nameOf(tree, -1),
    completion: tree.text(-1, 0x0040a491),
    verification: tree.text(-1, 0x0040a493),
    verifiedBy: tree
      .items(-1, 0x0040a073)
      .slice(0, 16)
      .map((item) => ({ name: tree.text(item, 0x0040a075), at: tree.text(item, 0x0040a030) })),
    date: tree.text(-1, 0x00080023),
    time: tree.text(-1, 0x00080033),
    lines,
    stopped,
  };
}

function lineOf(tree: Tree, item: number): Omit<BareReport['lines'][number], 'depth' | 'place'> {
  const valueType = tree.text(item, 0x0040a040);
  const pointsTo = tree.find(item, 0x0040db73);
  const relationship = tree.text(item, 0x0040a010);
  const name = nameOf(tree, item);
  if (valueType === '' && pointsTo !== undefined) {
    const node = tree.nodes[pointsTo];
    const place = node === undefined ? '' : numbersOf(node).slice(0, 64).join('.');
    return { relationship, valueType: 'BY-REFERENCE', name, text: place, unit: '', reference: null };
  }
  const { text, unit } = contentOf(tree, item, valueType);
  const reference = ['IMAGE', 'WAVEFORM', 'COMPOSITE'].includes(valueType) ? referenceOf(tree, item) : null;
  return { relationship, valueType, name, text: text.slice(0, longestText), unit, reference };
}

function contentOf(tree: Tree, item: number, valueType: string): { readonly text: string; readonly unit: string } {
  const plain = (tag: number) => ({ text: tree.text(item, tag), unit: '' });
  switch (valueType) {
    case 'TEXT':
      return plain(0x0040a160);
    case 'CODE':
      return { text: codeOf(tree, tree.items(item, 0x0040a168)[0]), unit: '' };
    case 'NUM':
      return measured(tree, item);
    case 'DATETIME':
      return plain(0x0040a120);
    case 'DATE':
      return plain(0x0040a121);
    case 'TIME':
      return plain(0x0040a122);
    case 'PNAME':
      return plain(0x0040a123);
    case 'UIDREF':
      return plain(0x0040a124);
    case 'SCOORD':
    case 'SCOORD3D':
      return { text: placeOf(tree, item), unit: '' };
    case 'TCOORD':
      return plain(0x0040a130);
    default:
      return { text: '', unit: '' };
  }
}

function measured(tree: Tree, item: number): { readonly text: string; readonly unit: string } {
  const [value] = tree.items(item, 0x0040a300);
  if (value === undefined) return { text: codeOf(tree, tree.items(item, 0x0040a301)[0]), unit: '' };
  const [unit] = tree.items(value, 0x004008ea);
  // '1' is "no units" of UCUM.
  const code = unit === undefined ? '' : tree.text(unit, 0x00080100);
  return { text: tree.texts(value, 0x0040a30a).join(', '), unit: code === '1' || code === '{ratio}' ? '' : code };
}

/** Kind of a drawn thing and its first points. */
function placeOf(tree: Tree, item: number): string {
  const kind = tree.text(item, 0x00700023);
  const data = tree.numbers(item, 0x00700022);
  const size = tree.text(item, 0x0040a040) === 'SCOORD3D' ? 3 : 2;
  const points: string[] = [];
  for (let at = 0; at + size <= data.length && points.length < 4; at += size) {
    points.push(
      data
        .slice(at, at + size)
        .map((one) => Number(one.toFixed(1)))
        .join('/'),
    );
  }
  return `${kind} ${points.join(', ')}${data.length > 4 * size ? ' …' : ''}`.trim();
}

const nameOf = (tree: Tree, item: number): string => codeOf(tree, tree.items(item, 0x0040a043)[0]);

/** The meaning of a code, or the code where it has none. */
export function codeOf(tree: Tree, item: number | undefined): string {
  if (item === undefined) return '';
  const meaning = tree.text(item, 0x00080104);
  if (meaning !== '') return meaning.slice(0, 256);
  const value = [0x00080100, 0x00080119, 0x00080120].map((tag) => tree.text(item, tag)).find((one) => one !== '') ?? '';
  return value === '' ? '' : `${value} ${tree.text(item, 0x00080102)}`.trim().slice(0, 256);
}

export function referenceOf(tree: Tree, item: number): BareReference | null {
  const [first] = tree.items(item, 0x00081199);
  return first === undefined ? null : plainReference(tree, first);
}

export function plainReference(tree: Tree, item: number): BareReference {
  return {
    SOPClassUID: tree.text(item, 0x00081150).slice(0, 64),
    SOPInstanceUID: tree.text(item, 0x00081155).slice(0, 64),
    frames: tree
      .numbers(item, 0x00081160)
      .filter((frame) => Number.isSafeInteger(frame) && frame > 0)
      .slice(0, mostFrames),
  };
}
