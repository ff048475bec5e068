// Revisions: made from a received object and the corrections of its exam, verified, and opened again for whoever sends
// or shows them. The recipe is durable before the verifier reads it back; pixel data is never copied.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { CorrectableKeyword } from '#contract/shapes/correctable.ts';
import type { AppliedOrder } from '#contract/shapes/applied-order.ts';
import type { Attributes, CorrectionReason } from '#contract/shapes/identity.ts';
import { isAnotherPerson } from '#contract/shapes/other-person.ts';
import type { MovedObject } from '#contract/shapes/rearranging.ts';
import {
  decodeRecipe,
  encodeRecipe,
  openPart10,
  openSplicedStream,
  planSplice,
  readInPieces,
  type Part10,
} from '#station/dicom/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import type { PieceBuffers } from '#station/kit/piece-buffers.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import {
  changeOf,
  isNothing,
  planCorrection,
  tagsToKeep,
  withoutWhatStands,
  type Change,
  type PlannedCorrection,
  type UidKeyword,
} from './correction-plan.ts';
import { frameLaterality, isSideTag, newFrameSides, type NewFrameSides } from './frame-sides.ts';
import type { ObjectDecision } from './object-corrections.ts';
import { elementsOfProcedure, type ProcedureCode } from './procedure-codes.ts';
import { readPriorValues, type PriorValues, type RepeatedKeyword } from './prior-values.ts';
import type { MadeForApproval, ObjectFacts, PreparedRevision, ReadableObject, ReviewPorts } from './review.ts';
import { findBrokenReference } from './references/reference-proof.ts';
import { followReferences, type FollowedReferences } from './references/references.ts';
import { isOfSomebodyElse, orderAsTyped } from './order-rules.ts';
import {
  elementsOfNoOrder,
  elementsOfObject,
  elementsOfOrder,
  orderTags,
  tagOfSet,
  type SetElement,
} from './set-elements.ts';
import { readOrigin, type ObjectOrigin } from './tables.ts';
import type { Identity } from './traces.ts';
import { verify, type Claim, type Copy, type Verdict } from './verifier.ts';

export type RevisionDesk = {
  readonly book: Book;
  readonly clock: Clock;
  readonly ports: ReviewPorts;
  readonly buffers: PieceBuffers;
  /** What has no row yet and is to leave with the rest, by id. */
  readonly made?: ReadonlyMap<string, MadeForApproval>;
};

/** What the exam says about each of its objects. */
export type ExamDecision = {
  readonly corrected: Attributes;
  readonly reasons: ReadonlyMap<CorrectableKeyword, CorrectionReason>;
  readonly former: readonly Identity[];
  readonly order?: AppliedOrder | undefined;
  /** Objects around the exam that are filed elsewhere than they were received: references follow them. */
  readonly around?: readonly MovedObject[];
  /** What was said of single objects. */
  readonly ofObjects?: ReadonlyMap<string, ObjectDecision>;
  /** The code that goes with a Study Description. */
  readonly procedureOf?: (description: string) => ProcedureCode | undefined;
  /** Names and IDs that stand for nobody. */
  readonly placeholders?: ReadonlySet<string>;
  /** True for two IDs that the hospital says are one patient. */
  readonly areMerged?: (one: string, other: string) => boolean;
  /** Hears what the verifier said of each object. */
  readonly witness?: (seen: Witnessed) => void;
};

export type Witnessed = {
  readonly objectId: string;
  readonly verdict: Verdict;
  readonly chosen: Attributes;
  /** False when it leaves byte for byte as it was received. */
  readonly changed: boolean;
};

const pieceBytes = 262_144;

type Drafted = {
  readonly recipeFile: string | null;
  readonly sizeBytes: number;
  readonly dataSetOffset: number;
  readonly TransferSyntaxUID: string;
  /** What was changed beyond attributes and UIDs; null when no element was edited. */
  readonly edited: Written | null;
  readonly signatureRemoved: boolean;
};

type Written = Pick<PlannedCorrection, 'written' | 'originalItems'> & {
  readonly nested: PriorValues['nested'];
  readonly frameSides: NewFrameSides | undefined;
};

/**
 * Makes the revision of one object and proves it.
 * @throws Problem 'correction-impossible' when it cannot be written, or not be proved; 'verification-failed' when a former
 *   identity is left; 'digest-mismatch', 'object-file-missing'
 */
