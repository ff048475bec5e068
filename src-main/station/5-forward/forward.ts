// The room as a whole: a line for each destination (breaker, courier, confirmer) over one outbox.
import type { DestinationSetting, Settings } from '#contract/shapes/settings.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { AnotherSyntax } from './another-syntax.ts';
import { Breaker } from './breaker.ts';
import * as byHand from './by-hand.ts';
import { Commitments } from './commitments.ts';
import { Confirmer } from './confirmation.ts';
import { Courier } from './courier.ts';
import { testDestination } from './destination-test.ts';
import { DestinationPages } from './destination-pages.ts';
import { Destinations } from './destinations.ts';
import type { Forward } from './offer.ts';
import { OutboxPages } from './outbox-pages.ts';
import { Outbox } from './outbox.ts';
import { peerOf } from './peer.ts';
import { forwardDefaults, type ForwardOptions, type ForwardPorts } from './ports.ts';
import { DicomProver } from './proof-by-dicom.ts';
import { RateMeter } from './rate-meter.ts';
import { WebCourier } from './web/web-courier.ts';
import { webLineOf } from './web/web-line.ts';

export type ForwardNeeds = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly ports: ForwardPorts;
  readonly options?: Partial<ForwardOptions>;
};

/** What sends to one destination. */
type Line = {
  /** Host, port and titles: when they change, everything begins anew. */
  readonly address: string;
  readonly confirm: DestinationSetting['confirm'];
  readonly breaker: Breaker;
  readonly courier: Courier | WebCourier;
  readonly confirmer: Confirmer;
  readonly meter: RateMeter;
};

const closingMs = 10_000;
/** People wait for settings to be saved. */
const applyingMs = 2_000;

