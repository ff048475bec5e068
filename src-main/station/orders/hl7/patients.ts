// Who the hospital knows: patients by identifier and issuer, with the identifiers that were merged into theirs.
//
// Guarantees: an older word never overwrites a newer one; a merge leads from every old identifier straight to the
// surviving patient, whatever chain it came by; nobody is merged into themselves and no ring is closed. What a message
// does not say stays as it was. All of it joins the transaction of the caller.
import type { HospitalPatient } from '#contract/shapes/hl7.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import type { Book } from '#station/records/index.ts';
import { patternOf, searchTextOf, searchWords } from '#station/kit/search-text.ts';
import { mostSearched } from '../order-search.ts';
import type { PatientKey, PatientSaid } from './patient-of-message.ts';

export type { PatientKey } from './patient-of-message.ts';

type Row = PatientKey & {
  readonly id: string;
  readonly PatientName: string;
  readonly PatientBirthDate: string;
  readonly PatientSex: string;
  readonly aliases: string;
  readonly otherIds: string;
  readonly AdmissionID: string;
  readonly CurrentPatientLocation: string;
  readonly feedId: string;
  readonly spokenAt: string;
  readonly mergedInto: string | null;
};

/** Who says it and when, by their clock. */
export type Speech = { readonly feedId: string; readonly spokenAt: string };

export type KeptPatient = {
  readonly kind: 'new' | 'changed' | 'same' | 'older';
  readonly patient: HospitalPatient;
  /** They were merged into somebody else: what was said changes nobody. */
  readonly wasMerged: boolean;
  /** As it was before, when identity changed: name, birth date, sex. */
  readonly identityChanged: boolean;
};

export type Merged =
  | { readonly kind: 'merged'; readonly prior: PatientKey; readonly patient: HospitalPatient }
  /** They were before. */
  | { readonly kind: 'again' }
  | { readonly kind: 'itself' }
  /** The surviving one had been merged into the prior one. */
  | { readonly kind: 'ring' };

const mostAliases = 16;
const mostOthers = 32;

export class Patients {
  readonly #book: Book;
  readonly #clock: Clock;

  constructor(book: Book, clock: Clock) {
    this.#book = book;
    this.#clock = clock;
  }

