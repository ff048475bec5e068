// The composition root: opens every room in order, wires them, and closes them the other way round. It alone knows
// everything.
//
// When openStation resolves, the book is open and recovered, the couriers run and the DICOM listener listens (or the
// status says why it does not). close() finishes the object at hand.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { aeTitleShape, type Settings } from '#contract/shapes/settings.ts';
import { openImports } from './1-receive/index.ts';
import { lockHome, openStore, type SpaceLimits } from './2-store/index.ts';
import { openCatalog, openConflicts } from './3-catalog/index.ts';
import { openReview } from './4-review/index.ts';
import { openForward, openOutboxFigures, type ForwardOptions, type RevisionBytes } from './5-forward/index.ts';
import { openAudit } from './audit/index.ts';
import { asFrameAnswer, openByteDesk, type ByteDesk } from './desk/bytes.ts';
import { openDesk, type DemoControls, type DeskRouter, type House } from './desk/index.ts';
import { openFrameReader } from './dicom/codecs/index.ts';
import { openAlerts, type Alerts } from './flow/alerts.ts';
import { openCertificates } from './flow/certificates.ts';
import { openReleased } from './flow/released.ts';
import { Changes } from './flow/changes.ts';
import { openExaminations } from './flow/examinations.ts';
import { openDevices } from './flow/devices.ts';
import { openFigures, type MetricFamily } from './flow/figures.ts';
import { Latency } from './flow/latency.ts';
import { openListening } from './flow/listening.ts';
import { siteRule } from './flow/given-by-rule.ts';
import { openMatching } from './flow/matching.ts';
import { NewDevices } from './flow/new-devices.ts';
import { openNoticesFlow } from './flow/notices.ts';
import { openPriorsFlow } from './flow/priors.ts';
import { openPresentation } from './flow/presentation.ts';
import { openRouting, routeOf } from './flow/routing.ts';
import { openRecoveredBook } from './flow/rebuild-book.ts';
import { readStationStatus } from './flow/station-status.ts';
import { openStatisticsFlow } from './flow/statistics.ts';
import { openUpkeep } from './flow/upkeep.ts';
import { openWebSecrets } from './flow/web-secrets.ts';
import { openSyntaxMaker } from './flow/when-peer-needs-another-syntax.ts';
import { openVouchingFlow } from './flow/when-device-asks-for-commitment.ts';
import { whenDeliveryMoves } from './flow/when-delivery-moves.ts';
import { whenExamApproved } from './flow/when-exam-approved.ts';
import { whenManyDeliveriesChange } from './flow/when-many-deliveries-change.ts';
import { openHl7Flow, type Hl7Flow } from './flow/hl7.ts';
import { openHospitalOrders } from './flow/hospital-orders.ts';
import { hospitalProblems } from './flow/hospital-problems.ts';
import { openOrdersOfExams } from './flow/orders-of-exams.ts';
import { whenOrderChanges } from './flow/when-order-changes.ts';
import { whenExamCorrected } from './flow/when-exam-corrected.ts';
import { openDocuments } from './flow/when-document-is-asked.ts';
import { openDrops } from './flow/when-files-are-dropped.ts';
import { openArrivals } from './flow/when-object-arrives.ts';
import { openConflictFlow } from './flow/when-objects-conflict.ts';
import { openJudging } from './flow/judging.ts';
import { whenExamHeld } from './flow/when-object-judged.ts';
import {
  whenDecisionIsForgotten,
  whenExamIsComplete,
  whenFollowingIsUndone,
  whenSameDecisionIsChosen,
} from './flow/when-late-images-are-judged.ts';
import { openReaderNotes } from './flow/reader-notes.ts';
import { openRearrangingFlow, rearrangingDesk } from './flow/when-objects-are-rearranged.ts';
import { openPictures } from './flow/when-picture-is-asked.ts';
import { openSpaceKeeper } from './flow/when-space-is-short.ts';
import { whenStationStarts } from './flow/when-station-starts.ts';
import { ClosingStack } from './kit/closing.ts';
import { systemClock, type Clock } from './kit/clock.ts';
import { makeFolder } from './kit/files.ts';
import { openLog, type Log } from './kit/log.ts';
import { Problem } from './kit/problem.ts';
import { softwareVersion } from './kit/version.ts';
import { openSettingsBook } from './records/index.ts';

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
  const kept = await openSettingsBook(path.join(home, 'settings.json'), options.settings);
  const settings = (): Settings => overrule(kept.read().settings, options);
  settings();
  const by = () => settings().station.operator || 'technologist';

  const changes = new Changes(clock);
  const book = opened.add(await openRecoveredBook({ home, clock, log }));
  opened.add({ close: () => changes.close() });
  const store = opened.add(
    await openStore({ home, clock, log, ...(options.spaceLimits ? { limits: options.spaceLimits } : {}) }),
  );
  const newDevices = opened.add(new NewDevices(clock, book));
  const devices = openDevices({
    ...{ settings, newDevices, by, save: (next) => save(next), kept: () => kept.read().settings },
    catalog: () => catalog,
    audit: () => audit,
    onChanged: () => changes.station(),
  });
  const { quietTimeMs, expectedModality } = devices;
  const catalog = openCatalog({
    ...{ book, clock, quietTimeMs, expectedModality },
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
  const review = openReview({
    book,
    clock,
    ports: {
      station: () => ({
        name: settings().station.name,
        institution: settings().station.institution,
        softwareVersion,
      }),
      routeOf: (examId) => routeOf(routing, forward.destinationStatus(), examId, examinations.accepts),
      departmentOf: devices.departmentOf,
      defaultsOf: devices.defaultsOf,
      standingProblems: catalog.standingProblems,
      objectFile: catalog.objectFile,
      objectsAround: (examId) => rearranging.objectsAround(examId),
      objectPath: store.pathOf,
      writeRecipe: store.writeRecipe,
      readRecipe: (file) => readFile(store.pathOfRecipe(file)),
      dropRecipe: store.dropRecipe,
    },
  });
  const notices = opened.add(openNoticesFlow({ book, clock, settings, review, onChanged: () => changes.station() }));
  const routing = openRouting({
    ...{ book, clock, settings, departmentOf: devices.departmentOf, priorityOf: devices.priorityOf },
    destinations: () => forward.destinationStatus(),
  });
  const certificates = opened.add(
    openCertificates({
      ...{ clock, log, home, passphrase: process.env['SAFELIGHT_TLS_PASSPHRASE'] },
      onChanged: () => void Promise.all([listening.renew(), hl7.apply()]).then(() => changes.station()),
    }),
  );
  const secrets = openWebSecrets(home, process.env);
  const syntaxMaker = await openSyntaxMaker({ home, log, checkRoom: (bytes) => store.checkRoom(bytes) });
  let nudgeNotes = (): void => {};
  const forward = opened.add(
    openForward({
      book,
      clock,
      log,
      ports: {
        callingOf: certificates.callingOf,
        readCalling: certificates.readCalling,
        readSecret: (auth) => secrets.read(auth),
        syntaxMaker,
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
          book.afterCommit(() => nudgeNotes());
          if (moves.some(({ event }) => event === 'confirmed')) {
            book.afterCommit(() => {
              vouching.nudge();
              notices.changed(moves.map(({ examId }) => examId));
            });
          }
        },
      },
      ...(options.forward ? { options: options.forward } : {}),
    }),
  );
  const examinations = opened.add(
    openExaminations({
      ...{ book, clock, log, settings, audit, by },
      ports: { readCalling: certificates.readCalling, readSecret: (auth) => secrets.read(auth) },
    }),
  );
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
  const conflictFlow = opened.add(
    openConflictFlow({
      ...{ book, catalog, audit, frames, log },
      conflicts: openConflicts({ book, clock }),
      pathOf: store.pathOf,
      examChanged: (examId) => changes.exams([examId]),
    }),
  );
  let lookAt: (examIds: readonly string[]) => void = () => undefined;
  let ordersCame = (): void => undefined;
  const examsMoved = (examIds: readonly string[]) => {
    changes.exams(examIds);
    lookAt(examIds);
  };
  const arrivals = opened.add(
    await openArrivals({
      ...{ store, catalog, book, audit, clock, log, commits },
      onChanged: examsMoved,
      onTwins: (examIds) => conflictFlow.look(examIds),
    }),
  );
  const imports = opened.add(
    openImports({
      clock,
      log,
      arriveFile: arrivals.arriveFile,
      whenRoom: (signal) => space.whenRoom(0, signal),
      onChanged: (importId) => changes.imports([importId]),
    }),
  );
  const pictures = await openPictures({
    catalog,
    frames,
    pathOf: store.pathOf,
    folder: path.join(home, 'thumbnails'),
  });
  const drops = await openDrops(path.join(home, 'uploads'), {
    checkRoom: async (bytes) => store.checkRoom(bytes),
    importFiles: imports.beginFiles,
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
  await certificates.apply(settings());
  await forward.applySettings(settings());
  await listening.apply(settings());
  const hospital = opened.add(
    openHospitalOrders({
      ...{ book, clock, log, settings, readCalling: certificates.readCalling },
      onChanged: () => {
        changes.orders();
        ordersCame();
      },
      onExamsChanged: (examIds) => changes.exams(examIds),
      orderChanged: (orderId, _before, after) => whenOrderChanges({ ...decisions, forward }, orderId, after),
      otherSources: () => hl7.sources(),
    }),
  );
  hospital.apply(settings());
  const hl7: Hl7Flow = opened.add(
    openHl7Flow({
      ...{ book, clock, log, settings, certificates, by, orders: hospital.orders },
      rooms: () => ({ ...decisions, forward }),
      onChanged: () => changes.orders(),
    }),
  );

  const priors = opened.add(
    openPriorsFlow({
      ...{ book, clock, log, settings, audit, catalog, by, frames, folder: path.join(home, 'priors') },
      ...{ checkRoom: store.checkRoom, callingOf: certificates.callingOf, readSecret: secrets.read },
      onChanged: () => changes.priors(),
    }),
  );
  const upkeep = opened.add(
    openUpkeep({
      ...{ home, book, store, catalog, clock, log },
      isBusy: () => listening.truth().associations > 0,
      scrubHours: () => settings().station.scrubHours,
      onChanged: examsMoved,
    }),
  );

  const save = async (next: Settings) => {
    await certificates.check(next);
    await secrets.check(next);
    hl7.check(next);
    await kept.save(next);
    space.apply(settings());
    await certificates.apply(settings());
    await forward.applySettings(settings());
    await listening.apply(settings());
    hospital.apply(settings());
    await hl7.apply();
    notices.apply();
    changes.station();
  };
  const decisions = {
    book,
    review,
    audit,
    refreshProblems: catalog.refreshProblems,
    examChanged: (examId: string) => {
      changes.exams([examId]);
      notices.changed([examId]);
      conflictFlow.look([examId]);
      priors.look([examId]);
    },
    catalog,
    remember: (examId: string, who: string) =>
      catalog.decisions.remember(examId, who, settings().station.rememberDecisionsHours * 3_600_000),
  };
  const released = opened.add(
    openReleased({
      ...{ ...decisions, clock, log, store, forward, by, pathOf: store.pathOf },
      station: () => ({ name: settings().station.name, institution: settings().station.institution, softwareVersion }),
    }),
  );
  const readerNotes = opened.add(
    openReaderNotes({
      ...{ ...decisions, clock, log, store, forward, by, setting: () => settings().station.notes },
      station: () => ({ name: settings().station.name, institution: settings().station.institution, softwareVersion }),
    }),
  );
  const orderRooms = {
    ...decisions,
    forget: (examId: string) => void catalog.decisions.endOf(examId),
    adoptsStudyUid: () => settings().orders.studyUid === 'of-order',
  };
  const rearranging = opened.add(
    openRearrangingFlow({
      pathOf: store.pathOf,
      ...{ book, clock, log, catalog, review, audit, mayHaveLeft: forward.mayHaveLeft },
      ...{ duplicate: store.duplicate, forget: store.forget, examsChanged: (ids) => changes.exams(ids) },
      released: released.corrections,
    }),
  );
  const presentation = opened.add(
    openPresentation({
      ...{ home, book, clock, store, catalog, frames, by, refreshProblems: catalog.refreshProblems },
      station: () => ({ name: settings().station.name, institution: settings().station.institution, softwareVersion }),
      ...{ setting: () => settings().presentation, examsChanged: (ids) => changes.exams(ids) },
    }),
  );
  presentation.start();
  const ordersOfExams = openOrdersOfExams(orderRooms, by);
  const readExam = (examId: string) =>
    ordersOfExams.complete({ ...catalog.exam(examId), history: audit.historyOf(examId) });
  const matching = opened.add(
    openMatching({
      ...{ book, clock, log, audit, settings, catalog, readExam, by, orders: hospital.orders },
      findPatients: hl7.find,
      give: openOrdersOfExams(orderRooms, () => siteRule).apply,
      onChanged: (examIds) => changes.exams(examIds),
    }),
  );
  ordersCame = matching.ordersCame;
  const judging = opened.add(
    openJudging({
      ...{ ...decisions, clock, log, frames, afterRelease: released, by, pathOf: store.pathOf },
      settings: () => settings().judging,
      isBusy: () => listening.truth().associations > 0,
      examsChanged: (ids) => changes.exams(ids),
    }),
  );
  lookAt = (examIds) => {
    hl7.look(examIds);
    matching.look(examIds);
    released.look(examIds);
    judging.nudge();
  };
  const status = () =>
    readStationStatus({
      settings,
      clock,
      startedAt,
      listener: listening.truth,
      secure: listening.secure,
      certificates,
      space: store.space,
      catalog,
      forward,
      newDevices,
      demo: options.demo !== undefined,
      upkeep: upkeep.truth,
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
    presentation: presentation.desk,
    station: {
      status: async () => status(),
      watch: (signal) =>
        changes.watch({ examRows: catalog.examRows, totals: catalog.totals, status: async () => status() }, signal),
    },
    setup: {
      read: () => ({ settings: settings(), configured: kept.read().configured }),
      save,
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
    exams: {
      list: catalog.list,
      read: readExam,
      applyOrder: ordersOfExams.apply,
      removeOrder: ordersOfExams.remove,
      keepOrder: ordersOfExams.keep,
      row: (examId) => {
        const [row] = catalog.examRows([examId]);
        if (!row) throw new Problem('not-found', { what: 'exam' });
        return row;
      },
      correct: async ({ examId, attributes, reason, seenObjects, commandId }) =>
        whenExamCorrected(decisions, { examId, attributes, reason, by: by(), commandId }, seenObjects),
      forecast: (examId, way) => presentation.withMade(judging.forecast(review.forecast(examId), examId), examId, way),
      verification: review.examine,
      approve: async (examId, { seenObjects, seenDestinations, seenIdentity, presentation: way }) => {
        matching.refuseUnchecked(examId);
        judging.refuseUnaccepted(examId);
        await whenExamApproved(
          {
            ...{ ...decisions, make: presentation.make },
            enqueue: (id, revisions, destinations) => {
              forward.enqueue(id, revisions, { priority: devices.priorityOf(id), destinations });
              readerNotes.approved(id);
            },
          },
          { examId, by: by(), seenObjects, seenDestinations, seenIdentity, presentation: way },
        );
        matching.dropDrafts(examId);
      },
      complete: (examId) => whenExamIsComplete(decisions, { examId, by: by() }),
      repeatDecision: (examId, seenObjects) => whenSameDecisionIsChosen(decisions, { examId, by: by(), seenObjects }),
      undoFollowing: (examId) => whenFollowingIsUndone(decisions, { examId, by: by() }),
      hold: async (examId, held) => whenExamHeld(decisions, examId, held, by()),
    },
    objects: {
      row: catalog.objectRow,
      correct: ordersOfExams.correctObjects,
      reject: judging.reject,
      keep: judging.keep,
    },
    orders: hospital.desk,
    hl7: hl7.desk,
    rearranging: rearrangingDesk(rearranging, by),
    released: released.desk,
    matching,
    conflicts: {
      list: conflictFlow.list,
      decide: (objectId, choice, commandId) => conflictFlow.decide({ objectId, choice, commandId, by: by() }),
      undo: (objectId, commandId) => conflictFlow.undo(objectId, by(), commandId),
    },
    retention: {
      ofExam: (examId) => space.purge.explain(examId, space.isShort()),
      pin: space.pin,
      preview: () => space.purge.preview(space.isShort()),
      proofs: space.purge.proofs,
    },
    imports: { begin: imports.begin, list: imports.list, read: imports.read },
    outbox: {
      deliveries: forward.deliveries,
      changeDelivery: forward.changeDelivery,
      page: forward.outboxPage,
      changeExam: (which, wish) => void forward.changeExam(which, wish),
      pause: forward.pause,
      attempts: figures.attempts,
      changeMany: (wish) => whenManyDeliveriesChange({ book, forward }, wish),
    },
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
  judging.nudge();
  nudgeNotes();
  readerNotes.advance();
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

/** What was said on the command line counts over what is kept, for this run only. */
function overrule(settings: Settings, { aeTitle, dicomPort }: StationOptions): Settings {
  if (aeTitle !== undefined && !aeTitleShape.safeParse(aeTitle).success) {
    throw new Problem('settings-invalid', { field: 'station.aeTitle', expected: 'an AE title of 1 to 16 characters' });
  }
  return {
    ...settings,
    station: {
      ...settings.station,
      ...(aeTitle === undefined ? {} : { aeTitle }),
      ...(dicomPort === undefined ? {} : { dicomPort }),
    },
  };
}

type Readable = Awaited<ReturnType<ReturnType<typeof openReview>['openRevision']>>;

function toRevisionBytes(object: Readable): RevisionBytes {
  return {
    sopClassUid: object.SOPClassUID,
    sopInstanceUid: object.SOPInstanceUID,
    transferSyntaxUid: object.TransferSyntaxUID,
    dataSetLength: object.sizeBytes - object.dataSetOffset,
    dataSetSha256: object.dataSetSha256,
    stream: () => object.pieces(object.dataSetOffset),
  };
}
