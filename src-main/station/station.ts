// The composition root: opens every room in order, wires them, and closes them the other way round. It alone knows
// everything.
//
// When openStation resolves, the book is open and recovered, the couriers run and the DICOM listener listens (or the
// status says why it does not). close() finishes the object at hand.
import path from 'node:path';
import { lockHome, openStore, type Disk, type SpaceLimits } from './2-store/index.ts';
import { openCatalog } from './3-catalog/index.ts';
import { openOutboxFigures, type ForwardOptions } from './5-forward/index.ts';
import { openAudit } from './audit/index.ts';
import { asFrameAnswer, openByteDesk, type ByteDesk } from './desk/bytes.ts';
import { openDesk, type DemoControls, type DeskRouter, type House } from './desk/index.ts';
import { openFrameReader } from './dicom/codecs/index.ts';
import { openAlerts, type Alerts } from './flow/alerts.ts';
import { openCertificates } from './flow/certificates.ts';
import { Changes } from './flow/changes.ts';
import { decisionRooms, openDeciding } from './flow/deciding.ts';
import { openDevices } from './flow/devices.ts';
import { openFigures, type MetricFamily } from './flow/figures.ts';
import { openForwarding } from './flow/forwarding.ts';
import { openHospital } from './flow/hospital.ts';
import { hospitalProblems } from './flow/hospital-problems.ts';
import { openIntake } from './flow/intake.ts';
import { Latency } from './flow/latency.ts';
import { openListening } from './flow/listening.ts';
import { NewDevices } from './flow/new-devices.ts';
import { openNoticesFlow } from './flow/notices.ts';
import { openPriorsFlow } from './flow/priors.ts';
import { openReviewing } from './flow/reviewing.ts';
import { openRouting, routeOf } from './flow/routing.ts';
import { openRecoveredBook } from './flow/rebuild-book.ts';
import { openSettingsInUse } from './flow/settings-in-use.ts';
import { readStationStatus } from './flow/station-status.ts';
import { openStatisticsFlow } from './flow/statistics.ts';
import { openUpkeep } from './flow/upkeep.ts';
import { openWebSecrets } from './flow/web-secrets.ts';
import { openSyntaxMaker } from './flow/when-peer-needs-another-syntax.ts';
import { openVouchingFlow } from './flow/when-device-asks-for-commitment.ts';
import { outboxDesk } from './flow/when-many-deliveries-change.ts';
import { openDocuments } from './flow/when-document-is-asked.ts';
import { whenDecisionIsForgotten } from './flow/when-late-images-are-judged.ts';
import { rearrangingDesk } from './flow/when-objects-are-rearranged.ts';
import { conflictsDesk } from './flow/when-objects-conflict.ts';
import { openPictures } from './flow/when-picture-is-asked.ts';
import { mergedSettings } from './flow/merged-settings.ts';
import { openSettingsChanges, type ChangeSettings } from './flow/when-settings-are-saved.ts';
import { openSpaceKeeper, retentionDesk } from './flow/when-space-is-short.ts';
import { whenStationStarts } from './flow/when-station-starts.ts';
import { ClosingStack } from './kit/closing.ts';
import { systemClock, type Clock } from './kit/clock.ts';
import { makeFolder } from './kit/files.ts';
import { openLog, type Log } from './kit/log.ts';
import { softwareVersion } from './kit/version.ts';

export { toErrorBody } from './desk/translate.ts';
export { isProblem } from './kit/problem.ts';
export { backUp, rebuild, restore } from './flow/home-errands.ts';
export type { MetricFamily } from './flow/figures.ts';
export type { BytesAnswer, BytesRequest } from './desk/bytes.ts';
export type { DemoControls, DeskRouter } from './desk/index.ts';

export type StationOptions = {
  /** Folder below which everything is kept. Made when it is not there. */
  readonly home: string;
  /** Settings from a file, not yet validated; they replace those of the home. */
  readonly settings?: unknown;
  /** Over the settings, for this run. */
  readonly dicomPort?: number;
  readonly aeTitle?: string;
  readonly demo?: DemoControls;
  readonly clock?: Clock;
  readonly log?: Log;
  /** How quick forwarding goes about things; for tests. */
  readonly forward?: Partial<ForwardOptions>;
  readonly spaceLimits?: Partial<SpaceLimits>;
  /** One that is slow, or fails; for tests. */
  readonly disk?: Disk;
};

export type Station = {
  readonly version: string;
  readonly router: DeskRouter;
  readonly bytes: ByteDesk;
  /** How it does, for machines that watch: nothing about patients. */
  figures(): MetricFamily[];
  /** AE title and port of the listener as they are now. */
  listening(): { readonly aeTitle: string; readonly dicomPort: number };
  close(): Promise<void>;
};

/**
 * @throws Problem 'home-in-use', 'settings-invalid', 'book-too-new', 'book-damaged'; nothing stays open then, and a
 *   home that is in use is not written to.
 */
