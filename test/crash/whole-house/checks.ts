// What must hold at every quiet point of a walk: the station agrees with the model, and everything that ever came to an
// archive bears what people had decided of it. Archives are read by pydicom, the book as the table that it is.
import type { Place } from './archive.ts';
import type { House } from './house.ts';
import type { Expected, Model } from './model.ts';
import { identityKeywords, wordsOfOthers, type Identity } from './people.ts';
import { Reader, type ReadObject } from './reader.ts';

type Say = (words: string) => void;

type ObjectRow = {
  readonly id: string;
  readonly examId: string;
  readonly SOPInstanceUID: string;
  readonly state: 'received' | 'approved' | 'rejected' | 'conflict';
  readonly rejectionReason: string | null;
  readonly purgedAt: string | null;
  readonly received: string;
  readonly corrected: string;
  readonly sameAs: string | null;
};

/** The book says of every image what the model says. What is loose is taken over. */
export function compareWithBook(house: House, model: Model, say: Say): void {
  const rows = house.rows<ObjectRow>(
    `SELECT object.id, examId, SOPInstanceUID, state, rejectionReason, purgedAt, object.received, corrected, sameAs
     FROM object JOIN exam ON exam.id = examId`,
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const object of model.objects.values()) {
    const row = byId.get(object.id);
    if (!row) {
      say(`object ${object.id} is gone from the book`);
      continue;
    }
    if (row.purgedAt !== null) object.purged = true;
    if (row.examId !== object.examId) say(`object ${object.id} is in exam ${row.examId}, not in ${object.examId}`);
    if (row.SOPInstanceUID !== object.uid && !object.loose)
      say(`object ${object.id} is filed as ${row.SOPInstanceUID}, not as ${object.uid}`);
    if (object.loose) {
      object.state = row.state;
      object.uid = row.SOPInstanceUID;
    } else if (row.state !== object.state)
      say(`object ${object.id} is ${row.state} (${row.rejectionReason}), not ${object.state}`);
    if (row.state === 'rejected') continue;
    const wanted = model.identityOf(object);
    const would = { ...(JSON.parse(row.received) as Identity), ...(JSON.parse(row.corrected) as Partial<Identity>) };
    for (const keyword of identityKeywords)
      if (row.state === 'received' && would[keyword] !== wanted[keyword])
        say(
          `object ${object.id} would leave with ${keyword} ${would[keyword]}, not ${wanted[keyword]}; said was ` +
            JSON.stringify(model.exams.get(object.examId)?.layers),
        );
  }
}

/** Counts of each exam that people see, against the rows that they count. */
export function compareCounts(house: House, say: Say): void {
  type Row = { id: string; undecided: number; approved: number; received: number; left: number };
  const rows = house.rows<Row>(
    `SELECT exam.id, undecided, approved,
       (SELECT count(*) FROM object WHERE examId = exam.id AND sameAs IS NULL AND state = 'received') AS received,
       (SELECT count(*) FROM object WHERE examId = exam.id AND sameAs IS NULL AND state = 'approved') AS left
     FROM exam`,
  );
  for (const { id, undecided, approved, received, left } of rows) {
    if (undecided !== received) say(`exam ${id} counts ${undecided} undecided of ${received}`);
    if (approved !== left) say(`exam ${id} counts ${approved} approved of ${left}`);
  }
}

/** What came to archives since the last look, against what was decided. */
export class ArrivedSoFar {
  #seen = 0;
  readonly #reader = new Reader();
  /** First digest by SOP Instance UID. */
  readonly #digests = new Map<string, string>();
  readonly #read = new Map<string, ReadObject>();
  /** Patients by Study Instance UID, of what counts. */
  readonly #patients = new Map<string, string>();