  /** Takes what was said of a patient. */
  keep(said: PatientSaid, speech: Speech): KeptPatient {
    const row = this.#row(said);
    if (!row) {
      const patient = this.#insert(said, speech);
      return { kind: 'new', patient: this.#known(patient), wasMerged: false, identityChanged: true };
    }
    const wasMerged = row.mergedInto !== null;
    const known = () => this.#known(this.#surviving(this.#row(said) ?? row));
    if (speech.spokenAt < row.spokenAt) return { kind: 'older', patient: known(), wasMerged, identityChanged: false };
    const next = withSaid(row, said);
    const identityChanged =
      next.PatientName !== row.PatientName ||
      next.PatientBirthDate !== row.PatientBirthDate ||
      next.PatientSex !== row.PatientSex;
    const isSame = columns.every((name) => next[name] === row[name]);
    this.#update({ ...next, ...speech, mergedInto: row.mergedInto }, isSame);
    return {
      kind: isSame ? 'same' : 'changed',
      patient: known(),
      wasMerged,
      identityChanged: identityChanged && !wasMerged,
    };
  }

  /**
   * From now on `prior` leads to `said`, who is kept as well. `renumbered`: it is the same patient under a new
   * identifier, so that what was known and is not said anew goes along.
   */
  merge(prior: PatientKey, said: PatientSaid, kind: 'merged' | 'renumbered', speech: Speech): Merged {
    if (isSameKey(prior, said)) return { kind: 'itself' };
    const before = this.#row(prior);
    const standing = this.#row(said);
    // Who survives must not lead to who goes: a merge the other way round would close a ring.
    if (standing && before && standing.mergedInto === before.id) return { kind: 'ring' };
    const renumbered: PatientSaid =
      kind === 'renumbered' && before && !standing ? { ...identityOf(before), ...said } : said;
    this.keep(renumbered, speech);
    const into = this.#surviving(this.#row(said) ?? this.#insert(renumbered, speech));
    const from = before ?? this.#insert({ ...prior, aliases: [], otherIds: [] }, speech);
    if (into.id === from.id) return { kind: 'ring' };
    if (from.mergedInto === into.id) return { kind: 'again' };
    // A later word about who was merged long ago moves them; an earlier one does not.
    if (from.mergedInto !== null && this.#mergedAt(from.id) > speech.spokenAt) return { kind: 'again' };
    this.#book
      .sql('UPDATE hospital_patient SET mergedInto = ? WHERE id = ? OR mergedInto = ?')
      .run(into.id, from.id, from.id);
    this.#book
      .sql(
        'INSERT INTO patient_merge (id, priorId, survivingId, kind, feedId, spokenAt, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(newId(this.#clock.epochMs()), from.id, into.id, kind, speech.feedId, speech.spokenAt, this.#clock.now());
    return { kind: 'merged', prior, patient: this.#known(into) };
  }

  /** Who is meant by an identifier today: the surviving one. Without an issuer only when no two patients share the ID. */
  find(PatientID: string, IssuerOfPatientID: string): HospitalPatient | undefined {
    const row =
      this.#row({ PatientID, IssuerOfPatientID }) ?? (IssuerOfPatientID === '' ? this.#only(PatientID) : undefined);
    return row && this.#known(this.#surviving(row));
  }

  /** Those in whose names and identifiers all words are found; old identifiers find who survived. */
  search(text: string, limit = 50): HospitalPatient[] {
    const words = searchWords(text);
    if (words.length === 0) return [];
    const found = this.#book
      .sql<Row>(
        `SELECT * FROM hospital_patient WHERE ${words.map(() => `searchText LIKE ? ESCAPE '\\'`).join(' AND ')}
         ORDER BY PatientName, id LIMIT ?`,
      )
      .all(...words.map(patternOf), limit);
    const surviving = new Map(found.map((row) => this.#surviving(row)).map((row) => [row.id, row]));
    return [...surviving.values()].map((row) => this.#known(row));
  }

  count(): number {
    return (
      this.#book.sql<{ n: number }>('SELECT count(*) AS n FROM hospital_patient WHERE mergedInto IS NULL').get()?.n ?? 0
    );
  }

  #row({ PatientID, IssuerOfPatientID }: PatientKey): Row | undefined {
    return this.#book
      .sql<Row>('SELECT * FROM hospital_patient WHERE PatientID = ? AND IssuerOfPatientID = ?')
      .get(PatientID, IssuerOfPatientID);
  }

  #only(PatientID: string): Row | undefined {
    const rows = this.#book.sql<Row>('SELECT * FROM hospital_patient WHERE PatientID = ? LIMIT 8').all(PatientID);
    const surviving = new Map(rows.map((row) => this.#surviving(row)).map((row) => [row.id, row]));
    return surviving.size === 1 ? [...surviving.values()][0] : undefined;
  }

  #surviving(row: Row): Row {
    if (row.mergedInto === null) return row;
    return this.#book.sql<Row>('SELECT * FROM hospital_patient WHERE id = ?').get(row.mergedInto) ?? row;
  }

  #mergedAt(priorId: string): string {
    return (
      this.#book
        .sql<{ at: string | null }>('SELECT max(spokenAt) AS at FROM patient_merge WHERE priorId = ?')
        .get(priorId)?.at ?? ''
    );
  }

  #insert(said: PatientSaid, { feedId, spokenAt }: Speech): Row {
    const row: Row = {
      ...{ id: newId(this.#clock.epochMs()), PatientID: said.PatientID, IssuerOfPatientID: said.IssuerOfPatientID },
      ...{ PatientName: '', PatientBirthDate: '', PatientSex: '', AdmissionID: '', CurrentPatientLocation: '' },
      ...{ aliases: '[]', otherIds: '[]', feedId, spokenAt, mergedInto: null },
    };
    const next = withSaid(row, said);
    this.#book
      .sql(
        `INSERT INTO hospital_patient (id, PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex,
           aliases, otherIds, AdmissionID, CurrentPatientLocation, feedId, spokenAt, changedAt, mergedInto, searchText)
         VALUES (:id, :PatientID, :IssuerOfPatientID, :PatientName, :PatientBirthDate, :PatientSex, :aliases, :otherIds,
           :AdmissionID, :CurrentPatientLocation, :feedId, :spokenAt, :now, :mergedInto, :searchText)`,
      )
      .run({ ...next, now: this.#clock.now(), searchText: searchTextOfRow(next) });
    return next;
  }

  #update(row: Row, isSame: boolean): void {
    if (isSame) {
      this.#book
        .sql('UPDATE hospital_patient SET spokenAt = ? WHERE id = ? AND spokenAt <> ?')
        .run(row.spokenAt, row.id, row.spokenAt);
      return;
    }
    const { id, PatientName, PatientBirthDate, PatientSex, aliases, otherIds } = row;
    const { AdmissionID, CurrentPatientLocation, feedId, spokenAt } = row;
    this.#book
      .sql(
        `UPDATE hospital_patient SET PatientName = :PatientName, PatientBirthDate = :PatientBirthDate,
           PatientSex = :PatientSex, aliases = :aliases, otherIds = :otherIds, AdmissionID = :AdmissionID,
           CurrentPatientLocation = :CurrentPatientLocation, feedId = :feedId, spokenAt = :spokenAt, changedAt = :now,
           searchText = :searchText WHERE id = :id`,
      )
      .run({
        ...{ id, PatientName, PatientBirthDate, PatientSex, aliases, otherIds, AdmissionID, CurrentPatientLocation },
        ...{ feedId, spokenAt, now: this.#clock.now(), searchText: searchTextOfRow(row) },
      });
  }

  #known(row: Row): HospitalPatient {
    const { id, PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex } = row;
    const { AdmissionID, CurrentPatientLocation, feedId, spokenAt } = row;
    const merged = this.#book
      .sql<PatientKey>('SELECT PatientID, IssuerOfPatientID FROM hospital_patient WHERE mergedInto = ? LIMIT 64')
      .all(id);
    return {
      ...{ id, PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex },
      ...{ AdmissionID, CurrentPatientLocation, feedId, spokenAt },
      aliases: JSON.parse(row.aliases) as string[],
      otherIds: [...merged, ...(JSON.parse(row.otherIds) as PatientKey[])],
    };
  }
}

const columns = [
  ...(['PatientName', 'PatientBirthDate', 'PatientSex', 'aliases', 'otherIds'] as const),
  ...(['AdmissionID', 'CurrentPatientLocation'] as const),
];

/** A former name stays findable as another one. */
function withSaid(row: Row, said: PatientSaid): Row {
  const { PatientName = row.PatientName, PatientBirthDate = row.PatientBirthDate, PatientSex = row.PatientSex } = said;
  const { AdmissionID = row.AdmissionID, CurrentPatientLocation = row.CurrentPatientLocation } = said;
  const former = row.PatientName !== '' && PatientName !== row.PatientName ? [row.PatientName] : [];
  const aliases = [...new Set([...said.aliases, ...former, ...(JSON.parse(row.aliases) as string[])])];
  const others = new Map(
    [...said.otherIds, ...(JSON.parse(row.otherIds) as PatientKey[])].map((one) => [keyText(one), one]),
  );
  return {
    ...row,
    ...{ PatientName, PatientBirthDate, PatientSex, AdmissionID, CurrentPatientLocation },
    aliases: JSON.stringify(aliases.filter((name) => name !== PatientName).slice(0, mostAliases)),
    otherIds: JSON.stringify([...others.values()].slice(0, mostOthers)),
  };
}

function identityOf(row: Row): PatientSaid {
  const { PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex, AdmissionID } = row;
  return {
    ...{ PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex, AdmissionID },
    aliases: JSON.parse(row.aliases) as string[],
    otherIds: JSON.parse(row.otherIds) as PatientKey[],
  };
}

const keyText = ({ PatientID, IssuerOfPatientID }: PatientKey) => `${PatientID}\n${IssuerOfPatientID}`;
const isSameKey = (a: PatientKey, b: PatientKey) => keyText(a) === keyText(b);

const searchTextOfRow = (row: Row) =>
  searchTextOf(
    [
      ...[row.PatientName, row.PatientID, ...(JSON.parse(row.aliases) as string[])],
      ...(JSON.parse(row.otherIds) as PatientKey[]).map(({ PatientID }) => PatientID),
    ],
    mostSearched,
  );
