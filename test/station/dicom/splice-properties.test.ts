// Any data set at all: written by a little writer of this test's own, corrected by the splicer, and compared with what
// the little writer makes of the corrected model. Nothing of the splicer's code decides what is right.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildFileMeta,
  openPart10,
  planSplice,
  readHeader,
  walkElements,
  WalkStop,
  type Edit,
  type Recipe,
} from '#station/dicom/index.ts';
import { isProblem } from '#station/kit/problem.ts';

type Leaf = { readonly tag: number; readonly vr: 'LO' | 'OB'; readonly value: string };
type Item = { readonly elements: readonly Element[]; readonly open: boolean };
type Sequence = { readonly tag: number; readonly vr: 'SQ'; readonly items: readonly Item[]; readonly open: boolean };
type Element = Leaf | Sequence;
type Style = { readonly explicit: boolean; readonly littleEndian: boolean; readonly syntax: string };

const loTags = [
  0x00080070, 0x00080080, 0x00081030, 0x0008103e, 0x00100020, 0x00100021, 0x00181030, 0x00321060, 0x00400007,
];
const sqTags = [0x00081032, 0x00081110, 0x00081140, 0x00081250, 0x00400275, 0x00400555];
const styles: readonly Style[] = [
  { explicit: true, littleEndian: true, syntax: '1.2.840.10008.1.2.1' },
  { explicit: false, littleEndian: true, syntax: '1.2.840.10008.1.2' },
  { explicit: true, littleEndian: false, syntax: '1.2.840.10008.1.2.2' },
];

const leaf = fc.record({
  tag: fc.constantFrom(...loTags),
  vr: fc.constant('LO' as const),
  value: fc
    .string({ unit: fc.constantFrom(...'abcXYZ 019-'), maxLength: 12 })
    .map((text) => text.padEnd(text.length + (text.length % 2))),
});
const blob = fc.record({
  tag: fc.constant(0x00420011),
  vr: fc.constant('OB' as const),
  value: fc.constantFrom('', '\xfe\xff\x0d\xe0', '\xfe\xff\xdd\xe0\0\0\0\0'),
});
const inOrder = <T extends Element>(elements: readonly T[]): T[] =>
  [...new Map(elements.map((each) => [each.tag, each])).values()].toSorted((a, b) => a.tag - b.tag);
const { dataSet } = fc.letrec<{ readonly dataSet: readonly Element[]; readonly sequence: Sequence }>((tie) => ({
  dataSet: fc
    .array(fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, blob, tie('sequence')), { maxLength: 6 })
    .map((elements) => inOrder(elements as Element[])),
  sequence: fc.record({
    tag: fc.constantFrom(...sqTags),
    vr: fc.constant('SQ' as const),
    open: fc.boolean(),
    items: fc.array(fc.record({ elements: tie('dataSet'), open: fc.boolean() }), { maxLength: 3 }),
  }) as fc.Arbitrary<Sequence>,
}));

