// The proof of an exam as a report: every object is read again as it left, or made as it would leave and read; what was
// proved, what was looked for, what was found and where, and what could not be judged. Decides and keeps nothing.
//
// Made anew each time: it speaks of the bytes as they are now. An exam of more objects than `mostObjects` is reported for
// those alone, failures first to last as they come.
import type { ObjectProof, PlaceStep, Verification } from '#contract/shapes/verification.ts';
import { keywordOf } from '#station/dicom/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import { decisionOf } from './approvals.ts';
import { countValues, findDisagreement, type ObjectFactsRead } from './exam-facts.ts';
import { makeRevision, piecesOf, storedCopy, type RevisionDesk, type Witnessed } from './revisions.ts';
import { releasedObjects } from './after-release/release-corrections.ts';
import { objectsIn, readExam, readLastRevision, readOrigin, type ExamRecord } from './tables.ts';
import { verify, type Verdict } from './verifier.ts';

type LookedFor = Map<string, Verification['lookedFor'][number]>;

/** See Review.examine. */
export async function examineExam(desk: RevisionDesk, examId: string): Promise<Verification> {
  const { book, clock, ports } = desk;
  const exam = readExam(book, examId);
  const leaving = objectsIn(book, examId, 'received');
  // A note about what was rejected since says what that left with, and is no image of the exam.
  const left = releasedObjects(book, examId).map((id) => ({ id }));
  const proofs: ObjectProof[] = [];
  const facts: ObjectFactsRead[] = [];
  const lookedFor: LookedFor = new Map();
  const take = (
    objectId: string,
    stage: ObjectProof['stage'],
    seen: Pick<Witnessed, 'verdict' | 'chosen' | 'changed'>,
  ) => {
    const { verdict } = seen;
    if (verdict.kind === 'proved') facts.push({ objectId, facts: verdict.facts });
    for (const { keyword, value, telling } of verdict.lookedFor ?? []) {
      lookedFor.set(`${keyword} ${value}`, { keyword, value, everywhere: telling });
    }
    proofs.push(proofOf(desk, objectId, stage, seen));
  };
  for (const { id } of left) take(id, 'left', await readAgain(desk, exam, id));
  for (const { id } of leaving) {
    const seen = await makeAndRead(desk, exam, id);
    take(id, 'would-leave', seen);
  }
  const disagreement = findDisagreement(facts);
  const failed = disagreement !== null || proofs.some(({ outcome }) => outcome === 'failed');
  return {
    examId,
    examinedAt: clock.now(),
    station: ports.station().name,
    softwareVersion: ports.station().softwareVersion,
    outcome: proofs.length === 0 ? 'nothing-leaves' : failed ? 'failed' : 'proved',
    values: countValues(facts),
    lookedFor: [...lookedFor.values()],
    objects: proofs,
    stays: exam.objects - proofs.length,
  };
}

type Seen = Pick<Witnessed, 'verdict' | 'chosen' | 'changed'>;

/** What an approval would make of it; nothing of it stays. */
async function makeAndRead(desk: RevisionDesk, exam: ExamRecord, objectId: string): Promise<Seen> {
  let seen: Seen | null = null;
  const witness = (witnessed: Witnessed) => (seen = witnessed);
  try {
    const { recipeFile } = await makeRevision(desk, objectId, { ...decisionOf(desk, exam), witness });
    if (recipeFile !== null) await desk.ports.dropRecipe(recipeFile);
  } catch (error) {
    if (!isProblem(error)) throw error;
    const verdict = { kind: 'failed', reason: 'unreadable', keyword: error.code, where: '', traces: [] } as const;
    seen ??= { verdict, chosen: {}, changed: false };
  }
  return seen ?? { verdict: unread, chosen: {}, changed: false };
}

const unread: Verdict = { kind: 'failed', reason: 'unreadable', keyword: '', where: '', traces: [] };

type RevisionRow = {
  readonly recipeFile: string | null;
  readonly dataSetSha256: string;
  readonly attributes: string;
  readonly SOPInstanceUID: string;
};