  async look(house: House, model: Model, say: Say): Promise<void> {
    const all = house.archives.flatMap(({ arrived }) => arrived);
    const order = all.toSorted((a, b) => a.file.localeCompare(b.file));
    const fresh = order.filter(({ file }) => !this.#read.has(file));
    const black = (uid: string) => model.expected.get(uid)?.at(-1)?.black ?? [];
    const read = await this.#reader.read(
      fresh.map(({ file, SOPInstanceUID }) => ({ file, black: black(SOPInstanceUID) })),
    );
    this.#seen += fresh.length;
    for (const [n, arrived] of fresh.entries()) {
      const object = read[n];
      if (!object) continue;
      this.#read.set(arrived.file, object);
      const before = this.#digests.get(arrived.SOPInstanceUID);
      if (before !== undefined && before !== arrived.sha256)
        say(`I2 ${arrived.SOPInstanceUID} came to ${arrived.archive} with another digest`);
      this.#digests.set(arrived.SOPInstanceUID, arrived.sha256);
      this.#judge(house, model, arrived.archive, object, say);
    }
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  get seen(): number {
    return this.#seen;
  }

  /** Notes that came to an archive, with what they name. */
  notesAt(house: House, archive: string): readonly ReadObject[] {
    return house.archives
      .filter(({ id }) => id === archive)
      .flatMap(({ arrived }) => arrived.flatMap(({ file }) => this.#read.get(file) ?? []))
      .filter(isRejectionNote);
  }

  #judge(house: House, model: Model, archive: string, object: ReadObject, say: Say): void {
    const at = `${object.uid} (${object.modality}) at ${archive}`;
    const expected = expectedOf(house, model, object);
    if (expected === undefined)
      return say(
        `I2 ${at}: nobody had approved it; ${object.title} of ${object.references.join(', ')} ${whatIsKnown(house, object.uid)}`,
      );
    for (const keyword of identityKeywords) {
      if (keyword === 'AccessionNumber' && expected.accessions?.includes(object.identity[keyword])) continue;
      const decided = expected.identity[keyword];
      if (decided !== undefined && object.identity[keyword] !== decided)
        say(`I2 ${at}: ${keyword} is ${object.identity[keyword]}, decided was ${decided}`);
    }
    const others = new Set(wordsOfOthers({ ...object.identity, ...expected.identity }));
    for (const [word, where] of Object.entries(object.said))
      if (others.has(word)) say(`I2 ${at}: ${where} says ${word}, who is somebody else`);
    if (!expected.studies.includes(object.study)) say(`I2 ${at}: it is in study ${object.study}`);
    if (expected.pixelSha256 !== undefined && expected.pixelSha256 !== object.pixelSha256)
      say(`I1 ${at}: its pixels are others`);
    if (object.notBlack > 0) say(`I2 ${at}: ${object.notBlack} pixels of what was covered can be seen`);
    const patient = this.#patients.get(object.study);
    if (patient !== undefined && patient !== object.identity.PatientID)
      say(`I2 ${at}: its study is of ${patient} and of ${object.identity.PatientID}`);
    this.#patients.set(object.study, object.identity.PatientID);
    if (!isRejectionNote(object)) return;
    // One note goes to all who may have any of its images, and names each that may be anywhere.
    const mayBeAt = (place: Place, uid: string) => place.heardOf.has(uid) || mayHave(house, place.id, uid);
    for (const uid of object.references)
      if (!house.archives.some((place) => mayBeAt(place, uid))) say(`${at}: a note names ${uid}, which never left`);
    const place = house.archives.find(({ id }) => id === archive);
    if (place && !object.references.some((uid) => mayBeAt(place, uid)))
      say(`${at}: a note came here, and none of its images ever did`);
  }
}

const isRejectionNote = ({ modality, title }: ReadObject): boolean =>
  modality === 'KO' && ['113001', '113037', '113038', '113039'].includes(title);

const mayHave = (house: House, archive: string, uid: string): boolean =>
  house.rows(
    `SELECT 1 FROM attempt JOIN delivery ON delivery.id = deliveryId WHERE destinationId = ? AND attempt.SOPInstanceUID = ?`,
    archive,
    uid,
  ).length > 0;

/** What was approved under this UID last; a note is of whom its images are. */
function expectedOf(house: House, model: Model, object: ReadObject): Expected | undefined {
  const own = model.expected.get(object.uid)?.at(-1);
  if (own) return own;
  const accessionsOf = (left: readonly Partial<Identity>[]) =>
    left.flatMap(({ AccessionNumber }) => AccessionNumber ?? []);
  if (isRejectionNote(object)) {
    const meant = object.references.flatMap((uid) => model.expected.get(uid)?.slice(-1) ?? []);
    const [first] = meant;
    return (
      first && {
        ...{ identity: first.identity, studies: first.studies },
        accessions: accessionsOf(meant.map(({ identity }) => identity)),
      }
    );
  }
  const [note] = house.rows<{ examId: string }>(
    'SELECT note_object.examId FROM note_object JOIN object ON object.id = objectId WHERE SOPInstanceUID = ?',
    object.uid,
  );
  const exam = note && model.exams.get(note.examId);
  const last = exam?.left.at(-1);
  return (
    exam &&
    last && { identity: last, studies: [exam.study, exam.order?.study ?? ''], accessions: accessionsOf(exam.left) }
  );
}

/** What the book says of an object, for whoever looks for the fault. */
const whatIsKnown = (house: House, uid: string): string =>
  JSON.stringify(
    house.rows(
      `SELECT object.id, object.examId, state, rejectionReason, copyOf, made_object.kind AS made FROM object
       LEFT JOIN uid_map ON uid_map.objectId = object.id LEFT JOIN made_object ON made_object.objectId = object.id
       WHERE object.SOPInstanceUID = ?`,
      uid,
    ),
  );