export async function openStation(options: StationOptions): Promise<Station> {
  const opened = new ClosingStack();
  try {
    return await openRooms(options, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function openRooms(options: StationOptions, opened: ClosingStack): Promise<Station> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? openLog((line) => void process.stderr.write(`${line}\n`), clock.now);
  const home = path.resolve(options.home);
  const startedAt = clock.now();
  await makeFolder(home);
  opened.add(lockHome(home));
  const { settings, kept } = await openSettingsInUse(path.join(home, 'settings.json'), options.settings, options);
  const by = () => settings().station.operator || 'technologist';
  const nameStation = () => {
    const { name, institution } = settings().station;
    return { name, institution, softwareVersion };
  };

  const changes = new Changes(clock);
  const book = opened.add(await openRecoveredBook({ home, clock, log }));
  opened.add({ close: () => changes.close() });
  const store = opened.add(
    await openStore({
      ...{ home, clock, log },
      ...(options.spaceLimits ? { limits: options.spaceLimits } : {}),
      ...(options.disk ? { disk: options.disk } : {}),
    }),
  );
  const newDevices = opened.add(new NewDevices(clock, book));
  const devices = openDevices({
    ...{ settings, newDevices, by, save: (change) => changeSettings(change) },
    catalog: () => catalog,
    audit: () => audit,
    onChanged: () => changes.station(),
  });
  const catalog = openCatalog({
    ...{ book, clock, quietTimeMs: devices.quietTimeMs, expectedModality: devices.expectedModality },
    rememberedForMs: () => settings().station.rememberDecisionsHours * 3_600_000,
    placeholders: () => settings().station.matching.placeholders,
  });
  const audit = openAudit({ book, clock });
  const frames = opened.add(openFrameReader());

  const figures = openOutboxFigures(book);
  const commits = new Latency();
  const alerts: Alerts = opened.add(
    openAlerts({
      ...{ book, clock, log, audit, settings, figures },
      status: () => status(),
      onChanged: () => changes.station(),
    }),
  );
  const review = openReviewing({
    ...{ book, clock, store, catalog, devices, station: nameStation },
    routeOf: (examId) => routeOf(routing, forward.destinationStatus(), examId, examinations.accepts),
    objectsAround: (examId) => deciding.rearranging.objectsAround(examId),
  });
  const notices = opened.add(
    openNoticesFlow({ book, clock, log, settings, review, onChanged: () => changes.station() }),
  );
  const routing = openRouting({
    ...{ book, clock, settings, departmentOf: devices.departmentOf, priorityOf: devices.priorityOf },
    destinations: () => forward.destinationStatus(),
  });
  const certificates = opened.add(
    openCertificates({
      ...{ clock, log, home, passphrase: process.env['SAFELIGHT_TLS_PASSPHRASE'] },
      onChanged: async () => {
        await Promise.all([listening.renew(), hl7.apply()]);
        changes.station();
      },
    }),
  );
  const secrets = openWebSecrets(home, process.env);
  const syntaxMaker = await openSyntaxMaker({ home, log, checkRoom: (bytes) => store.checkRoom(bytes) });
  let nudgeNotes = (): void => {};
  const { forward, examinations } = openForwarding(opened, {
    ...{ book, clock, log, audit, catalog, review, settings, certificates, secrets, syntaxMaker, changes, alerts, by },
    onMoved: () => nudgeNotes(),
    onConfirmed: (examIds) => {
      vouching.nudge();
      notices.changed(examIds);
    },
    options: options.forward,
  });
  const space = opened.add(
    openSpaceKeeper({
      ...{ store, catalog, book, audit, clock, log, settings, by },
      onExamsChanged: (examIds) => changes.exams(examIds),
      onStationChanged: () => changes.station(),
    }),
  );
  space.apply(settings());
  await space.purge.finish();
  await whenStationStarts({ store, catalog, book, log });
  let lookAt: (examIds: readonly string[]) => void = () => undefined;
  let ordersCame = (): void => undefined;
  const examsMoved = (examIds: readonly string[]) => {
    changes.exams(examIds);
    lookAt(examIds);
  };
  const { conflictFlow, arrivals, imports, drops } = await openIntake(opened, {
    ...{ home, store, catalog, book, audit, frames, clock, log, commits, changes, space },
    onChanged: examsMoved,
  });
  const pictures = await openPictures({
    ...{ catalog, frames, pathOf: store.pathOf, folder: path.join(home, 'thumbnails') },
  });
  const vouching = opened.add(openVouchingFlow({ book, store, purge: space.purge, settings, clock, log }));
  const listening = opened.add(
    openListening({
      vouching,
      ...{ clock, log, certificates },
      onChanged: () => changes.station(),
      beginIncoming: arrivals.beginIncoming,
      onCommitmentReport: (report, peer) => examinations.reported(report) ?? forward.onCommitmentReport(report, peer),
      onNewDevice: (device) => {
        newDevices.seen(device);
        changes.station();
      },
      onKeptOut: ({ aeTitle, address }) => devices.keptOut(aeTitle, address),
    }),
  );
  const isBusy = () => listening.truth().associations > 0;
  await certificates.apply(settings());
  await forward.applySettings(settings());
  await listening.apply(settings());
  const { hospital, hl7 } = openHospital(opened, {
    ...{ book, clock, log, settings, certificates, changes, by },
    rooms: () => ({ ...decisions, forward }),
    ordersCame: () => ordersCame(),
  });
  const priors = opened.add(
    openPriorsFlow({
      ...{ book, clock, log, settings, audit, catalog, by, frames, folder: path.join(home, 'priors') },
      ...{ checkRoom: store.checkRoom, callingOf: certificates.callingOf, readSecret: secrets.read },
      onChanged: () => changes.priors(),
    }),
  );
  const upkeep = opened.add(
    openUpkeep({
      ...{ home, book, store, catalog, clock, log, isBusy },
      scrubHours: () => settings().station.scrubHours,
      onChanged: examsMoved,
    }),
  );

  const changeSettings: ChangeSettings = openSettingsChanges({
    ...{ kept, settings, certificates, secrets, hl7, space, forward, listening, hospital, notices, changes },
  });
  const decisions = decisionRooms({
    ...{ book, review, audit, catalog, settings },
    examChanged: (examId) => {
      changes.exams([examId]);
      hl7.look([examId]);
      notices.changed([examId]);
      conflictFlow.look([examId]);
      priors.look([examId]);
    },
  });
  const deciding = openDeciding(opened, {
    ...{ decisions, home, clock, log, audit, store, frames, forward, devices, hl7, settings, by },
    ...{ orders: hospital.orders, station: nameStation, isBusy },
    examsChanged: (ids) => {
      changes.exams(ids);
      hl7.look(ids);
    },
  });
  const { released, readerNotes, matching, judging, readExam } = deciding;
  ordersCame = matching.ordersCame;
  lookAt = (examIds) => {
    hl7.look(examIds);
    deciding.look(examIds);
  };
  const status = () =>
    readStationStatus({
      ...{ settings, clock, startedAt, certificates, catalog, forward, newDevices, space: store.space },
      ...{ listener: listening.truth, secure: listening.secure, upkeep: upkeep.truth },
      demo: options.demo !== undefined,
      alerts: () => [...alerts.current()],
      hospital: () => hospitalProblems(hospital.worklists(), hl7.truth(), clock.epochMs()),
    });

  const machine = opened.add(openFigures({ book, clock, catalog, figures, settings, status, commits }));

  const documents = openDocuments({ book, catalog, review, readExam, pathOf: store.pathOf });
  const statistics = openStatisticsFlow({ book, clock, settings, audit, by });

  const house: House = {
    notices: notices.desk,
    statistics: statistics.desk,
    priors: priors.desk,
    judging: judging.desk,
    documents,
    readerNotes: readerNotes.desk,
    presentation: deciding.presentation.desk,
    station: {
      status: async () => status(),
      watch: (signal) =>
        changes.watch({ examRows: catalog.examRows, totals: catalog.totals, status: async () => status() }, signal),
    },
    setup: {
      read: () => ({ settings: settings(), configured: kept.read().configured }),
      save: (saved) => changeSettings((now) => mergedSettings(now, saved)),
      testDestination: (peer) => forward.testDestination(peer, settings().station.aeTitle),
      previewRoutes: routing.preview,
      examine: examinations.examine,
      profiles: examinations.list,
      decideDevice: devices.decide,
    },
    devices: {
      list: devices.list,
      change: devices.change,
      remove: devices.remove,
      forgetDecision: (id) => whenDecisionIsForgotten(decisions, id, by()),
    },
    exams: deciding.exams,
    objects: deciding.objects,
    orders: hospital.desk,
    hl7: hl7.desk,
    rearranging: rearrangingDesk(deciding.rearranging, by),
    released: released.desk,
    matching,
    conflicts: conflictsDesk(conflictFlow, by),
    retention: retentionDesk(space),
    imports: { begin: imports.begin, list: imports.list, read: imports.read },
    outbox: outboxDesk({ book, forward, figures }),
    alerts: { acknowledge: (id, who) => alerts.acknowledge(id, who === '' ? by() : who) },
    ...(options.demo ? { demo: options.demo } : {}),
  };
  hl7.look();
  await hl7.apply();
  space.start();
  alerts.start();
  vouching.start();
  notices.apply();
  nudgeNotes = released.advance;
  deciding.start();
  log.info('started', { file: home });
  return {
    version: softwareVersion,
    router: openDesk(house, log),
    bytes: openByteDesk(
      {
        file: async (objectId, which) => {
          const object = await (which === 'latest' ? review.openLatest(objectId) : review.openReceived(objectId));
          return { sizeBytes: object.sizeBytes, stream: object.open() };
        },
        documents,
        thumbnail: async (objectId) => ({ type: 'image/jpeg', bytes: await pictures.thumbnail(objectId) }),
        frame: async (objectId, number) => asFrameAnswer(await pictures.frame(objectId, number)),
        priorFrame: async (objectId, number) => asFrameAnswer(await priors.frame(objectId, number)),
        document: statistics.document,
        takeUpload: drops.take,
        importUploads: drops.importBatch,
      },
      log,
    ),
    figures: machine.read,
    listening: () => ({ aeTitle: settings().station.aeTitle, dicomPort: listening.truth().port }),
    close: () => opened.close(),
  };
}
