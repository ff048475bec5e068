// The one checker of what must hold after every fault (I1, I2, I3, I5): it reads what the senders know, the home, and
// what the archives hold, and says every breach in words. It shares no code with what it judges: the book is read as the
// table that it is, files are hashed here.
//
// It writes nothing into the home, and may look at one whose station was killed and not started again.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';

export type Acknowledged = {
  readonly SOPInstanceUID: string;
  /** Of the data set as it was sent, lower case hex. */
  readonly sha256: string;
};

/** What one archive holds, or was sent. */
export type Holdings = {
  readonly name: string;
  readonly received: readonly {
    readonly SOPInstanceUID: string;
    /** Of the data set as it came there, where somebody looked. */
    readonly sha256?: string;
    readonly PatientID?: string;
  }[];
  /** Every acknowledged object must be there. Default true. */
  readonly complete?: boolean;
};

/** A figure that must be back to what it was: descriptors, memory, temporary files. */
export type Bounded = {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** Default 1.1: within 10 %. */
  readonly within?: number;
};

export type Evidence = {
  readonly home: string;
  /** Answered with success by the station. */
  readonly acknowledged: readonly Acknowledged[];
  readonly archives?: readonly Holdings[];
  /** Whom every object at an archive must say it is of, where somebody decided it. */
  readonly PatientID?: string;
  /**
   * 'orderly': the station ended by itself after the fault, so store and book must agree to the file, and nothing may
   * be underway. 'killed': it was not; what recovery mends at the next start is no breach.
   */
  readonly ended: 'orderly' | 'killed';
  /** Everything that left must have arrived and been proved by now. */
  readonly drained?: boolean;
  /** Ids of destinations that every approved object must be on its way to, or at. Known only to who wrote the settings. */
  readonly required?: readonly string[];
  readonly bounded?: readonly Bounded[];
};

export type Breach = { readonly invariant: 'I1' | 'I2' | 'I3' | 'I5' | 'book'; readonly words: string };