export function openForward({ book, clock, log, ports, options: chosen }: ForwardNeeds): Forward {
  const options: ForwardOptions = { ...forwardDefaults, ...chosen };
  const outbox = new Outbox({ book, clock, ports });
  const commitments = new Commitments({ book, clock, outbox, options });
  const destinations = new Destinations(book, clock);
  const lines = new Map<string, Line>();
  const live = (id: string) => {
    const line = lines.get(id);
    return (
      line && {
        nextTryAt: line.breaker.nextTryAt,
        ratePerSecond: line.meter.perSecond,
        opensAt: isoOf(line.courier.hours.opensAtMs),
        associations: line.courier.associations,
      }
    );
  };
  const stands = new DestinationPages({ book, clock, destinations, live });
  const pages = new OutboxPages({ book, destinations, stands, live });
  const byHandNeeds = { book, clock, outbox };
  let applying: Promise<void> = Promise.resolve();
  let isClosed = false;

  const interrupted = destinations.all().reduce((sum, { id }) => sum + outbox.recover(id), 0);
  if (interrupted > 0) log.info('deliveries-recovered', { count: interrupted });
  commitments.recover();
  const syntaxes =
    ports.syntaxMaker &&
    new AnotherSyntax({
      ...{ book, clock, log, outbox, maker: ports.syntaxMaker },
      openRevision: (id) => ports.openRevision(id),
      onMade: (destinationId) => lines.get(destinationId)?.courier.wake(),
    });

  const openLine = (setting: DestinationSetting, calling: string): Line => {
    const destinationId = setting.id;
    const peer = peerOf(setting, calling, ports);
    const meter = new RateMeter(clock);
    const paused = destinations.find(destinationId)?.paused ?? false;
    const breaker = new Breaker(clock, options, (mood, answer) => {
      destinations.setMood(destinationId, mood, answer);
      log.info('destination-stands', { destinationId, reason: mood, ...(answer ? { code: answer.key } : {}) });
      courier.wake();
      confirmer.wake();
      ports.onDestinationChanged?.(destinationId);
    });
    const shared = { peer, breaker, outbox, clock, log, options };
    const web = webLineOf(setting, calling, { breaker, commitments, ports });
    const prover = web?.prover ?? new DicomProver({ ...shared, commitments });
    const confirmer = new Confirmer(
      { ...shared, destinationId, prover, commitments, onAnswered: () => courier.wake() },
      paused,
    );
    const sending = {
      ...shared,
      ports,
      meter,
      conversion: syntaxes && { syntaxes, rule: setting.transcode ?? 'lossless' },
      onDrained: () => {
        syntaxes?.tidy();
        commitments.hurry(destinationId);
        confirmer.wake();
      },
    };
    const courier = web
      ? new WebCourier({ ...sending, ...web.sending }, setting, paused)
      : new Courier(sending, setting, paused);
    const address = addressOf(setting, calling);
    return { address, confirm: setting.confirm, breaker, courier, confirmer, meter };
  };

  const closeLine = async (id: string, withinMs: number): Promise<void> => {
    const line = lines.get(id);
    if (!line) return;
    await Promise.all([line.courier.close(withinMs), line.confirmer.close(withinMs)]);
    lines.delete(id);
  };

  const apply = async (settings: Settings): Promise<void> => {
    const calling = settings.station.aeTitle;
    const wanted = new Map(settings.destinations.map((setting) => [setting.id, setting]));
    for (const [id, line] of lines) {
      const setting = wanted.get(id);
      const stays = setting && addressOf(setting, calling) === line.address && setting.confirm === line.confirm;
      if (!stays) await closeLine(id, applyingMs);
    }
    if (isClosed) return;
    book.transaction(() => {
      for (const row of destinations.all()) {
        if (row.removed || wanted.has(row.id)) continue;
        destinations.remove(row.id);
        outbox.blockRemoved(row.id);
      }
      for (const setting of settings.destinations) {
        const before = destinations.find(setting.id);
        destinations.put(setting);
        if (before?.removed) outbox.takeBackReturned(setting.id);
        if (!lines.has(setting.id)) {
          destinations.setMood(setting.id, 'well', null);
          outbox.promote(setting.id, true);
        }
      }
    });
    for (const setting of settings.destinations) {
      const line = lines.get(setting.id);
      if (line) line.courier.terms = setting;
      else lines.set(setting.id, openLine(setting, calling));
    }
  };

  /** A person wants these destinations tried now. */
  const hurry = (destinationIds: readonly string[]): void => {
    for (const id of destinationIds) {
      const line = lines.get(id);
      line?.breaker.hurry();
      line?.courier.askAnew();
      line?.confirmer.wake();
    }
  };

  return {
    applySettings(settings) {
      // One after the other, and a failure of one does not keep the next from being tried.
      applying = applying.catch(() => {}).then(() => (isClosed ? undefined : apply(settings)));
      return applying;
    },
    enqueue(examId, revisions, { priority = 2, destinations: chosen } = {}) {
      const made = outbox.enqueue(examId, revisions, priority, chosen);
      book.afterCommit(() => {
        for (const line of lines.values()) line.courier.wake();
      });
      return made;
    },
    withdrawRejected: (objectIds, why) => outbox.withdrawRejected(objectIds, why),
    giveBack(objectIds) {
      const given = outbox.giveBack(objectIds);
      book.afterCommit(() => {
        for (const line of lines.values()) line.courier.wake();
      });
      return given;
    },
    mayHaveLeft: (objectId) => outbox.mayHaveLeft(objectId),
    withdraw: (examId) => outbox.withdraw(examId),
    onCommitmentReport(report, peer) {
      const status = commitments.reported(report, peer);
      for (const line of lines.values()) {
        // A refused object is sent again by the courier, the rest is asked for by the confirmer.
        line.confirmer.wake();
        line.courier.wake();
      }
      return status;
    },
    deliveries: (query) => pages.deliveries(query),
    outboxPage: (query) => pages.page(query),
    destinationStatus: () => stands.destinationStatus(),
    queueCounts: () => stands.queueCounts(),
    testDestination: (target, callingAeTitle) => testDestination({ clock, ports }, target, callingAeTitle),
    changeDelivery(id, wish) {
      hurry(byHand.changeDelivery(byHandNeeds, id, wish).destinationIds);
      const row = pages.delivery(id);
      if (!row) throw new Problem('not-found', { what: 'delivery' });
      return row;
    },
    changeExam(which, wish) {
      const { changed, destinationIds } = byHand.changeExam(byHandNeeds, which, wish);
      hurry(destinationIds);
      return changed;
    },
    pause(destinationId, paused) {
      const row = destinations.find(destinationId);
      if (!row || row.removed) throw new Problem('not-found', { what: 'destination' });
      destinations.setPaused(destinationId, paused);
      const line = lines.get(destinationId);
      if (line) {
        line.courier.paused = paused;
        line.confirmer.paused = paused;
      }
      ports.onDestinationChanged?.(destinationId);
    },
    async close(withinMs = closingMs) {
      isClosed = true;
      await applying.catch(() => {});
      await Promise.all([...lines.keys()].map((id) => closeLine(id, withinMs)));
      await syntaxes?.close();
    },
  };
}

const addressOf = (setting: DestinationSetting, calling: string): string =>
  JSON.stringify([
    setting.aeTitle,
    setting.host,
    setting.port,
    calling,
    setting.tls,
    setting.protocol,
    setting.web,
    setting.transcode,
  ]);

const isoOf = (epochMs: number | null): string | null => (epochMs === null ? null : new Date(epochMs).toISOString());
