// How a derived picture is to be shown, in its header: the window that was chosen, the inverted tone, the shutter of the object.
//
// Pure. Of colour nothing is said: what was chosen of it is in its pixels.
import type { Edit, NewElement } from '#station/dicom/index.ts';
import type { PlaceWish } from './baked-place.ts';
import { asItStood, groupOf, textsOf } from './found-elements.ts';
import { shutterElements, shuttersOf, shutterTags, type Shutters } from './shutter-elements.ts';
import { geometryOf, type Change } from './turns.ts';

const tags = {
  lutShape: 0x20500020,
  shared: 0x52009229,
  perFrame: 0x52009230,
  frameVoi: 0x00289132,
  voiLut: 0x00283010,
} as const;

export const lookTags: readonly number[] = [...Object.values(tags), ...Object.values(shutterTags)];

export type LookWish = Pick<PlaceWish, 'found' | 'markup'> & { readonly photometric: string; readonly samples: number };

/** The object's own shutter moves with its picture; one that is painted is no shutter any more. */
export function shutterEdits({ found, change, markup, looks }: PlaceWish): Edit[] {
  const own = shuttersOf(null, found);
  const isPainted = looks && (markup.shutter !== null || Object.keys(own).length > 0);
  if (Object.keys(own).length === 0) return [];
  const all = [shutterTags.shape, shutterTags.left, shutterTags.right, shutterTags.upper, shutterTags.lower];
  const more = [shutterTags.centre, shutterTags.radius, shutterTags.vertices];
  const kept = isPainted ? [] : shutterElements(moved(own, change));
  const keptTags = new Set(kept.map((element) => ('tag' in element ? element.tag : 0)));
  return [
    ...[...all, ...more].filter((tag) => !keptTags.has(tag)).map((tag): Edit => ({ kind: 'remove', tag })),
    ...kept.map((element): Edit => ({ kind: 'put', element })),
  ];
}

function moved({ rectangle, circle, polygon }: Shutters, change: Change): Shutters {
  const to = geometryOf(change);
  const pixel = (column: number, row: number): [number, number] => {
    const [x, y] = to.pointOf([column - 0.5, row - 0.5]);
    return [Math.floor(x) + 1, Math.floor(y) + 1];
  };
  const corners = rectangle && [pixel(rectangle.left, rectangle.upper), pixel(rectangle.right, rectangle.lower)];
  const [a, b] = corners ?? [];
  return {
    ...(a && b
      ? {
          rectangle: {
            ...{ left: Math.min(a[0], b[0]), right: Math.max(a[0], b[0]) },
            ...{ upper: Math.min(a[1], b[1]), lower: Math.max(a[1], b[1]) },
          },
        }
      : {}),
    ...(circle ? { circle: { centre: pixel(...circle.centre), radius: circle.radius } } : {}),
    ...(polygon ? { polygon: polygon.map((corner) => pixel(...corner)) } : {}),
  };
}

/** Grey keeps its values: the window is carried, and inverse is said by the photometric interpretation. */
export function lookEdits({ found, markup, photometric, samples }: LookWish): Edit[] {
  const put = (element: NewElement): Edit => ({ kind: 'put', element });
  const isGrey = samples === 1 && photometric.startsWith('MONOCHROME');
  if (!isGrey) return [];
  const edits: Edit[] = [];
  const { window, inverted } = markup;
  if (window) {
    const items = found.get(tags.perFrame)?.items ?? [];
    const inFrames = items.flatMap((group, item) =>
      group.some(({ tag }) => tag === tags.frameVoi)
        ? [
            [
              { tag: tags.perFrame, item },
              { tag: tags.frameVoi, item: 0 },
            ],
          ]
        : [],
    );
    const inShared = groupOf(found.get(tags.shared)?.items, 0).has(tags.frameVoi)
      ? [
          [
            { tag: tags.shared, item: 0 },
            { tag: tags.frameVoi, item: 0 },
          ],
        ]
      : [];
    const groups = [...inShared, ...inFrames];
    const values = [
      { keyword: 'WindowCenter', value: window.center },
      { keyword: 'WindowWidth', value: window.width },
    ];
    const table = window.lut === undefined ? undefined : found.get(tags.voiLut)?.items?.[window.lut];
    if (table) {
      const gone = groups.length === 0 ? [0x00281050, 0x00281051, 0x00281055, 0x00281056] : [];
      edits.push(
        put({ keyword: 'VOILUTSequence', items: [table.map(asItStood)] }),
        ...gone.map((tag): Edit => ({ kind: 'remove', tag })),
      );
    } else if (groups.length === 0) {
      edits.push(...values.map(put), { kind: 'remove', tag: tags.voiLut }, { kind: 'remove', tag: 0x00281055 });
    }
    for (const path of groups) {
      edits.push(...values.map((element): Edit => ({ kind: 'put', path, element })), {
        kind: 'remove',
        path,
        tag: 0x00281055,
      });
    }
  }
  if (inverted) {
    edits.push(
      put({
        keyword: 'PhotometricInterpretation',
        value: photometric === 'MONOCHROME1' ? 'MONOCHROME2' : 'MONOCHROME1',
      }),
    );
    const [shape] = textsOf(found.get(tags.lutShape));
    if (shape)
      edits.push(put({ keyword: 'PresentationLUTShape', value: shape === 'INVERSE' ? 'IDENTITY' : 'INVERSE' }));
  }
  return edits;
}
