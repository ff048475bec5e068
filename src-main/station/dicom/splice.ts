// Plans a correction: the received bytes with some elements replaced, inserted or taken away, and every other byte as
// it was. The plan is a recipe over the received file, with a File Meta of our own in front; pixel data is not copied.
//
// Text is written in the object's own character set; where that cannot hold it, the whole object becomes ISO_IR 192 and
// all its text is written anew. Before a recipe is given out, a second walk over its outcome proves that nothing outside
// the edits differs; if something does, that is a bug and is thrown as one. What cannot be done exactly is refused with
// Problem `correction-impossible`.
import { deflateRawSync } from 'node:zlib';
import { bug, isProblem, Problem } from '#station/kit/problem.ts';
import { readerOfBuffer } from './byte-reader.ts';
import { characterSetOf } from './character-sets.ts';
import { buildFileMeta } from './file-meta.ts';
import { walkElements } from './element-walk.ts';
import { openPart10, type Part10 } from './part10.ts';
import { lengthOf, readerOfSegments, sourceOffsetOf, type Recipe, type Segment } from './recipe.ts';
import { applyCuts, repairLengths } from './splice-cuts.ts';
import { editsFit, growEditTree, tagOfEdit, type Edit, type EditNode } from './splice-edits.ts';
import { CannotSplice, surveyEdits, unicodeTerms, type Survey } from './splice-survey.ts';
import { lookAt } from './splice-verify.ts';
import { keywordOf } from './dictionary.ts';

/** Most bytes of an inflated data set that are corrected; beyond it a deflated object is refused. */
export const mostInflatedBytes = 64 * 1_048_576;

export type SpliceOptions = {
  /** What the object is called in a problem; its own id, nothing from outside. */
  readonly objectId?: string;
  /** (0002,0016) of the outcome. */
  readonly sourceAeTitle?: string;
  /** `auto`, the default, changes to ISO_IR 192 only when the edits need it. */
  readonly characterSet?: 'auto' | 'keep' | 'unicode';
  /**
   * What becomes of text that its declared character set cannot explain when all text is written anew: `refuse`, the
   * default, or `guess` (UTF-8 when it is, else Latin-1).
   */
  readonly undecodable?: 'refuse' | 'guess';
};

export type SplicePlan = {
  readonly recipe: Recipe;
  /** (0008,0005) of the outcome. */
  readonly characterSet: readonly string[];
  /** True when all text was written anew. */
  readonly becameUnicode: boolean;
  /** Attributes of unknown content (UN) that may hold text of the former character set. */
  readonly unjudged: readonly string[];
};

/**
 * Plans `edits` on an opened object, which stays open.
 * @throws Problem correction-impossible with the reason; value-too-long when a value does not fit its VR
 */
export async function planSplice(
  object: Part10,
  edits: readonly Edit[],
  options: SpliceOptions = {},
): Promise<SplicePlan> {
  try {
    return await plan(object, edits, options);
  } catch (error) {
    const reason =
      error instanceof CannotSplice
        ? error.message
        : isProblem(error, 'value-not-allowed')
          ? `${error.params['keyword']} does not fit the character set`
          : undefined;
    if (reason === undefined) throw error;
    throw new Problem('correction-impossible', { object: options.objectId ?? '', reason }, { cause: error });
  }
}

async function plan(given: Part10, asked: readonly Edit[], options: SpliceOptions): Promise<SplicePlan> {
  const object = given.syntax.deflated ? await inflateWhole(given) : given;
  if (object.syntax.encapsulated && (!object.syntax.explicit || !object.syntax.littleEndian))
    throw new CannotSplice('it is not written in the transfer syntax it declares');
  const before = await readCharacterSet(object);
  const keeps = options.characterSet === 'keep' || (options.characterSet !== 'unicode' && editsFit(asked, before));
  const becameUnicode = !keeps && !isUnicode(before);
  const edits = becameUnicode ? [...asked.filter((edit) => !isCharacterSet(edit)), toUnicodeEdit] : asked;
  const tree = growEditTree(edits);
  if ('doubled' in tree) throw new CannotSplice(`${keywordOf(tree.doubled)} is edited twice`);

  const guess = options.undecodable === 'guess';
  const survey = await surveyEdits(object, tree, { terms: before, toUnicode: becameUnicode, guess });
  const repairs = repairLengths(survey.cuts, survey.counted);
  if (repairs === 'too-long') throw new CannotSplice('a sequence would become too long');
  const { region } = object.elements;
  const dataSet = applyCuts([...survey.cuts, ...repairs], region.start, region.end);
  await verify(object, dataSet, tree, edits, survey, { before, becameUnicode, guess });

  const uids = { sopClassUid: valueOf(edits, 0x00080016), sopInstanceUid: valueOf(edits, 0x00080018) };
  const fields = {
    sopClassUid: uids.sopClassUid ?? (survey.sopClassUid || (object.meta?.sopClassUid ?? '')),
    sopInstanceUid: uids.sopInstanceUid ?? (survey.sopInstanceUid || (object.meta?.sopInstanceUid ?? '')),
    transferSyntaxUid: given.syntax.uid,
  };
  const meta = buildFileMeta({ ...fields, sourceAeTitle: options.sourceAeTitle ?? object.meta?.sourceAeTitle ?? '' });
  const body = given.syntax.deflated ? [await deflated(object, dataSet)] : dataSet;
  const segments: Segment[] = [{ kind: 'bytes', bytes: meta }, ...body];
  const sizeBytes = segments.reduce((sum, segment) => sum + lengthOf(segment), 0);
  return {
    recipe: { segments, sizeBytes, dataSetOffset: meta.length, ...fields },
    characterSet: becameUnicode ? unicodeTerms : before,
    becameUnicode,
    unjudged: survey.unjudged,
  };
}

