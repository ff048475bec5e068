// The header of an object as it is kept in the book: without what is empty, which is most of it. Pure.
import { correctableKeywords, type Attributes } from '#contract/shapes/identity.ts';
import { headerNumberKeywords, headerTextKeywords, type ObjectHeader } from '#station/model/object-header.ts';

const empty = {
  ...Object.fromEntries(headerTextKeywords.map((keyword) => [keyword, ''])),
  ...Object.fromEntries(headerNumberKeywords.map((keyword) => [keyword, null])),
  SpecificCharacterSet: [],
  WindowCenter: [],
  WindowWidth: [],
  textSends: '',
  transferSyntaxUid: '',
  dataSetOffset: 0,
  hasPixelData: false,
  pixelData: null,
  wholeHeaderRead: true,
  flaws: [],
};

export function packHeader(header: ObjectHeader): string {
  const kept: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(header) as [string, unknown][]) {
    if (value !== '' && value !== null && !(Array.isArray(value) && value.length === 0)) kept[keyword] = value;
  }
  return JSON.stringify(kept);
}

export function unpackHeader(text: string): ObjectHeader {
  return { ...empty, ...(JSON.parse(text) as Partial<ObjectHeader>) } as ObjectHeader;
}

const mostCharacters = 1024;

/** What an object says about patient and order, by the keywords that a correction may set. */
export function receivedAttributes(header: ObjectHeader): Attributes {
  return Object.fromEntries(correctableKeywords.map((keyword) => [keyword, header[keyword].slice(0, mostCharacters)]));
}