export async function makeRevision(
  desk: RevisionDesk,
  objectId: string,
  exam: ExamDecision,
): Promise<PreparedRevision> {
  const { ports, clock, book } = desk;
  const made = desk.made?.get(objectId);
  const object = made?.facts ?? ports.objectFile(objectId);
  const origin = made ? originOf(book, made) : readOrigin(book, objectId);
  const path = ports.objectPath(object.file);
  await demandFile(path, objectId);
  const chosen = withDefaults(exam.corrected, origin, ports);
  const { order, ofAnother } = orderFor(exam, origin.received, chosen);
  const uids = { ...object, ...(order?.StudyInstanceUID && { StudyInstanceUID: order.StudyInstanceUID }) };
  const said = exam.ofObjects?.get(made?.like ?? objectId);
  const procedure = exam.procedureOf?.(chosen.StudyDescription ?? origin.received.StudyDescription ?? '');
  const set = oneOfEach([
    ...(order
      ? elementsOfOrder(order, uids, ofAnother || order.reason === 'CORRECT')
      : ofAnother
        ? elementsOfNoOrder(uids)
        : []),
    ...(procedure ? elementsOfProcedure(procedure, order !== undefined) : []),
    ...(said ? elementsOfObject(said) : []),
  ]);
  const around = exam.around ?? [];
  const followed = await followReferences(
    {
      ...{ objectId, path, chosen, received: origin.received, StudyInstanceUID: uids.StudyInstanceUID },
      ...{ receivedStudy: object.header.StudyInstanceUID, characterSet: object.header.SpecificCharacterSet },
    },
    around,
  );
  const references = elementsOfReferences(followed, set);
  const change: Change = {
    ...changeOf(chosen, origin.received, uids, receivedUids(object)),
    elements: [...set, ...references],
  };
  const id = newId(clock.epochMs());
  const samePerson = order !== undefined && isSamePerson(order, origin.received);
  const reasons = new Map<string, CorrectionReason>(reasonsWith(chosen, exam));
  if (order?.StudyInstanceUID) reasons.set('StudyInstanceUID', order.reason);
  const { edited, ...draft } = await draftRevision(desk, { id, object, origin, path, change, reasons, samePerson });
  try {
    const outgoing = draft.recipeFile === null ? null : await storedCopy(desk, draft.recipeFile, path);
    const verdict = await verify({
      received: {
        open: () => piecesOf(desk, path, object),
        sizeBytes: object.sizeBytes,
        dataSetOffset: object.dataSetOffset,
        dataSetSha256: object.dataSetSha256,
        transferSyntaxUid: object.header.transferSyntaxUid || object.transferSyntaxUid,
      },
      outgoing,
      chosen,
      uids,
      former: exam.former,
      edited: edited !== null,
      ...(edited && claimedOf(edited, change, order)),
    });
    exam.witness?.({ objectId, verdict, chosen, changed: draft.recipeFile !== null });
    if (verdict.kind === 'failed') {
      throw problemOf(verdict, objectId);
    }
    await demandReferences({ desk, object, path, outgoing, around, rewritten: references.map(tagOfSet) });
    const { dataSetSha256 } = verdict;
    const notJudged = [...verdict.notJudged, ...notesOf(followed)];
    const { SOPInstanceUID, SOPClassUID } = object;
    const attributes = change.attributes;
    return {
      ...draft,
      id,
      objectId,
      StudyInstanceUID: uids.StudyInstanceUID,
      SOPInstanceUID,
      SOPClassUID,
      attributes,
      dataSetSha256,
      notJudged,
      verifiedAt: clock.now(),
    };
  } catch (error) {
    if (draft.recipeFile !== null) await ports.dropRecipe(draft.recipeFile);
    throw error;
  }
}

/** What is made takes after its picture: the device fills in the same. */
const originOf = (book: Book, { received, like }: MadeForApproval): ObjectOrigin =>
  like === undefined
    ? { received, sourceKind: 'file', sourceLabel: 'Safelight', sourceAddress: null }
    : { ...readOrigin(book, like), received };

/**
 * The corrections with department, institution and operator of the device, where neither the image nor a person named one. What was received
 * before departments were read is left alone: nobody knows whether it has one.
 */
