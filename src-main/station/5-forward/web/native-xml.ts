// The Native DICOM Model in XML (PS3.19 A.1) as far as a Store Instances Response needs it, in the shape of DICOM JSON:
// elements by tag, with their values and items.
//
// Iterative, bounded: undefined for what is not whole, nests too deep, or declares entities; nothing outside is ever
// fetched. Names and prefixes of namespaces are not looked at.
const mostLevels = 16;
const mostTags = 400_000;
/** A tag of such a document; longer ones are none. */
const mostTagLength = 4096;
const tagText = /^(\/?)([\w.:-]+)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)$/;
const attribute = /([\w.:-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

type Element = { vr: string; Value: unknown[] };
type DataSet = Record<string, Element>;
type Open = { readonly name: string; readonly dataSet?: DataSet; readonly element?: Element; text: string };

/** The data set of a response, or undefined. */
export function readNativeXml(text: string): Readonly<DataSet> | undefined {
  const open: Open[] = [];
  let root: DataSet | undefined;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  for (let count = 0; at < text.length; count++) {
    const piece = nextPiece(text, at);
    if (piece === undefined || count === mostTags) return undefined;
    at = piece.end;
    const inside = open.at(-1);
    if ('text' in piece) {
      if (inside) inside.text += piece.text;
      else if (piece.text.trim() !== '') return undefined;
    } else if (piece.isEnd) {
      if (inside?.name !== piece.name) return undefined;
      close(open);
    } else {
      if (open.length === mostLevels || (root && open.length === 0)) return undefined;
      const begun = begin(piece.name, attributesOf(piece.attributes), inside);
      root ??= begun.dataSet;
      open.push(begun);
      if (piece.isEmpty) close(open);
    }
  }
  return open.length === 0 ? root : undefined;
}

type Piece = { readonly end: number } & (
  | { readonly text: string }
  | { readonly name: string; readonly attributes: string; readonly isEnd: boolean; readonly isEmpty: boolean }
);

/** What begins here; undefined for what is not whole, or no XML that belongs here. */
function nextPiece(text: string, at: number): Piece | undefined {
  if (text[at] !== '<') {
    const end = text.indexOf('<', at);
    const last = end < 0 ? text.length : end;
    return { text: unescaped(text.slice(at, last)), end: last };
  }
  for (const [from, to, isText] of skipped) {
    if (!text.startsWith(from, at)) continue;
    const end = text.indexOf(to, at + from.length);
    if (end < 0) return undefined;
    return { text: isText ? text.slice(at + from.length, end) : '', end: end + to.length };
  }
  const end = text.indexOf('>', at);
  if (end < 0 || end - at > mostTagLength) return undefined;
  const [, isEnd, name = '', attributes = '', isEmpty] = tagText.exec(text.slice(at + 1, end)) ?? [];
  const own = name.slice(name.indexOf(':') + 1);
  return own === '' ? undefined : { name: own, attributes, isEnd: isEnd !== '', isEmpty: isEmpty !== '', end: end + 1 };
}

const skipped = [
  ['<![CDATA[', ']]>', true],
  ['<!--', '-->', false],
  ['<?', '?>', false],
] as const;

function begin(name: string, attributes: ReadonlyMap<string, string>, inside: Open | undefined): Open {
  if (name === 'NativeDicomModel' && inside === undefined) return { name, dataSet: {}, text: '' };
  const tag = attributes.get('tag')?.toUpperCase() ?? '';
  if (name === 'DicomAttribute' && inside?.dataSet && /^[0-9A-F]{8}$/.test(tag)) {
    const element: Element = { vr: attributes.get('vr') ?? '', Value: [] };
    inside.dataSet[tag] = element;
    return { name, element, text: '' };
  }
  if (name === 'Item' && inside?.element) {
    const dataSet: DataSet = {};
    inside.element.Value.push(dataSet);
    return { name, dataSet, text: '' };
  }
  return { name, text: '' };
}

/** A value belongs to the element that it stands in. */
function close(open: Open[]): void {
  const closed = open.pop();
  if (closed?.name === 'Value') open.at(-1)?.element?.Value.push(closed.text.trim());
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(attribute)].map(([, name = '', one, other]) => [name, unescaped(one ?? other ?? '')]),
  );
}

const unescaped = (text: string): string =>
  text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{2,4}));/g, (whole, decimal, hexadecimal, name) => {
    const code = decimal ? Number(decimal) : hexadecimal ? Number.parseInt(String(hexadecimal), 16) : undefined;
    if (code !== undefined) return code <= 0x10ffff ? String.fromCodePoint(code) : '';
    return entities[String(name)] ?? String(whole);
  });
