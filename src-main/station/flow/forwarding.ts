// Forwarding and the examination of its destinations, wired to what they need and to all that hears of them: the screens,
// the alerts, the trail.
import type { Settings } from '#contract/shapes/settings.ts';
import { openForward, type Forward, type ForwardPorts, type RevisionBytes } from '#station/5-forward/index.ts';
import type { ForwardOptions } from '#station/5-forward/index.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import type { Review } from '#station/4-review/index.ts';
import type { Audit } from '#station/audit/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { ClosingStack } from '#station/kit/closing.ts';
import type { Log } from '#station/kit/log.ts';
import type { Book } from '#station/records/index.ts';
import type { Alerts } from './alerts.ts';
import type { Certificates } from './certificates.ts';
import type { Changes } from './changes.ts';
import { openExaminations, type Examinations } from './examinations.ts';
import type { WebSecrets } from './web-secrets.ts';
import { whenDeliveryMoves } from './when-delivery-moves.ts';

export type ForwardingRooms = Required<Pick<ForwardPorts, 'syntaxMaker'>> & {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: Audit;
  readonly catalog: Pick<Catalog, 'fileMissing'>;
  readonly review: Pick<Review, 'openRevision'>;
  readonly certificates: Pick<Certificates, 'callingOf' | 'readCalling'>;
  readonly secrets: Pick<WebSecrets, 'read'>;
  readonly changes: Pick<Changes, 'outbox' | 'station'>;
  readonly alerts: Pick<Alerts, 'nudge'>;
  readonly settings: () => Settings;
  readonly by: () => string;
  /** Deliveries have moved; after the commit. */
  readonly onMoved: () => void;
  /** Deliveries of these exams were confirmed, an exam once for each; after the commit. */
  readonly onConfirmed: (examIds: readonly string[]) => void;
  /** How quick it goes about things; for tests. */
  readonly options?: Partial<ForwardOptions> | undefined;
};

/** Nothing leaves before the first `applySettings`. `opened` closes both before the book. */
export function openForwarding(
  opened: ClosingStack,
  rooms: ForwardingRooms,
): { readonly forward: Forward; readonly examinations: Examinations } {
  const { book, clock, log, audit, catalog, review, settings, certificates, secrets, changes, alerts } = rooms;
  const { by, options } = rooms;
  const forward = opened.add(
    openForward({
      book,
      clock,
      log,
      ports: {
        callingOf: certificates.callingOf,
        readCalling: certificates.readCalling,
        readSecret: (auth) => secrets.read(auth),
        syntaxMaker: rooms.syntaxMaker,
        knownToTake: (...kind) => examinations.accepts(...kind),
        openRevision: async (revisionId) => toRevisionBytes(await review.openRevision(revisionId)),
        onChanged: ({ examIds }) => {
          changes.outbox(examIds);
          alerts.nudge();
        },
        onDestinationChanged: (id) => {
          changes.station();
          examinations.changed(forward.destinationStatus().find((one) => one.id === id));
          alerts.nudge();
        },
        onMoved: (moves) => {
          whenDeliveryMoves({ audit, by, fileMissing: (objectId) => catalog.fileMissing(objectId, true) }, moves);
          book.afterCommit(() => rooms.onMoved());
          if (moves.some(({ event }) => event === 'confirmed')) {
            book.afterCommit(() => rooms.onConfirmed(moves.map(({ examId }) => examId)));
          }
        },
      },
      ...(options ? { options } : {}),
    }),
  );
  const examinations = opened.add(
    openExaminations({
      ...{ book, clock, log, settings, audit, by },
      ports: { readCalling: certificates.readCalling, readSecret: (auth) => secrets.read(auth) },
    }),
  );
  return { forward, examinations };
}

function toRevisionBytes(object: Awaited<ReturnType<Review['openRevision']>>): RevisionBytes {
  return {
    sopClassUid: object.SOPClassUID,
    sopInstanceUid: object.SOPInstanceUID,
    transferSyntaxUid: object.TransferSyntaxUID,
    dataSetLength: object.sizeBytes - object.dataSetOffset,
    dataSetSha256: object.dataSetSha256,
    stream: () => object.pieces(object.dataSetOffset),
  };
}
