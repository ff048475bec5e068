// What the hospital says, wired once: the book of orders with the worklists that fill it, and the HL7 feed beside them.
import type { Settings } from '#contract/shapes/settings.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { ClosingStack } from '#station/kit/closing.ts';
import type { Log } from '#station/kit/log.ts';
import type { Book } from '#station/records/index.ts';
import type { Certificates } from './certificates.ts';
import type { Changes } from './changes.ts';
import { openHl7Flow, type Hl7Flow } from './hl7.ts';
import { openHospitalOrders, type HospitalOrders } from './hospital-orders.ts';
import { whenOrderChanges } from './when-order-changes.ts';
import type { PatientRooms } from './when-patient-changes.ts';

export type HospitalRooms = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: () => Settings;
  readonly certificates: Certificates;
  readonly changes: Pick<Changes, 'orders' | 'exams'>;
  readonly by: () => string;
  /** What a change of an exam needs; opened after this. */
  readonly rooms: () => PatientRooms;
  /** Lists of orders, or their sources, changed; the screens have heard. */
  readonly ordersCame: () => void;
};

/** The worklists are asked from now on; the feed listens after its first `apply`. `opened` closes both before the book. */
export function openHospital(
  opened: ClosingStack,
  parts: HospitalRooms,
): { readonly hospital: HospitalOrders; readonly hl7: Hl7Flow } {
  const { book, clock, log, settings, certificates, changes, by, rooms } = parts;
  const hospital = opened.add(
    openHospitalOrders({
      ...{ book, clock, log, settings, readCalling: certificates.readCalling },
      onChanged: () => {
        changes.orders();
        parts.ordersCame();
      },
      onExamsChanged: (examIds) => changes.exams(examIds),
      orderChanged: (orderId, _before, after) => whenOrderChanges(rooms(), orderId, after),
      otherSources: () => hl7.sources(),
    }),
  );
  hospital.apply(settings());
  const hl7: Hl7Flow = opened.add(
    openHl7Flow({
      ...{ book, clock, log, settings, certificates, by, rooms, orders: hospital.orders },
      onChanged: () => changes.orders(),
    }),
  );
  return { hospital, hl7 };
}