/** What left, read again: the bytes that were proved, and once more no trace of anybody else in them. */
async function readAgain(desk: RevisionDesk, exam: ExamRecord, objectId: string): Promise<Seen> {
  const { book, ports } = desk;
  const row = book
    .sql<RevisionRow>('SELECT recipeFile, dataSetSha256, attributes, SOPInstanceUID FROM revision WHERE id = ?')
    .get(readLastRevision(book, objectId) ?? '');
  const object = ports.objectFile(objectId);
  const { received } = readOrigin(book, objectId);
  const path = ports.objectPath(object.file);
  const attributes = JSON.parse(row?.attributes ?? '{}') as Readonly<Record<string, string>>;
  const keywords = [...new Set([...Object.keys(exam.corrected), ...Object.keys(attributes)])];
  const said = received as Readonly<Record<string, string>>;
  const chosen = Object.fromEntries(
    keywords.map((keyword) => [keyword, attributes[keyword] ?? (said[keyword] ?? '').trim()]),
  );
  const changed = row !== undefined && row.recipeFile !== null;
  if (!row) return { verdict: unread, chosen, changed };
  try {
    const verdict = await verify({
      received: {
        open: () => piecesOf(desk, path, object),
        sizeBytes: object.sizeBytes,
        dataSetOffset: object.dataSetOffset,
        dataSetSha256: object.dataSetSha256,
        transferSyntaxUid: object.header.transferSyntaxUid || object.transferSyntaxUid,
      },
      outgoing: row.recipeFile === null ? null : await storedCopy(desk, row.recipeFile, path),
      chosen,
      uids: { ...object, SOPInstanceUID: row.SOPInstanceUID },
      former: decisionOf(desk, exam).former,
      edited: changed,
      provedSha256: row.dataSetSha256,
    });
    return { verdict, chosen, changed };
  } catch (error) {
    // Its file went from here after it was confirmed, or cannot be read: what is gone cannot be proved once more.
    const code = isProblem(error) ? error.code : 'object-file-missing';
    return { verdict: { kind: 'failed', reason: 'unreadable', keyword: code, where: '', traces: [] }, chosen, changed };
  }
}

function proofOf(desk: RevisionDesk, objectId: string, stage: ObjectProof['stage'], seen: Seen): ObjectProof {
  const { verdict, chosen, changed } = seen;
  const { SOPInstanceUID, header } = desk.ports.objectFile(objectId);
  const proved = verdict.kind === 'proved';
  const traces = proved ? [] : verdict.traces;
  const alone = !proved && traces.length === 0 && (verdict.keyword !== '' || verdict.where !== '');
  const findings = alone ? [{ keyword: verdict.keyword, where: verdict.where }] : traces;
  const places = new Map<string, PlaceStep[][]>();
  for (const key of verdict.notJudged ?? []) places.set(key, []);
  for (const { key, where } of verdict.notJudgedAt ?? []) places.get(key)?.push(readPlace(where));
  return {
    objectId,
    SOPInstanceUID,
    Modality: header.Modality,
    SeriesNumber: header.SeriesNumber === null ? '' : String(header.SeriesNumber),
    InstanceNumber: header.InstanceNumber === null ? '' : String(header.InstanceNumber),
    stage,
    changed,
    outcome: proved ? 'proved' : 'failed',
    reason: proved ? '' : verdict.reason,
    findings: findings.map(({ keyword, where }) => ({ keyword, place: readPlace(where) })),
    proved: proved ? Object.keys(chosen).toSorted() : [],
    dataSetSha256: proved ? verdict.dataSetSha256 : '',
    notJudged: [...places].map(([key, found]) => ({ key, places: found.slice(0, mostPlaces) })),
  };
}

const mostPlaces = 20;

/** `(0040,A730)[2]>(0040,A123)` as steps with their keywords; items counted from 1, as people do. */
function readPlace(where: string): PlaceStep[] {
  return [...where.matchAll(/\(([0-9A-F]{4}),([0-9A-F]{4})\)(?:\[(\d+)\])?/g)].map(
    ([, group = '', element = '', item]) => {
      const tag = Number.parseInt(group + element, 16);
      const keyword = keywordOf(tag);
      return {
        tag: `(${group},${element})`,
        keyword: /^[A-Z][A-Za-z]+$/.test(keyword) ? keyword : '',
        item: item === undefined ? null : Number(item) + 1,
      };
    },
  );
}
