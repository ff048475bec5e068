// Orders for tests: one that says a little of everything, and a book to keep them in.
import { orderContentShape, type OrderContent } from '#contract/shapes/order.ts';
import type { SaidOrder } from '#station/orders/index.ts';

export const contentOf = (said: Partial<OrderContent> = {}): OrderContent =>
  orderContentShape.parse({
    PatientName: 'Smith^Anna',
    PatientID: 'P1',
    PatientBirthDate: '19600101',
    AccessionNumber: 'A1',
    Modality: 'US',
    scheduledFor: '20261123101500',
    ScheduledStationAETitles: ['US_1'],
    ...said,
  });

export const saidOrder = (content: Partial<OrderContent> = {}, rest: Partial<SaidOrder> = {}): SaidOrder => ({
  sourceId: 'ris',
  sourceKind: 'worklist',
  sourceKey: content.AccessionNumber ?? 'A1',
  state: 'scheduled',
  content: contentOf(content),
  ...rest,
});
