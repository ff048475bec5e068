// All short values of an object as text by place: `00100020`, `00400275[0]>00080050`. For tests; sequences stand as their count.
import { decodeText, openPart10, walkElements, type Spot } from '#station/dicom/index.ts';

export async function readTexts(bytes: Buffer, terms: readonly string[] = ['ISO_IR 192']) {
  const { elements } = await openPart10(bytes);
  const texts: Record<string, string> = {};
  await walkElements(elements.reader, elements.region, {
    wants: () => 4096,
    item: (item) => {
      if (item.parent) texts[placeOf(item.parent)] = String(item.index + 1);
    },
    element: (spot, value) => {
      if (spot.vr !== 'SQ')
        texts[placeOf(spot)] = value ? decodeText(value, terms, spot.vr).text.replace(/[ \0]+$/, '') : '';
      return undefined;
    },
  });
  return texts;
}

function placeOf(spot: Spot): string {
  const steps = [hex(spot.tag)];
  for (let item = spot.parent; item; item = item.parent?.parent ?? null) {
    if (item.parent) steps.unshift(`${hex(item.parent.tag)}[${item.index}]`);
  }
  return steps.join('>');
}

const hex = (tag: number) => tag.toString(16).padStart(8, '0').toUpperCase();
