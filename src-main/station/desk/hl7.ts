// The HL7 feed: how it stands, its last messages, the patients it speaks of.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerHl7 = (desk: Form, { hl7 }: House) => ({
  status: desk.hl7.status.handler(() => hl7.status()),
  message: desk.hl7.message.handler(({ input }) => hl7.message(input.id)),
  patients: desk.hl7.patients.handler(({ input }) => hl7.patients(input.search)),
});

export const answerPatientOfExam = (desk: Form, { exams, hl7 }: House) => ({
  applyPatient: desk.exams.applyPatient.handler(({ input: { id: examId, ...rest } }) => {
    hl7.applyPatient({ ...rest, examId });
    return exams.read(examId);
  }),
});
