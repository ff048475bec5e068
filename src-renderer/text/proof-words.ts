// The proof of an exam in words: sections with a heading and lines, for the panel and for the file that people save.
import type { PlaceStep, Verification } from '#contract/shapes/verification.ts';
import { sayMany } from './formats.ts';

export type ProofSection = {
  readonly heading: string;
  readonly lines: readonly string[];
  readonly tone: 'good' | 'bad' | 'plain';
};

const names: Readonly<Record<string, string>> = {
  PatientName: 'Patient name',
  PatientID: 'Patient ID',
  IssuerOfPatientID: 'Issuer of patient ID',
  PatientBirthDate: 'Date of birth',
  PatientSex: 'Sex',
  StudyInstanceUID: 'Study UID',
  AccessionNumber: 'Accession number',
  OtherPatientNames: 'Other name',
  OtherPatientIDs: 'Other ID',
};

const reasons: Readonly<Record<string, string>> = {
  'former-value': 'holds a value of another identity',
  'chosen-value': 'does not say what was chosen',
  'order-value': 'does not say what the order says',
  difference: 'differs from what was received where nobody changed anything',
  'original-attributes': 'does not keep its former values',
  digest: 'is not the bytes that were written down',
  size: 'has not the size that it should have',
  unreadable: 'cannot be read',
};

const notJudged: Readonly<Record<string, string>> = {
  pixels: 'what is drawn in the picture',
  overlay: 'what is drawn in an overlay',
  'embedded-document': 'what is drawn in the document',
  'large-value': 'a value that is too large to look through',
  'packed-value': 'a packed value',
  uid: 'an identifier (UID) that holds the number of the former ID; it may not be changed',
  number: 'a number of the order that is made of the former accession number; it changes only with an order',
  unreadable: 'everything: nobody can follow the elements of this object',
};

/** An attribute as people call it. */
export function sayKeyword(keyword: string): string {
  return names[keyword] ?? keyword.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2');
}

/** The way to an element: "Content Sequence, item 2 › Text Value (0040,A160)". */
export function sayPlace(place: readonly PlaceStep[]): string {
  const steps = place.map(({ tag, keyword, item }) => {
    const called =
      tag === '(0002,0000)'
        ? 'in front of the data set'
        : keyword === ''
          ? `private element ${tag}`
          : `${sayKeyword(keyword)} ${tag}`;
    return item === null ? called : `${called}, item ${item}`;
  });
  return steps.join(' › ');
}

function sayNotJudged(key: string): string {
  const [kind, keyword = ''] = key.split(':');
  if (kind === 'not-telling') return `the former ${sayKeyword(keyword).toLowerCase()} in free text: it is too common`;
  return notJudged[key] ?? key.replaceAll('-', ' ');
}

/** All of the report but its date and the name of the exam. */
export function sayProof(proof: Verification): readonly ProofSection[] {
  const { outcome, objects, values, lookedFor, stays } = proof;
  const failed = objects.filter((object) => object.outcome === 'failed');
  const contradicted = values.filter(
    ({ said, mustAgree }) => mustAgree && said.filter(({ value }) => value !== '').length > 1,
  );
  const verdict =
    outcome === 'nothing-leaves'
      ? 'No object of this exam leaves.'
      : outcome === 'proved'
        ? `${sayMany(objects.length, 'object')} read again. All say the same patient, and no trace of another identity was found.`
        : failed.length > 0
          ? `${sayMany(failed.length, 'object')} of ${objects.length} failed. The exam does not leave like this.`
          : 'The objects do not say the same patient. The exam does not leave like this.';
  const called = ({ Modality, SeriesNumber, InstanceNumber }: (typeof objects)[number]) =>
    `${Modality} series ${SeriesNumber || '–'}, image ${InstanceNumber || '–'}`;
  const found = failed.flatMap((object) => [
    `${called(object)} ${reasons[object.reason] ?? object.reason}.`,
    ...object.findings.map(
      ({ keyword, place }) => `  ${sayKeyword(keyword)}${place.length > 0 ? ` in ${sayPlace(place)}` : ''}`,
    ),
  ]);
  const open = new Map<string, { objects: number; places: Set<string> }>();
  for (const object of objects) {
    for (const { key, places } of object.notJudged) {
      const entry = open.get(key) ?? { objects: 0, places: new Set() };
      entry.objects += 1;
      for (const place of places) entry.places.add(sayPlace(place));
      open.set(key, entry);
    }
  }
  const sections: ProofSection[] = [
    {
      heading: 'Result',
      lines: [verdict],
      tone: outcome === 'failed' ? 'bad' : outcome === 'proved' ? 'good' : 'plain',
    },
    { heading: 'Found', lines: found, tone: 'bad' },
    {
      heading: 'What the objects say',
      lines: values.map(({ keyword, said }) =>
        said.length === 1
          ? `${sayKeyword(keyword)}: ${said[0]?.value || '(empty)'}`
          : `${sayKeyword(keyword)}: ${said.map(({ value, objects: n }) => `${value || '(empty)'} in ${sayMany(n, 'object')}`).join(', ')}`,
      ),
      tone: contradicted.length > 0 ? 'bad' : 'plain',
    },
    {
      heading: 'Looked for and not to be left',
      lines: lookedFor.map(
        ({ keyword, value, everywhere }) =>
          `${sayKeyword(keyword)} ${value}${everywhere ? '' : ' (too common: only where a patient is identified)'}`,
      ),
      tone: 'plain',
    },
    {
      heading: 'Could not be judged',
      lines: [...open].map(([key, { objects: n, places }]) => {
        const where = [...places].slice(0, 3).join('; ');
        return `${sayMany(n, 'object')}: ${sayNotJudged(key)}${where === '' ? '' : ` (${where})`}`;
      }),
      tone: 'plain',
    },
    {
      heading: 'Objects',
      lines: [
        ...objects.map(
          (object) =>
            `${called(object)}: ${object.outcome === 'proved' ? 'proved' : 'failed'}, ${object.stage === 'left' ? 'as approved' : 'as it would leave'}, ` +
            `${object.changed ? 'corrected' : 'as received'}; ${object.SOPInstanceUID}${object.dataSetSha256 === '' ? '' : `; SHA-256 ${object.dataSetSha256}`}`,
        ),
        ...(stays > 0 ? [`${sayMany(stays, 'object')} of the exam not read: rejected, or not decided.`] : []),
      ],
      tone: 'plain',
    },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

/** The whole report as a text that people keep. */
export function writeProof(proof: Verification, about: string): string {
  const sections = sayProof(proof).map(
    ({ heading, lines }) => `${heading}\n${lines.map((line) => `  ${line}`).join('\n')}\n`,
  );
  const head = `Proof of an exam\n${about}\nRead ${proof.examinedAt} by ${proof.station}, Safelight ${proof.softwareVersion}\n`;
  return [head, ...sections].join('\n');
}

export const proofTexts = {
  title: 'Proof',
  open: 'Proof',
  more: 'Every object is read again as it leaves, by a reader that shares nothing with what wrote it.',
  reading: 'Reading every object…',
  save: 'Save as text',
  close: 'Close',
};