/** Every breach, each in words; empty when all is well. A book that cannot be opened is one, and not an error. */
export async function findBreaches(evidence: Evidence): Promise<Breach[]> {
  const found: Breach[] = [];
  const say = (invariant: Breach['invariant'], words: string) => void found.push({ invariant, words });
  const file = path.join(evidence.home, 'catalog.db');
  let book: Database.Database | undefined;
  try {
    book = new Database(file, { readonly: true, fileMustExist: true });
    const look = { evidence, book, say };
    checkBook(look);
    await checkAcknowledged(look);
    checkAttempts(look);
    checkDeliveries(look);
    checkRequired(look);
    checkCovered(look);
    checkLeftovers(look);
    for (const archive of evidence.archives ?? []) checkArrivedBytes(archive, look);
  } catch (error) {
    say('book', `the book cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    book?.close();
  }
  for (const archive of evidence.archives ?? []) checkArchive(archive, evidence, say);
  for (const { name, before, after, within = 1.1 } of evidence.bounded ?? []) {
    if (after > before * within) say('I5', `${name}: ${after} after, ${before} before`);
  }
  return found;
}

/** For an assertion: one line for each. */
export const inWords = (breaches: readonly Breach[]): string[] =>
  breaches.map(({ invariant, words }) => `${invariant}: ${words}`);

type Look = {
  readonly evidence: Evidence;
  readonly book: Database.Database;
  readonly say: (invariant: Breach['invariant'], words: string) => void;
};

function checkBook({ book, evidence, say }: Look): void {
  const integrity = book.pragma('integrity_check', { simple: true });
  if (integrity !== 'ok') say('book', `damaged: ${String(integrity)}`);
  const foreign = book.pragma('foreign_key_check') as unknown[];
  if (foreign.length > 0) say('book', `${foreign.length} rows refer to nothing`);
  const counted = book
    .prepare(
      // An image and what stands in its place in the same exam, covered or corrected, are one.
      `WITH hidden(id) AS (
         SELECT id FROM object WHERE state = 'rejected' AND rejectionReason = 'replaced'
         UNION SELECT original.id FROM uid_map JOIN object AS copy ON copy.id = uid_map.objectId
           JOIN object AS original ON original.id = copyOf AND original.examId = copy.examId
           WHERE original.state = 'rejected' AND original.rejectionReason = '113038' AND copy.sameAs IS NULL)
       SELECT exam.id, exam.objects AS counted, count(object.id) AS objects FROM exam
       LEFT JOIN object ON object.examId = exam.id AND sameAs IS NULL AND object.id NOT IN (SELECT id FROM hidden)
       GROUP BY exam.id HAVING counted <> count(object.id)`,
    )
    .all() as { id: string; counted: number; objects: number }[];
  for (const { id, counted: says, objects } of counted) say('book', `exam ${id} counts ${says} of ${objects} objects`);
  if (evidence.ended === 'killed') return;
  const open = book.prepare("SELECT count(*) FROM attempt WHERE outcome = 'underway'").pluck().get() as number;
  if (open > 0) say('I3', `${open} attempts never ended`);
}

type ObjectRow = {
  readonly id: string;
  readonly SOPInstanceUID: string;
  readonly dataSetSha256: string;
  readonly dataSetOffset: number;
  readonly sizeBytes: number;
  readonly file: string;
  readonly purgedAt: string | null;
  readonly seriesId: string;
};

/** I1 in the store: what was acknowledged has a row and a file, byte for byte, once. */
async function checkAcknowledged({ book, evidence, say }: Look): Promise<void> {
  const { home, acknowledged, ended } = evidence;
  const rows = book
    .prepare(`SELECT id, seriesId, SOPInstanceUID, dataSetSha256, dataSetOffset, sizeBytes, file, purgedAt FROM object`)
    .all() as ObjectRow[];
  const content = (row: ObjectRow) => `${row.seriesId} ${row.SOPInstanceUID} ${row.dataSetSha256}`;
  for (const same of Map.groupBy(rows, content).values()) {
    if (same.length > 1) say('I1', `${same[0]?.SOPInstanceUID} is there ${same.length} times with the same content`);
  }
  const promised = new Set(acknowledged.map(({ SOPInstanceUID, sha256 }) => `${SOPInstanceUID} ${sha256}`));
  const wellKept = new Set<string>();
  for (const row of rows) {
    if (row.purgedAt !== null) {
      checkPurged(row, { book, evidence, say });
      wellKept.add(`${row.SOPInstanceUID} ${row.dataSetSha256}`);
      continue;
    }
    const wrong = await judgeFile(path.join(home, 'objects', row.file), row);
    const named = `${row.SOPInstanceUID} ${row.dataSetSha256}`;
    if (wrong === undefined) wellKept.add(named);
    else if (promised.has(named))
      say('I1', `object ${row.id}, ${row.SOPInstanceUID}, which was acknowledged: ${wrong}`);
    else say('book', `object ${row.id}, ${row.SOPInstanceUID}, which nobody was told is kept: ${wrong}`);
  }
  const bySop = Map.groupBy(rows, (row) => row.SOPInstanceUID);
  const files = new Set(placed(home));
  for (const row of rows) files.delete(row.file);
  // Killed after it was placed: the next start writes it down, and it counts as kept when its bytes are right.
  const unwritten = ended === 'killed' ? await digestsOfEnds(home, files, acknowledged) : new Set<string>();
  for (const { SOPInstanceUID, sha256 } of acknowledged) {
    if (wellKept.has(`${SOPInstanceUID} ${sha256}`) || unwritten.has(sha256)) continue;
    const others = bySop.get(SOPInstanceUID) ?? [];
    if (others.length === 0) say('I1', `${SOPInstanceUID} was acknowledged and is not there`);
    else if (others.every((row) => row.dataSetSha256 !== sha256)) {
      say('I1', `${SOPInstanceUID} was acknowledged and differs`);
    }
  }
  if (ended === 'orderly') for (const file of files) say('book', `the file ${file} has no row`);
}

async function judgeFile(file: string, row: ObjectRow): Promise<string | undefined> {
  if (!existsSync(file)) return 'its file is missing';
  const { sha256, sizeBytes } = await digestFrom(file, row.dataSetOffset);
  if (sizeBytes + row.dataSetOffset !== row.sizeBytes) return `its file has another length`;
  return sha256 === row.dataSetSha256 ? undefined : 'its file differs from its digest';
}

function checkPurged(row: ObjectRow, { book, say }: Look): void {
  const proved = book
    .prepare("SELECT count(*) FROM delivery WHERE objectId = ? AND required = 1 AND state = 'committed'")
    .pluck()
    .get(row.id) as number;
  const open = book
    .prepare(
      "SELECT count(*) FROM delivery WHERE objectId = ? AND required = 1 AND state NOT IN ('committed', 'cancelled')",
    )
    .pluck()
    .get(row.id) as number;
  if (open > 0 || proved === 0) say('I1', `object ${row.id} was purged with ${proved} proofs and ${open} open`);
}

/**
 * Data sets that lie in files without a row: the digest of each such file from its data set on. The offset is not
 * written anywhere else, so it is read from the File Meta group length.
 */
async function digestsOfEnds(
  home: string,
  files: ReadonlySet<string>,
  acknowledged: readonly Acknowledged[],
): Promise<Set<string>> {
  const digests = new Set<string>();
  if (acknowledged.length === 0) return digests;
  for (const name of files) {
    const file = path.join(home, 'objects', name);
    const offset = await dataSetOffsetOf(file);
    if (offset !== undefined) digests.add((await digestFrom(file, offset)).sha256);
  }
  return digests;
}

async function dataSetOffsetOf(file: string): Promise<number | undefined> {
  let head = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { end: 143 })) head = Buffer.concat([head, chunk as Buffer]);
  if (head.length < 144 || head.toString('latin1', 128, 132) !== 'DICM') return undefined;
  return 144 + head.readUInt32LE(140);
}

async function digestFrom(file: string, start: number): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(file, { start, highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer);
    sizeBytes += (chunk as Buffer).length;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

/** I2 as we know it ourselves. */
function checkAttempts({ book, say }: Look): void {
  const twice = book
    .prepare(
      `SELECT destinationId, attempt.SOPInstanceUID AS uid, count(DISTINCT attempt.dataSetSha256) AS digests
       FROM attempt JOIN delivery ON delivery.id = attempt.deliveryId
       GROUP BY destinationId, attempt.SOPInstanceUID HAVING digests > 1`,
    )
    .all() as { destinationId: string; uid: string; digests: number }[];
  for (const { destinationId, uid, digests } of twice) {
    say('I2', `${uid} was sent to ${destinationId} with ${digests} digests`);
  }
}

/** I3: finished, or with a next attempt, or showing what a person must do. */
function checkDeliveries({ book, evidence, say }: Look): void {
  const rows = book
    .prepare(
      `SELECT delivery.id, delivery.state, nextAttemptAt, answer, commitmentId, commitment.state AS asked
       FROM delivery LEFT JOIN commitment ON commitment.id = delivery.commitmentId
       WHERE delivery.state NOT IN ('committed', 'cancelled')`,
    )
    .all() as {
    id: string;
    state: string;
    nextAttemptAt: string | null;
    answer: string | null;
    commitmentId: string | null;
    asked: string | null;
  }[];
  for (const { id, state, nextAttemptAt, answer, commitmentId } of rows) {
    if (evidence.drained === true) say('I3', `delivery ${id} is still ${state}`);
    else if (state === 'sending' && evidence.ended === 'orderly')
      say('I3', `delivery ${id} is sending and nobody sends`);
    else if (state === 'backoff' && nextAttemptAt === null) say('I3', `delivery ${id} waits for no moment`);
    else if (state === 'blocked' && answer === null) say('I3', `delivery ${id} is blocked and says not why`);
    else if (state === 'commit-requested' && commitmentId === null && nextAttemptAt === null) {
      say('I3', `delivery ${id} waits for a proof that nobody asked for`);
    }
  }
  const strays = book
    .prepare(
      `SELECT object.id FROM object LEFT JOIN revision ON revision.id = object.revisionId
       WHERE object.state = 'approved' AND revision.id IS NULL`,
    )
    .all() as { id: string }[];
  for (const { id } of strays) say('I3', `object ${id} is approved and has no revision`);
}

/** I3: what was approved has a delivery to every place that must get it. */
function checkRequired({ book, evidence, say }: Look): void {
  const missing = book.prepare(
    `SELECT object.id FROM object WHERE state = 'approved' AND NOT EXISTS
       (SELECT 1 FROM delivery WHERE objectId = object.id AND destinationId = ? AND revisionId = object.revisionId)`,
  );
  for (const destination of evidence.required ?? []) {
    for (const { id } of missing.all(destination) as { id: string }[]) {
      say('I3', `object ${id} is approved and has no delivery to ${destination}`);
    }
  }
}

/** I2: what somebody covered or cut away of a picture leaves in a derived one, and never as it was received. */
function checkCovered({ book, say }: Look): void {
  const left = book
    .prepare(
      `SELECT DISTINCT object_markup.objectId AS id FROM object_markup JOIN delivery USING (objectId)
         JOIN attempt ON attempt.deliveryId = delivery.id
       WHERE attempt.startedAt > object_markup.at
         AND (json_array_length(markup, '$.redactions') > 0 OR json_extract(markup, '$.crop') IS NOT NULL)`,
    )
    .all() as { id: string }[];
  for (const { id } of left) say('I2', `object ${id} left as it was received, and somebody had covered parts of it`);
  const both = book
    .prepare(
      `SELECT source.id FROM made_object JOIN object AS made ON made.id = made_object.objectId
         JOIN object AS source ON source.id = json_extract(sources, '$[0]')
       WHERE replaces = 1 AND made.state = 'approved' AND source.state IN ('approved', 'received')`,
    )
    .all() as { id: string }[];
  for (const { id } of both)
    say('I2', `object ${id} leaves, or waits to, beside the picture that is to take its place`);
}

/** I2 as the archive knows it: the bytes that came there are those of a revision. */
function checkArrivedBytes({ name, received }: Holdings, { book, say }: Look): void {
  const left = book.prepare('SELECT 1 FROM revision WHERE SOPInstanceUID = ? AND dataSetSha256 = ?').pluck();
  for (const { SOPInstanceUID, sha256 } of received) {
    if (sha256 === undefined || left.get(SOPInstanceUID, sha256) !== undefined) continue;
    say('I2', `${SOPInstanceUID} is in ${name} with bytes that are of no revision`);
  }
}

/** I5 on the disk. */
function checkLeftovers({ evidence: { home, ended }, say }: Look): void {
  if (ended === 'killed') return;
  for (const folder of ['incoming', 'uploads']) {
    const names = list(path.join(home, folder));
    if (names.length > 0) say('I5', `${names.length} left in ${folder}/: ${names.slice(0, 3).join(', ')}`);
  }
  const parts = list(home).filter((name) => /\.(?:part|tmp)$/.test(name));
  if (parts.length > 0) say('I5', `${parts.length} temporary files: ${parts.slice(0, 3).join(', ')}`);
}

function checkArchive({ name, received, complete = true }: Holdings, evidence: Evidence, say: Look['say']): void {
  const held = Map.groupBy(received, ({ SOPInstanceUID }) => SOPInstanceUID);
  for (const [uid, same] of held) {
    const digests = new Set(same.flatMap(({ sha256 }) => sha256 ?? []));
    if (digests.size > 1) say('I2', `${uid} came to ${name} with ${digests.size} digests`);
  }
  if (evidence.PatientID !== undefined) {
    const others = received.filter(({ PatientID }) => PatientID !== undefined && PatientID !== evidence.PatientID);
    for (const { SOPInstanceUID, PatientID } of others) {
      say('I2', `${SOPInstanceUID} is in ${name} under patient ${PatientID}`);
    }
  }
  if (!complete) return;
  for (const { SOPInstanceUID } of evidence.acknowledged) {
    if (!held.has(SOPInstanceUID)) say('I1', `${SOPInstanceUID} was acknowledged and is not in ${name}`);
  }
}

/** Names below objects/, as the book writes them. */
function placed(home: string): string[] {
  return list(path.join(home, 'objects')).flatMap((shard) =>
    list(path.join(home, 'objects', shard)).flatMap((name) => (name.endsWith('.dcm') ? [`${shard}/${name}`] : [])),
  );
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