const toUnicodeEdit: Edit = { kind: 'put', element: { tag: 0x00080005, vr: 'CS', value: unicodeTerms[0] } };

function isUnicode(terms: readonly string[]): boolean {
  const set = characterSetOf(terms);
  return set.kind === 'whole' && set.name === 'utf-8';
}

function isCharacterSet(edit: Edit): boolean {
  return tagOfEdit(edit) === 0x00080005 && (edit.path ?? []).length === 0;
}

async function inflateWhole(object: Part10): Promise<Part10> {
  const whole = await openPart10(unclosed(object), { name: object.name, inflateLimitBytes: mostInflatedBytes });
  if (!whole.elements.whole) throw new CannotSplice('it cannot be inflated, or is too large when inflated');
  return whole;
}

function unclosed(object: Part10): Part10['reader'] {
  return { ...object.reader, close: () => Promise.resolve() };
}

/** (0008,0005) of the top, which the standard places before any text. */
async function readCharacterSet(object: Part10): Promise<readonly string[]> {
  let terms: readonly string[] = [];
  const { reader, region } = object.elements;
  await walkElements(reader, region, {
    before: (spot) => (spot.parent === null && spot.tag > 0x00080005 && spot.tag >>> 16 > 8 ? 'stop' : undefined),
    wants: (spot) => (spot.parent === null && spot.tag === 0x00080005 ? 4_096 : 0),
    element: (_spot, value) => {
      if (!value) return undefined;
      const text = value.toString('latin1').replace(/[\0 ]+$/, '');
      terms = text === '' ? [] : text.split('\\').map((term) => term.trim());
      return 'stop';
    },
    fragments: () => 'stop',
  }).catch(() => 0);
  return terms;
}

function valueOf(edits: readonly Edit[], tag: number): string | undefined {
  const edit = edits.find((each) => tagOfEdit(each) === tag && (each.path ?? []).length === 0);
  return edit?.kind === 'put' && typeof edit.element.value === 'string' ? edit.element.value : undefined;
}

type Circumstances = { readonly before: readonly string[]; readonly becameUnicode: boolean; readonly guess: boolean };

async function verify(
  object: Part10,
  dataSet: readonly Segment[],
  tree: EditNode,
  edits: readonly Edit[],
  survey: Survey,
  { before, becameUnicode, guess }: Circumstances,
): Promise<void> {
  const { reader, region } = object.elements;
  const outcome = readerOfSegments(dataSet, reader);
  const old = { reader, region, origin: (offset: number) => offset, textIn: becameUnicode ? before : null };
  const made = {
    reader: outcome,
    region: { ...region, start: 0, end: outcome.sizeBytes },
    origin: (offset: number, length: number) => sourceOffsetOf(dataSet, offset, length),
    textIn: becameUnicode ? unicodeTerms : null,
  };
  const was = await lookAt(old, tree, survey.itemsBefore, guess);
  const is = await lookAt(made, tree, survey.itemsBefore, guess);
  if (was.digest !== is.digest) throw bug('a splice changed more than it should');
  for (const edit of edits)
    if (is.present.has(edit) !== (edit.kind !== 'remove')) throw bug('a splice did not do what was asked');
}

async function deflated(object: Part10, dataSet: readonly Segment[]): Promise<Segment> {
  const { reader } = object.elements;
  const inflated = readerOfSegments(dataSet, reader);
  const packed = deflateRawSync(await inflated.read(0, inflated.sizeBytes));
  const bytes = packed.length % 2 === 0 ? packed : Buffer.concat([packed, Buffer.alloc(1)]);
  const back = await openPart10(
    readerOfBuffer(Buffer.concat([buildFileMeta({ ...emptyFields, transferSyntaxUid: object.syntax.uid }), bytes])),
    { inflateLimitBytes: mostInflatedBytes + 1_048_576 },
  );
  if (back.elements.reader.sizeBytes !== inflated.sizeBytes) throw bug('a deflated splice does not inflate again');
  return { kind: 'bytes', bytes };
}

const emptyFields = { sopClassUid: '', sopInstanceUid: '' };
