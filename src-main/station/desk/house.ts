// What the desk may ask of the house. station.ts fills it in; the desk adds no logic of its own.
import type { ObjectAttributes, ObjectCodes } from '#contract/shapes/applied-order.ts';
import type { Conflict, ConflictChoice } from '#contract/shapes/conflict.ts';
import type { deliveryPageShape, DeliveryRow, DeliveryState, OutboxPage } from '#contract/shapes/delivery.ts';
import type { ObjectRow } from '#contract/shapes/exam.ts';
import type { DeviceChange, DeviceList } from '#contract/shapes/devices.ts';
import type { ManyChanged } from '#contract/shapes/attempts.ts';
import type { CorrectionReason } from '#contract/shapes/identity.ts';
import type { ExamineAsked, Profile } from '#contract/shapes/profile.ts';
import type { RoutePreview, routePreviewAskedShape } from '#contract/shapes/routes.ts';
import type { DestinationTest, DestinationTestAsked, Settings } from '#contract/shapes/settings.ts';
import type { ExamRetention, ProofPage, PurgePreview } from '#contract/shapes/space.ts';
import type { Change, DemoStatus, ImportReport, StationStatus } from '#contract/shapes/station.ts';
import type { AttemptPage, DeliveryWish } from '#station/5-forward/index.ts';
import type { ExamsDesk } from '#station/flow/exams-desk.ts';
import type { JudgingFlow } from '#station/flow/judging.ts';
import type { Matching } from '#station/flow/matching.ts';
import type { Documents } from '#station/flow/when-document-is-asked.ts';
import type { HospitalOrders } from '#station/flow/hospital-orders.ts';
import type { ReaderNotes } from '#station/flow/reader-notes.ts';
import type { RearrangingDesk } from '#station/flow/when-objects-are-rearranged.ts';
import type { Hl7Flow } from '#station/flow/hl7.ts';
import type { Released } from '#station/flow/released.ts';
import type { ManyWish } from '#station/flow/when-many-deliveries-change.ts';
import type { NoticesFlow } from '#station/flow/notices.ts';
import type { StatisticsFlow } from '#station/flow/statistics.ts';
import type { PriorsFlow } from '#station/flow/priors.ts';
import type { PresentationFlow } from '#station/flow/presentation.ts';
import type { z } from 'zod';

/** Sample devices and embedded receivers; only a demo brings them. */
export type DemoControls = {
  read(): DemoStatus;
  send(deviceId: string): Promise<void>;
  switchReceiver(receiverId: string, on: boolean): Promise<void>;
};

export type House = {
  readonly notices: NoticesFlow['desk'];
  readonly statistics: StatisticsFlow['desk'];
  readonly judging: JudgingFlow['desk'];
  readonly priors: PriorsFlow['desk'];
  readonly readerNotes: ReaderNotes['desk'];
  readonly documents: Pick<Documents, 'header' | 'text' | 'waveform'>;
  readonly hl7: Hl7Flow['desk'];
  readonly presentation: PresentationFlow['desk'];
  readonly station: {
    status(): Promise<StationStatus>;
    watch(signal?: AbortSignal): AsyncGenerator<Change, void, void>;
  };
  readonly setup: {
    read(): { readonly settings: Settings; readonly configured: boolean };
    save(settings: Settings): Promise<void>;
    testDestination(peer: DestinationTestAsked): Promise<DestinationTest>;
    examine(wish: ExamineAsked): Promise<Profile>;
    profiles(): Profile[];
    previewRoutes(asked: z.infer<typeof routePreviewAskedShape>): RoutePreview;
    decideDevice(device: {
      aeTitle: string;
      address: string;
      decision: 'allow' | 'ignore' | 'block';
      certificateSha256?: string | undefined;
    }): Promise<void>;
  };
  readonly devices: {
    list(): DeviceList;
    change(id: string, change: DeviceChange): Promise<void>;
    remove(id: string): Promise<void>;
    forgetDecision(id: string): void;
  };
  readonly exams: ExamsDesk;
  readonly matching: Pick<Matching, 'candidates' | 'checkIdentity' | 'readDraft' | 'saveDraft' | 'visit'>;
  readonly orders: HospitalOrders['desk'];
  readonly rearranging: RearrangingDesk;
  readonly released: Released['desk'];
  readonly objects: {
    row(objectId: string): ObjectRow;
    /** Gives the exam. */
    correct(command: {
      readonly objectIds: readonly string[];
      readonly attributes: ObjectAttributes;
      readonly codes: ObjectCodes;
      readonly reason: CorrectionReason;
      readonly commandId?: string | undefined;
    }): string;
    reject(objectId: string, reason: string, text: string, commandId?: string): Promise<void>;
    keep(objectId: string): Promise<void>;
  };
  readonly conflicts: {
    list(examId: string): Conflict[];
    decide(objectId: string, choice: ConflictChoice, commandId?: string): Conflict[];
    undo(objectId: string, commandId?: string): Conflict[];
  };
  readonly retention: {
    ofExam(examId: string): ExamRetention;
    pin(examId: string, pinned: boolean): void;
    preview(): PurgePreview;
    proofs(query: { search: string; limit: number; offset: number }): ProofPage;
  };
  readonly imports: {
    begin(paths: readonly string[], wait: boolean): Promise<ImportReport>;
    list(): ImportReport[];
    read(importId: string): ImportReport;
  };
  readonly outbox: {
    deliveries(query: {
      examId?: string | undefined;
      destinationId?: string | undefined;
      state?: DeliveryState | undefined;
      limit: number;
      offset: number;
    }): z.infer<typeof deliveryPageShape>;
    changeDelivery(deliveryId: string, wish: DeliveryWish): DeliveryRow;
    page(query: { open: boolean; limit: number; offset: number }): OutboxPage;
    changeExam(which: { examId: string; destinationId?: string | undefined }, wish: DeliveryWish): void;
    pause(destinationId: string, paused: boolean): void;
    attempts(deliveryId: string, page: { limit: number; offset: number }): AttemptPage;
    changeMany(wish: ManyWish): ManyChanged;
  };
  readonly alerts: {
    /** By the operator when nobody is named. */
    acknowledge(id: string, by: string): void;
  };
  readonly demo?: DemoControls;
};
