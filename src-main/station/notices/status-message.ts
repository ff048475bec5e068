// The state of an exam as an HL7 v2.5 message: ORM^O01 with order control SC, or ORU^R01 with the state of the result. Pure.
//
// Delimiters in values are escaped, control characters are left out; the message is UTF-8 and says so (MSH-18).
import { dateAndTime } from '#station/kit/local-time.ts';
import type { NoticeHl7 } from '#contract/shapes/notices.ts';
import type { PerformedExam } from './exam-facts.ts';

export type StatusKind = 'begun' | 'completed' | 'discontinued';

/** ORC-5 (table 0038) and OBR-25 (table 0123). */
const states: Readonly<Record<StatusKind, { readonly order: string; readonly result: string }>> = {
  begun: { order: 'IP', result: 'I' },
  completed: { order: 'CM', result: 'R' },
  discontinued: { order: 'DC', result: 'X' },
};

export function statusMessage(
  exam: PerformedExam,
  about: {
    readonly kind: StatusKind;
    readonly at: string;
    readonly controlId: string;
    readonly station: string;
    readonly to: NoticeHl7;
  },
): string {
  const { kind, at, controlId, station, to } = about;
  const { values, order, procedure } = exam;
  const { date, time } = dateAndTime(new Date(at));
  const now = `${date}${time}`;
  const state = states[kind];
  const accession = escape(values.AccessionNumber ?? '');
  const placer = escape(order?.RequestedProcedureID ?? '') || accession;
  // The service is what was ordered, by which the RIS knows it; what was done instead is said beside it (OBR-44).
  const code = order?.RequestedProcedureCodes[0] ?? procedure;
  const service = [
    code?.CodeValue ?? '',
    code?.CodeMeaning ?? order?.RequestedProcedureDescription ?? values.StudyDescription ?? '',
    code?.CodingSchemeDesignator ?? '',
  ];
  const isResult = to.kind === 'oru';
  const obr = [...Array.from({ length: 44 }, () => '')];
  const set = (field: number, value: string) => (obr[field - 1] = value);
  set(1, '1');
  set(2, placer);
  set(3, accession);
  set(4, service.map(escape).join('^'));
  set(7, /^\d{8}$/.test(exam.StudyDate) ? `${exam.StudyDate}${exam.StudyTime.replace(/\D.*$/, '').slice(0, 6)}` : '');
  set(18, accession);
  set(22, now);
  set(24, escape(exam.objects.find(({ Modality }) => Modality !== '')?.Modality ?? ''));
  if (isResult) set(25, state.result);
  if (procedure)
    set(44, [procedure.CodeValue, procedure.CodeMeaning, procedure.CodingSchemeDesignator].map(escape).join('^'));
  const segments = [
    [
      ...[
        'MSH',
        '^~\\&',
        'SAFELIGHT',
        escape(station),
        escape(to.receivingApplication),
        escape(to.receivingFacility),
        now,
        '',
      ],
      ...[isResult ? 'ORU^R01^ORU_R01' : 'ORM^O01^ORM_O01', controlId, 'P', '2.5', '', '', '', '', '', 'UNICODE UTF-8'],
    ],
    [
      ...['PID', '1', '', `${escape(values.PatientID ?? '')}^^^${escape(values.IssuerOfPatientID ?? '')}`, ''],
      ...[nameOf(values.PatientName ?? ''), '', escape(values.PatientBirthDate ?? ''), escape(values.PatientSex ?? '')],
    ],
    ['ORC', 'SC', placer, accession, '', state.order, '', '', '', now],
    ['OBR', ...obr],
    ...(isResult
      ? [['OBX', '1', 'HD', '113014^DICOM Study^DCM', '', escape(exam.StudyInstanceUID), '', '', '', '', '', 'O']]
      : []),
  ];
  return segments.map((fields) => `${fields.join('|').replace(/\|+$/, '')}\r`).join('');
}

/** PN as XPN: family, given, middle, suffix, prefix, of the alphabetic group or the first that is there. */
function nameOf(name: string): string {
  const group = name.split('=').find((each) => each.replaceAll('^', '') !== '') ?? '';
  const [family = '', given = '', middle = '', prefix = '', suffix = ''] = group.split('^').map(escape);
  return [family, given, middle, suffix, prefix].join('^').replace(/\^+$/, '');
}

const escapes: Readonly<Record<string, string>> = {
  '|': '\\F\\',
  '^': '\\S\\',
  '&': '\\T\\',
  '~': '\\R\\',
  '\\': '\\E\\',
};

function escape(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').replace(/[|^&~\\]/g, (letter) => escapes[letter] ?? '');
}
