// What the desk may ask of the house. station.ts fills it in; the desk adds no logic of its own.
import type { DeviceChange, DeviceList } from '#contract/shapes/devices.ts';
import type { ExamineAsked, Profile } from '#contract/shapes/profile.ts';
import type { RoutePreview, routePreviewAskedShape } from '#contract/shapes/routes.ts';
import type { DestinationTest, DestinationTestAsked, SavedSettings, Settings } from '#contract/shapes/settings.ts';
import type { Change, DemoStatus, ImportReport, StationStatus } from '#contract/shapes/station.ts';
import type { Deciding } from '#station/flow/deciding.ts';
import type { ExamsDesk } from '#station/flow/exams-desk.ts';
import type { JudgingFlow } from '#station/flow/judging.ts';
import type { Matching } from '#station/flow/matching.ts';
import type { Documents } from '#station/flow/when-document-is-asked.ts';
import type { HospitalOrders } from '#station/flow/hospital-orders.ts';
import type { ReaderNotes } from '#station/flow/reader-notes.ts';
import type { RearrangingDesk } from '#station/flow/when-objects-are-rearranged.ts';
import type { ConflictsDesk } from '#station/flow/when-objects-conflict.ts';
import type { RetentionDesk } from '#station/flow/when-space-is-short.ts';
import type { Hl7Flow } from '#station/flow/hl7.ts';
import type { Released } from '#station/flow/released.ts';
import type { OutboxDesk } from '#station/flow/when-many-deliveries-change.ts';
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
    save(settings: SavedSettings): Promise<void>;
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
  readonly matching: Pick<
    Matching,
    'candidates' | 'checkIdentity' | 'judgeTyped' | 'readDraft' | 'saveDraft' | 'visit'
  >;
  readonly orders: HospitalOrders['desk'];
  readonly rearranging: RearrangingDesk;
  readonly released: Released['desk'];
  readonly objects: Deciding['objects'];
  readonly conflicts: ConflictsDesk;
  readonly retention: RetentionDesk;
  readonly imports: {
    begin(paths: readonly string[], wait: boolean): Promise<ImportReport>;
    list(): ImportReport[];
    read(importId: string): ImportReport;
  };
  readonly outbox: OutboxDesk;
  readonly alerts: {
    /** By the operator when nobody is named. */
    acknowledge(id: string, by: string): void;
  };
  readonly demo?: DemoControls;
};