function withDefaults(corrected: Attributes, origin: ObjectOrigin, ports: ReviewPorts): Attributes {
  if (origin.sourceKind !== 'dicom') return corrected;
  const department = ports.departmentOf?.(origin.sourceLabel, origin.sourceAddress);
  const defaults: Attributes = {
    ...ports.defaultsOf?.(origin.sourceLabel, origin.sourceAddress),
    ...(department === undefined ? {} : { InstitutionalDepartmentName: department }),
  };
  const wanted = (Object.keys(defaults) as (keyof Attributes)[]).filter((keyword) => {
    const said = origin.received[keyword];
    return said !== undefined && said.trim() === '' && corrected[keyword] === undefined;
  });
  return { ...corrected, ...Object.fromEntries(wanted.map((keyword) => [keyword, defaults[keyword]])) };
}

/**
 * The order that counts for one object, and whether what the object says of an order is another patient's: then it goes,
 * whether another order was given or none.
 */
function orderFor(exam: ExamDecision, received: Attributes, chosen: Attributes) {
  const typed = { chosen, reasons: exam.reasons };
  const isVoid = exam.order !== undefined && isOfSomebodyElse(exam.order, typed);
  const ofAnother = isVoid || isAnotherPerson(received, { ...received, ...chosen }, exam.placeholders, exam.areMerged);
  const given = exam.order && !isVoid ? orderAsTyped(exam.order, typed) : undefined;
  return { order: given, ofAnother };
}

/** What is said later of an element counts. */
const oneOfEach = (sets: readonly SetElement[]): SetElement[] => [
  ...new Map(sets.map((set) => [tagOfSet(set), set])).values(),
];

/** What an order says of a sequence counts over what a reference in it followed. */
function elementsOfReferences({ sequences }: FollowedReferences, set: readonly SetElement[]): SetElement[] {
  const taken = new Set(set.map(tagOfSet));
  return sequences
    .filter(({ tag }) => !taken.has(tag))
    .map(({ tag, items }) => ({ kind: 'put', element: { tag, vr: 'SQ', items }, reason: 'CORRECT' }));
}

function notesOf({ elsewhere, leftInPrivate }: FollowedReferences): string[] {
  return [...(elsewhere > 0 ? ['refers-elsewhere'] : []), ...(leftInPrivate > 0 ? ['private-reference'] : [])];
}

/** @throws Problem 'correction-impossible' when something it refers to is not where it says */
async function demandReferences(asked: {
  readonly desk: RevisionDesk;
  readonly object: ObjectFacts;
  readonly path: string;
  readonly outgoing: Copy | null;
  readonly around: readonly MovedObject[];
  readonly rewritten: readonly number[];
}): Promise<void> {
  const { desk, object, path, around } = asked;
  const { objectId, sizeBytes, dataSetOffset } = object;
  const transferSyntaxUid = object.header.transferSyntaxUid || object.transferSyntaxUid;
  const received = { open: () => piecesOf(desk, path, object), sizeBytes, dataSetOffset, transferSyntaxUid };
  const outgoing = asked.outgoing ?? received;
  const reason = await findBrokenReference({ received, outgoing, around, rewritten: new Set(asked.rewritten) });
  if (reason !== null) throw new Problem('correction-impossible', { object: objectId, reason });
}

/** A class that only the File Meta told is not in the data set; it is put there, for nobody takes the object without. */
function receivedUids({ header }: ObjectFacts): Readonly<Record<UidKeyword, string>> {
  const isMissing = header.flaws.some((one) => one.code === 'missing-uid' && one.params['keyword'] === 'SOPClassUID');
  return isMissing ? { ...header, SOPClassUID: '' } : header;
}

/** The order knows the received ID as one of the chosen patient. */
function isSamePerson({ content }: AppliedOrder, received: Attributes): boolean {
  const id = (received.PatientID ?? '').trim();
  return id !== '' && [content.PatientID, ...content.OtherPatientIDs].some((known) => known.trim() === id);
}