function write(elements: readonly Element[], style: Style): Buffer {
  const short = (value: number) => {
    const bytes = Buffer.alloc(2);
    if (style.littleEndian) bytes.writeUInt16LE(value);
    else bytes.writeUInt16BE(value);
    return bytes;
  };
  const long = (value: number) => {
    const bytes = Buffer.alloc(4);
    if (style.littleEndian) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const tag = (value: number) => Buffer.concat([short(value >>> 16), short(value & 0xffff)]);
  return Buffer.concat(
    elements.map((element) => {
      const body =
        element.vr !== 'SQ'
          ? Buffer.from(element.value, 'latin1')
          : Buffer.concat(
              element.items.map(({ elements: inside, open }) => {
                const content = write(inside, style);
                const length = open ? 0xffffffff : content.length;
                const end = open ? [tag(0xfffee00d), long(0)] : [];
                return Buffer.concat([tag(0xfffee000), long(length), content, ...end]);
              }),
            );
      const open = element.vr === 'SQ' && element.open;
      const length = open ? 0xffffffff : body.length;
      const end = open ? [tag(0xfffee0dd), long(0)] : [];
      const vr = Buffer.from(element.vr, 'latin1');
      const header = !style.explicit
        ? [long(length)]
        : element.vr === 'LO'
          ? [vr, short(length)]
          : [vr, Buffer.alloc(2), long(length)];
      return Buffer.concat([tag(element.tag), ...header, body, ...end]);
    }),
  );
}

type Step = { readonly tag: number; readonly item: number };

/** All places where an element may stand. */
function containersOf(elements: readonly Element[], path: readonly Step[] = []): (readonly Step[])[] {
  return [
    path,
    ...elements.flatMap((element) =>
      element.vr === 'SQ'
        ? element.items.flatMap((item, n) => containersOf(item.elements, [...path, { tag: element.tag, item: n }]))
        : [],
    ),
  ];
}

function change(
  elements: readonly Element[],
  path: readonly Step[],
  how: (elements: readonly Element[]) => readonly Element[],
): readonly Element[] {
  const [step, ...rest] = path;
  if (!step) return how(elements);
  return elements.map((element) =>
    element.vr === 'SQ' && element.tag === step.tag
      ? {
          ...element,
          items: element.items.map((item, n) =>
            n === step.item ? { ...item, elements: change(item.elements, rest, how) } : item,
          ),
        }
      : element,
  );
}

function applyToModel(elements: readonly Element[], edit: Edit): readonly Element[] {
  return change(elements, edit.path ?? [], (inside) => {
    if (edit.kind === 'remove') return inside.filter(({ tag }) => tag !== edit.tag);
    if (edit.kind === 'put') {
      const { tag, value } = edit.element as unknown as { readonly tag: number; readonly value: string };
      return inOrder([...inside, { tag, vr: 'LO', value: value.padEnd(value.length + (value.length % 2)) }]);
    }
    const item: Item = { elements: [{ tag: 0x00080070, vr: 'LO', value: 'ours' }], open: false };
    const there = inside.find(({ tag }) => tag === edit.tag);
    if (there?.vr === 'SQ')
      return inside.map((each) => (each === there ? { ...there, items: [...there.items, item] } : each));
    return inOrder([...inside, { tag: edit.tag, vr: 'SQ', open: false, items: [item] }]);
  });
}

const editIn = (path: readonly Step[]): fc.Arbitrary<Edit> =>
  fc.oneof(
    fc.record({
      kind: fc.constant('put' as const),
      path: fc.constant(path),
      element: fc.record({
        tag: fc.constantFrom(...loTags),
        vr: fc.constant('LO'),
        value: fc.string({ unit: fc.constantFrom(...'new42'), maxLength: 9 }),
      }),
    }),
    fc.record({
      kind: fc.constant('remove' as const),
      path: fc.constant(path),
      tag: fc.constantFrom(...loTags, ...sqTags),
    }),
    fc.record({
      kind: fc.constant('append' as const),
      path: fc.constant(path),
      tag: fc.constantFrom(...sqTags),
      item: fc.constant([{ tag: 0x00080070, vr: 'LO', value: 'ours' }]),
    }),
  );

const correction = dataSet.chain((elements) =>
  fc.record({
    elements: fc.constant(elements),
    style: fc.constantFrom(...styles),
    edits: fc
      .array(fc.constantFrom(...containersOf(elements)).chain(editIn), { minLength: 1, maxLength: 4 })
      .map((edits) => [...new Map(edits.map((edit) => [keyOf(edit), edit])).values()]),
  }),
);

function keyOf(edit: Edit): string {
  return JSON.stringify([edit.path, edit.kind === 'put' ? (edit.element as { tag: number }).tag : edit.tag]);
}

/** An edit below another one that takes its sequence away cannot be done, and is refused. */
function contradicts(edits: readonly Edit[]): boolean {
  return edits.some((above) =>
    edits.some((below) => {
      const depth = (above.path ?? []).length;
      const step = (below.path ?? [])[depth];
      return (
        above.kind === 'remove' &&
        step?.tag === above.tag &&
        JSON.stringify((below.path ?? []).slice(0, depth)) === JSON.stringify(above.path ?? [])
      );
    }),
  );
}

function cook(recipe: Recipe, source: Buffer): Buffer {
  const parts = recipe.segments.map((segment) =>
    segment.kind === 'bytes' ? segment.bytes : source.subarray(segment.offset, segment.offset + segment.length),
  );
  return Buffer.concat(parts).subarray(recipe.dataSetOffset);
}

// Something that begins every data set, so that it is recognised for what it is.
const first: Element = { tag: 0x00080012, vr: 'LO', value: 'x ' };
const meta = (syntax: string) =>
  buildFileMeta({ sopClassUid: '1.2', sopInstanceUid: '1.2.3', transferSyntaxUid: syntax });

describe('any correction of any data set', () => {
  it('gives exactly the bytes of the corrected data set', async () => {
    await fc.assert(
      fc.asyncProperty(correction, async ({ elements: drawn, style, edits }) => {
        const elements = [first, ...drawn];
        const received = Buffer.concat([meta(style.syntax), write(elements, style)]);
        const planned = await planSplice(await openPart10(received), edits).catch((error: unknown) => error);
        if (contradicts(edits)) {
          expect(isProblem(planned, 'correction-impossible')).toBe(true);
          return;
        }
        if (planned instanceof Error) throw planned;
        const { recipe } = planned as { readonly recipe: Recipe };
        const expected = write(edits.reduce(applyToModel, elements as readonly Element[]), style);
        expect(cook(recipe, received).toString('hex')).toBe(expected.toString('hex'));
      }),
      { numRuns: 600 },
    );
  });

  it('made twice gives what was made at once', async () => {
    await fc.assert(
      fc.asyncProperty(correction, async ({ elements, style, edits }) => {
        fc.pre(!contradicts(edits));
        const received = Buffer.concat([meta(style.syntax), write([first, ...elements], style)]);
        const atOnce = cook((await planSplice(await openPart10(received), edits)).recipe, received);
        let bytes = received;
        for (const edit of edits) {
          const { recipe } = await planSplice(await openPart10(bytes), [edit]);
          bytes = Buffer.concat([meta(style.syntax), cook(recipe, bytes)]);
        }
        expect(bytes.subarray(meta(style.syntax).length).equals(atOnce)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('any bytes at all', () => {
  it('are walked to an end or to a stop, and never beyond what is there', async () => {
    await fc.assert(
      fc.asyncProperty(
        dataSet,
        fc.constantFrom(...styles),
        fc.nat(),
        fc.uint8Array({ maxLength: 4 }),
        async (elements, style, where, noise) => {
          const bytes = write(elements, style);
          bytes.set(
            noise.subarray(0, Math.max(0, bytes.length - (where % (bytes.length + 1)))),
            where % (bytes.length + 1),
          );
          const object = await openPart10(Buffer.concat([meta(style.syntax), write([first], style), bytes]));
          const { reader, region } = object.elements;
          try {
            const end = await walkElements(reader, region, {
              element: (spot) => {
                expect(spot.end).toBeLessThanOrEqual(region.end);
                expect(spot.valueOffset).toBeLessThanOrEqual(spot.end);
                return undefined;
              },
            });
            expect(end).toBe(region.end);
          } catch (error) {
            expect(error).toBeInstanceOf(WalkStop);
          }
          await readHeader(object);
        },
      ),
      { numRuns: 800 },
    );
  });
});
