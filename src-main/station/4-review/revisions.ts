// Revisions: made from a received object and the corrections of its exam, verified, and opened again for whoever sends
// or shows them. The recipe is durable before the verifier reads it back; pixel data is never copied.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { CorrectableKeyword } from '#contract/shapes/correctable.ts';
import type { Attributes, CorrectionReason } from '#contract/shapes/identity.ts';
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
import { changeOf, isNothing, planCorrection, tagsToKeep, type Change } from './correction-plan.ts';
import { readPriorValues } from './prior-values.ts';
import type { ObjectFacts, PreparedRevision, ReadableObject, ReviewPorts } from './review.ts';
import { readOrigin, type ObjectOrigin } from './tables.ts';
import type { Identity } from './traces.ts';
import { verify, type Copy, type Verdict } from './verifier.ts';

export type RevisionDesk = {
  readonly book: Book;
  readonly clock: Clock;
  readonly ports: ReviewPorts;
  readonly buffers: PieceBuffers;
};

/** What the exam says about each of its objects. */
export type ExamDecision = {
  readonly corrected: Attributes;
  readonly reasons: ReadonlyMap<CorrectableKeyword, CorrectionReason>;
  readonly former: readonly Identity[];
};

const pieceBytes = 262_144;

type Drafted = {
  readonly recipeFile: string | null;
  readonly sizeBytes: number;
  readonly dataSetOffset: number;
  readonly TransferSyntaxUID: string;
  readonly edited: boolean;
  readonly signatureRemoved: boolean;
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
  const object = ports.objectFile(objectId);
  const origin = readOrigin(book, objectId);
  const path = ports.objectPath(object.file);
  await demandFile(path, objectId);
  const chosen = withDepartment(exam.corrected, origin, ports);
  const change = changeOf(chosen, origin.received, object, object.header);
  const id = newId(clock.epochMs());
  const draft = await draftRevision(desk, { id, object, origin, path, change, reasons: reasonsWith(chosen, exam) });
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
      uids: object,
      former: exam.former,
      edited: draft.edited,
    });
    if (verdict.kind === 'failed') {
      throw problemOf(verdict, objectId);
    }
    const { dataSetSha256, notJudged } = verdict;
    const { SOPInstanceUID, SOPClassUID } = object;
    const attributes = change.attributes;
    return {
      ...draft,
      id,
      objectId,
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

/**
 * The corrections with the department of the device, where neither the image nor a person named one. What was received
 * before departments were read is left alone: nobody knows whether it has one.
 */
function withDepartment(corrected: Attributes, origin: ObjectOrigin, ports: ReviewPorts): Attributes {
  const said = origin.received.InstitutionalDepartmentName;
  if (origin.sourceKind !== 'dicom' || said === undefined || said.trim() !== '') return corrected;
  if (corrected.InstitutionalDepartmentName !== undefined) return corrected;
  const department = ports.departmentOf?.(origin.sourceLabel, origin.sourceAddress);
  return department === undefined ? corrected : { ...corrected, InstitutionalDepartmentName: department };
}

/** What nobody typed was a blank that was filled in. */
function reasonsWith(chosen: Attributes, { corrected, reasons }: ExamDecision): ExamDecision['reasons'] {
  return chosen === corrected ? reasons : new Map([...reasons, ['InstitutionalDepartmentName', 'COERCE'] as const]);
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
  readonly reasons: ExamDecision['reasons'];
};

async function draftRevision(desk: RevisionDesk, draft: Draft): Promise<Drafted> {
  const { object, path, change } = draft;
  const nothing = isNothing(change);
  if (nothing && !object.header.flaws.some((flaw) => flaw.code === 'executable-preamble')) {
    const { sizeBytes, dataSetOffset, transferSyntaxUid } = object;
    return {
      recipeFile: null,
      sizeBytes,
      dataSetOffset,
      TransferSyntaxUID: transferSyntaxUid,
      edited: false,
      signatureRemoved: false,
    };
  }
  const opened = await openPart10(path, { name: object.objectId });
  try {
    const { plan, signatureRemoved } = await spliceOf(desk, opened, draft, nothing);
    const recipeFile = await desk.ports.writeRecipe(draft.id, encodeRecipe(plan.recipe));
    const { sizeBytes, dataSetOffset, transferSyntaxUid } = plan.recipe;
    return {
      recipeFile,
      sizeBytes,
      dataSetOffset,
      TransferSyntaxUID: transferSyntaxUid,
      edited: !nothing,
      signatureRemoved,
    };
  } finally {
    await opened.close();
  }
}

async function spliceOf(desk: RevisionDesk, opened: Part10, draft: Draft, nothing: boolean) {
  const { object, origin, change, reasons } = draft;
  const { objectId } = object;
  const sourceAeTitle = origin.sourceKind === 'dicom' ? origin.sourceLabel : '';
  const about = { objectId, ...(sourceAeTitle === '' ? {} : { sourceAeTitle }) };
  // No edits: a File Meta of our own with an empty preamble, and the data set as it was.
  if (nothing) return { plan: await planSplice(opened, [], about), signatureRemoved: false };
  const repeated = new Set((['PatientName', 'PatientID'] as const).filter((keyword) => keyword in change.attributes));
  const prior = await readPriorValues(opened, tagsToKeep(change), repeated, objectId);
  const circumstances = {
    station: desk.ports.station(),
    reason: reasonOf(change, reasons),
    sourceAeTitle,
    now: desk.clock.now(),
    characterSet: object.header.SpecificCharacterSet,
  };
  const first = planCorrection(change, prior, { ...circumstances, becomesUnicode: false });
  const plan = await planSplice(opened, first.edits, about);
  if (!plan.becameUnicode) return { plan, signatureRemoved: first.signatureRemoved };
  const again = planCorrection(change, prior, { ...circumstances, becomesUnicode: true });
  return {
    plan: await planSplice(opened, again.edits, { ...about, characterSet: 'unicode' }),
    signatureRemoved: again.signatureRemoved,
  };
}

/** One item speaks for all values: it is CORRECT as soon as one of them was an error, or a UID had to be repaired. */
function reasonOf(change: Change, reasons: ExamDecision['reasons']): CorrectionReason {
  const keywords = Object.keys(change.attributes) as CorrectableKeyword[];
  const coerced = keywords.length > 0 && keywords.every((keyword) => reasons.get(keyword) === 'COERCE');
  return coerced && Object.keys(change.uids).length === 0 ? 'COERCE' : 'CORRECT';
}

/** What the durable recipe makes of the received file. */
async function storedCopy(desk: RevisionDesk, recipeFile: string, path: string): Promise<Copy> {
  const recipe = decodeRecipe(await desk.ports.readRecipe(recipeFile));
  const { segments, sizeBytes, dataSetOffset, transferSyntaxUid, sopInstanceUid: name } = recipe;
  const open = () => readInPieces({ file: path, segments, from: 0, name }, desk.buffers);
  return { open, sizeBytes, dataSetOffset, transferSyntaxUid };
}

/** The received file as it is. */
function piecesOf(
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