/** For the verifier: what decisions name beyond attributes and UIDs, and what sequences repeated. */
function claimedOf(
  { written, originalItems, nested, frameSides }: Written,
  change: Change,
  order: AppliedOrder | undefined,
) {
  const alsoStands = new Map<number, string>();
  let hasRequest = false;
  for (const set of change.elements ?? []) {
    if (set.kind !== 'put') continue;
    // What only the frames of an object say is not put at its top.
    if (frameSides && isSideTag(set.element.tag) && !written.has(set.element.tag)) continue;
    if (set.onlyWhereItStands && !written.has(set.element.tag)) continue;
    if (typeof set.element.value === 'string') alsoStands.set(set.element.tag, set.element.value);
    hasRequest ||= set.element.tag === orderTags.RequestAttributesSequence;
  }
  const alsoReplaced = nested
    .filter(({ repeats }) => repeats === 'AccessionNumber')
    .map(({ tag, bytes }) => ({ tag, from: bytes.toString('latin1'), to: change.attributes.AccessionNumber ?? '' }));
  const sides = (frameSides?.of ?? []).map(({ said: from }) => ({
    ...{ tag: frameLaterality, from, to: frameSides?.value ?? '' },
  }));
  const said = (['AccessionNumber', 'RequestedProcedureID', 'ScheduledProcedureStepID'] as const)
    .map((keyword) => [keyword, order?.content[keyword].trim() ?? ''] as const)
    .filter(([, value]) => value !== '');
  return {
    ...{ alsoWritten: written, alsoStands, alsoReplaced: [...alsoReplaced, ...sides], originalItems },
    ...(hasRequest && { order: Object.fromEntries(said) }),
  } satisfies Partial<Claim>;
}

/** What nobody typed was a blank that was filled in. */
function reasonsWith(chosen: Attributes, { corrected, reasons }: ExamDecision): ExamDecision['reasons'] {
  const filledIn = (Object.keys(chosen) as (keyof Attributes)[]).filter((keyword) => corrected[keyword] === undefined);
  return new Map([...reasons, ...filledIn.map((keyword) => [keyword, 'COERCE'] as const)]);
}

function problemOf({ reason, keyword, where }: Verdict & { kind: 'failed' }, object: string): Problem {
  if (reason === 'digest') return new Problem('digest-mismatch', { object });
  if (reason === 'former-value') return new Problem('verification-failed', { object, keyword, where });
  return new Problem('correction-impossible', { object, reason: `${reason} ${where}`.trim() });
}

type Draft = {
  readonly id: string;
  readonly object: ObjectFacts;
  readonly origin: ObjectOrigin;
  readonly path: string;
  readonly change: Change;
  readonly reasons: ReadonlyMap<string, CorrectionReason>;
  readonly samePerson: boolean;
};

async function draftRevision(desk: RevisionDesk, draft: Draft): Promise<Drafted> {
  const { object, path, change } = draft;
  const { sizeBytes, dataSetOffset, transferSyntaxUid: TransferSyntaxUID } = object;
  const asReceived = {
    ...{ recipeFile: null, sizeBytes, dataSetOffset, TransferSyntaxUID, edited: null },
    signatureRemoved: false,
  };
  const needsFrame = object.header.flaws.some((flaw) => flaw.code === 'executable-preamble');
  if (isNothing(change) && !needsFrame) return asReceived;
  const opened = await openPart10(path, { name: object.objectId });
  try {
    const { plan, edited, signatureRemoved } = await spliceOf(desk, opened, draft);
    if (edited === null && !needsFrame) return asReceived;
    const recipeFile = await desk.ports.writeRecipe(draft.id, encodeRecipe(plan.recipe));
    const { recipe } = plan;
    return {
      ...{ recipeFile, edited, signatureRemoved, sizeBytes: recipe.sizeBytes, dataSetOffset: recipe.dataSetOffset },
      TransferSyntaxUID: recipe.transferSyntaxUid,
    };
  } finally {
    await opened.close();
  }
}

async function spliceOf(desk: RevisionDesk, opened: Part10, draft: Draft) {
  const { object, origin, reasons, samePerson } = draft;
  const { objectId } = object;
  const sourceAeTitle = origin.sourceKind === 'dicom' ? origin.sourceLabel : '';
  const about = { objectId, ...(sourceAeTitle === '' ? {} : { sourceAeTitle }) };
  // No edits: a File Meta of our own with an empty preamble, and the data set as it was.
  const untouched = async () => ({
    ...{ plan: await planSplice(opened, [], about), edited: null, signatureRemoved: false },
  });
  if (isNothing(draft.change)) return untouched();
  const repeated = new Set(repeatedKeywords.filter((keyword) => keyword in draft.change.attributes));
  const frameSides = await newFrameSides(opened, draft.change.elements ?? []);
  const wanted: Change = { ...draft.change, ...(frameSides && { frameSides }) };
  const prior = await readPriorValues(opened, tagsToKeep(wanted), repeated, objectId);
  const characterSet = object.header.SpecificCharacterSet;
  const change = withoutWhatStands(wanted, prior, characterSet);
  if (isNothing(change)) return untouched();
  const circumstances = {
    station: desk.ports.station(),
    reason: 'CORRECT' as const,
    ...{ reasons, sourceAeTitle, samePerson, characterSet, now: desk.clock.now() },
  };
  const make = async (becomesUnicode: boolean) => {
    const planned = planCorrection(change, prior, { ...circumstances, becomesUnicode });
    const options = becomesUnicode ? ({ ...about, characterSet: 'unicode' } as const) : about;
    const plan = await planSplice(opened, planned.edits, options);
    const { written, originalItems, signatureRemoved } = planned;
    return { plan, edited: { written, originalItems, nested: prior.nested, frameSides }, signatureRemoved };
  };
  const made = await make(false);
  return made.plan.becameUnicode ? make(true) : made;
}

