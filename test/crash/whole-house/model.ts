// What people decided, kept apart from the station that is judged by it: who each image belongs to, what stands for it, and
// how it must look when it leaves. Knows nothing of the station's own tables.
import { type Identity, type Keyword, type Picture } from './people.ts';

export type Box = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };

export type State = 'received' | 'approved' | 'rejected' | 'conflict';

export type HeldObject = {
  readonly id: string;
  readonly picture: Picture;
  /** SOP Instance UID under which it is filed, and would leave. */
  uid: string;
  examId: string;
  state: State;
  /** Two objects share its UID: what stands for it is read from the station, not foretold. */
  loose: boolean;
  redactions: readonly Box[];
  isCropped: boolean;
  isDrawnOn: boolean;
  /** How often its UID had arrived anywhere when it was first seen to be rejected. */
  arrivedWhenRejected: number | undefined;
  purged: boolean;
};

type Values = Readonly<Partial<Record<Keyword, string>>>;

/** What somebody said of a whole exam, and by what it is taken back. */
export type Layer = { readonly values: Values; readonly by: 'typed' | 'order' | `rearrangement ${string}` };

export type HeldExam = {
  readonly id: string;
  readonly study: string;
  layers: Layer[];
  /** Received identities of which a person spoke, as texts. */
  readonly spokenOf: Set<string>;
  /** The order in force, with its study where the site wants that. */
  order: { readonly number: number; readonly study: string | undefined } | undefined;
  /** Why it must not leave until somebody looks at it again. */
  stale: string | undefined;
  /** As its images left. */
  readonly left: Identity[];
};

/** How an object must be when it comes to an archive. */
export type Expected = {
  /** What is not said of it is not judged. */
  readonly identity: Partial<Identity>;
  /** Of what speaks of images of several orders: any of theirs. */
  readonly accessions?: readonly string[];
  readonly studies: readonly string[];
  /** Of a picture that leaves as it came. */
  readonly pixelSha256?: string;
  /** Of a derived one: what is black in it. */
  readonly black?: readonly Box[];
};

export const patientOf = ({ PatientID, PatientName, PatientBirthDate }: Identity) => ({
  ...{ PatientID, PatientName, PatientBirthDate },
});

/** Whom an image says that it is of; not by which order. */
export const textOf = ({ PatientID, PatientName, PatientBirthDate }: Identity): string =>
  JSON.stringify([PatientID, PatientName, PatientBirthDate]);

export class Model {
  readonly objects = new Map<string, HeldObject>();
  readonly exams = new Map<string, HeldExam>();
  /** Everything that was ever answered with success. */
  readonly acknowledged: Picture[] = [];
  /** By SOP Instance UID; every time that it was approved. */
  readonly expected = new Map<string, Expected[]>();

  exam(id: string, study = ''): HeldExam {
    let exam = this.exams.get(id);
    if (!exam) {
      exam = {
        ...{ id, study, layers: [], spokenOf: new Set(), order: undefined, stale: undefined, left: [] },
      };
      this.exams.set(id, exam);
    }
    return exam;
  }

  objectsOf(examId: string): HeldObject[] {
    return [...this.objects.values()].filter((object) => object.examId === examId);
  }

  /** Exams that have images, oldest first. */
  livingExams(): HeldExam[] {
    const living = new Set([...this.objects.values()].map(({ examId }) => examId));
    return [...this.exams.values()].filter(({ id }) => living.has(id));
  }

  said({ layers }: HeldExam): Values {
    return Object.assign({}, ...layers.map(({ values }) => values)) as Values;
  }

  /** Whom and what order an image would say if it left now. */
  identityOf(object: HeldObject): Identity {
    const exam = this.exams.get(object.examId);
    return { ...object.picture.received, ...(exam ? this.said(exam) : {}) };
  }

  /** A person speaks of whatever is in the exam now. */
  speak(exam: HeldExam, layer: Layer): void {
    exam.layers.push(layer);
    this.lookAt(exam);
  }

  lookAt(exam: HeldExam): void {
    for (const { picture } of this.objectsOf(exam.id)) exam.spokenOf.add(textOf(picture.received));
  }

  expect(uid: string, expected: Expected): void {
    this.expected.set(uid, [...(this.expected.get(uid) ?? []), expected]);
  }

  /** True when several objects have this UID. */
  isShared(uid: string): boolean {
    let found = 0;
    for (const object of this.objects.values()) if (object.uid === uid) found++;
    return found > 1;
  }
}

export const emptyIdentity: Identity = { PatientID: '', PatientName: '', PatientBirthDate: '', AccessionNumber: '' };
