// The HL7 feed wired once: where it listens as the settings say, with the station's certificate if it shall be TLS, and
// what follows from its messages for exams.
import type { Settings } from '#contract/shapes/settings.ts';
import type { Hl7Status, HospitalPatient } from '#contract/shapes/hl7.ts';
import type { KnownPatient } from '#contract/shapes/matching.ts';
import type { OrderSource } from '#contract/shapes/worklists.ts';
import { Problem } from '#station/kit/problem.ts';
import { openHl7, type Hl7, type Hl7Parts, type PatientIndex, type PatientKey } from '#station/orders/index.ts';
import type { Certificates } from './certificates.ts';
import {
  attributesOf,
  whenExamsMayBeOfMerged,
  whenPatientChanges,
  whenPatientIsApplied,
  type ApplyPatient,
  type PatientRooms,
} from './when-patient-changes.ts';

export type Hl7FlowParts = Omit<Hl7Parts, 'patientChanged'> & {
  readonly rooms: () => PatientRooms;
  readonly certificates: Pick<Certificates, 'ownTerms'>;
  readonly settings: () => Settings;
  readonly by: () => string;
};

export type Hl7Flow = {
  readonly patients: PatientIndex;
  readonly desk: {
    status(): Hl7Status;
    message: Hl7['message'];
    patients(search: string): HospitalPatient[];
    applyPatient(command: Omit<ApplyPatient, 'by'>): void;
  };
  /** Exams came or changed: those of a number that was merged are stopped. All of them when none is named. */
  look(examIds?: readonly string[]): void;
  /** What the hospital says of a patient, as the conflict view shows it. */
  find(who: PatientKey): KnownPatient[];
  /** Whether it listens as it should. */
  truth: Hl7['truth'];
  /** The feeds, as sources of orders. */
  sources(): OrderSource[];
  /** @throws Problem 'settings-invalid' when it shall speak TLS and the station has no certificate */
  check(settings: Settings): void;
  /** Also after certificates were read anew. */
  apply(): Promise<void>;
  close(): Promise<void>;
};

export function openHl7Flow(parts: Hl7FlowParts): Hl7Flow {
  const { rooms, certificates, settings, by } = parts;
  const nameOf = (feedId: string) => settings().hl7.feeds.find(({ id }) => id === feedId)?.name ?? feedId;
  const hl7 = openHl7({ ...parts, patientChanged: (change) => whenPatientChanges(rooms(), change) });
  return {
    patients: hl7.patients,
    truth: hl7.truth,
    look: (examIds) => {
      try {
        whenExamsMayBeOfMerged(rooms(), examIds);
      } catch (error) {
        parts.log.error('merges-not-looked-at', {}, error);
      }
    },
    desk: {
      status: hl7.status,
      message: hl7.message,
      patients: (search) => hl7.patients.search(search),
      applyPatient: (command) => whenPatientIsApplied(rooms(), hl7.patients, { ...command, by: by() }),
    },
    find: ({ PatientID, IssuerOfPatientID }) => {
      const patient = PatientID === '' ? undefined : hl7.patients.find(PatientID, IssuerOfPatientID);
      return patient
        ? [{ attributes: attributesOf(patient), sourceName: nameOf(patient.feedId), seenAt: patient.spokenAt }]
        : [];
    },
    sources: () =>
      settings().hl7.feeds.map(({ id, name }) => ({
        ...{ id, kind: 'hl7', name, answeredAt: hl7.lastFrom(id), asking: false, notes: [] },
        ...{ failedAt: null, answer: null },
      })),
    check({ hl7: { listen }, station: { tls } }) {
      if (!listen.enabled || !listen.tls) return;
      if (!tls)
        throw new Problem('settings-invalid', { field: 'hl7.listen.tls', expected: 'a certificate of this station' });
      if (listen.clientCertificates === 'required' && tls.trustedCertificatesFiles.length === 0)
        throw new Problem('settings-invalid', {
          field: 'station.tls.trustedCertificatesFiles',
          expected: 'one file at least',
        });
    },
    apply: () => {
      const setting = settings().hl7;
      return hl7.apply({ setting, secure: certificates.ownTerms(setting.listen.clientCertificates) });
    },
    close: hl7.close,
  };
}