const repeatedKeywords: readonly RepeatedKeyword[] = ['PatientName', 'PatientID', 'AccessionNumber'];

/** What the durable recipe makes of the received file. */
export async function storedCopy(desk: RevisionDesk, recipeFile: string, path: string): Promise<Copy> {
  const recipe = decodeRecipe(await desk.ports.readRecipe(recipeFile));
  const { segments, sizeBytes, dataSetOffset, transferSyntaxUid, sopInstanceUid: name } = recipe;
  const open = () => readInPieces({ file: path, segments, from: 0, name }, desk.buffers);
  return { open, sizeBytes, dataSetOffset, transferSyntaxUid };
}

/** The received file as it is. */
export function piecesOf(
  { buffers }: RevisionDesk,
  file: string,
  { objectId, sizeBytes }: { readonly objectId: string; readonly sizeBytes: number },
  from = 0,
): AsyncGenerator<Buffer, void, void> {
  return readInPieces(
    { file, segments: [{ kind: 'range', offset: 0, length: sizeBytes }], from, name: objectId },
    buffers,
  );
}

/** See Review.openReceived. */
export async function openReceived(desk: RevisionDesk, objectId: string): Promise<ReadableObject> {
  const { ports } = desk;
  const object = ports.objectFile(objectId);
  const path = ports.objectPath(object.file);
  await demandFile(path, objectId);
  return {
    objectId,
    revisionId: null,
    SOPInstanceUID: object.SOPInstanceUID,
    SOPClassUID: object.SOPClassUID,
    TransferSyntaxUID: object.transferSyntaxUid,
    sizeBytes: object.sizeBytes,
    dataSetOffset: object.dataSetOffset,
    dataSetSha256: object.dataSetSha256,
    open: (start = 0) => createReadStream(path, { start, highWaterMark: pieceBytes }),
    pieces: (start = 0) => piecesOf(desk, path, object, start),
  };
}

type RevisionRow = Omit<ReadableObject, 'revisionId' | 'open' | 'pieces'> & {
  readonly recipeFile: string | null;
  readonly file: string;
};

/** See Review.openRevision. */
export async function openRevision(desk: RevisionDesk, revisionId: string): Promise<ReadableObject> {
  const { book, ports, buffers } = desk;
  const row = book
    .sql<RevisionRow>(
      // No JOIN: SQLite would look at the value to plan and prepare it anew for each object.
      `SELECT objectId, SOPInstanceUID, SOPClassUID, TransferSyntaxUID, recipeFile, sizeBytes, dataSetOffset,
         dataSetSha256, (SELECT file FROM object WHERE object.id = objectId) AS file FROM revision WHERE id = ?`,
    )
    .get(revisionId);
  if (!row) throw new Problem('not-found', { what: 'revision' });
  const { recipeFile, file, ...facts } = row;
  const path = ports.objectPath(file);
  await demandFile(path, row.objectId);
  if (recipeFile === null) {
    const open = (start = 0) => createReadStream(path, { start, highWaterMark: pieceBytes });
    const pieces = (start = 0) => piecesOf(desk, path, facts, start);
    return { ...facts, revisionId, open, pieces };
  }
  const encoded = await ports.readRecipe(recipeFile).catch((error: unknown) => {
    throw new Problem('object-file-missing', { object: row.objectId }, { cause: error });
  });
  const recipe = decodeRecipe(encoded);
  const open = (start = 0) => Readable.from(openSplicedStream(recipe, path, start), { objectMode: false });
  const { segments, sopInstanceUid: name } = recipe;
  const pieces = (start = 0) => readInPieces({ file: path, segments, from: start, name }, buffers);
  return { ...facts, revisionId, open, pieces };
}

async function demandFile(path: string, objectId: string): Promise<void> {
  await stat(path).catch((error: unknown) => {
    throw new Problem('object-file-missing', { object: objectId }, { cause: error });
  });
}
