// The letterbox: every question and command of the station, once. The same contract is spoken over MessagePort
// (Electron), WebSocket (headless) and as an HTTP API with OpenAPI 3.1 (scripts).
//
// ask = GET, changes nothing. tell = a command; `commandId` makes its repeat harmless. watch = a feed.
import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';
import { matchingOfExam } from './procedures-matching.ts';
import { documentsOfObject } from './procedures-documents.ts';
import { historyOfExam, rearranging } from './procedures-rearranging.ts';
import { correctionsOfObjects, ordersOfExam } from './procedures-orders-of-exam.ts';
import { judgingProcedures } from './procedures-judging.ts';
import { noteOfExam } from './procedures-reader-notes.ts';
import { noticeProcedures } from './procedures-notices.ts';
import { priorProcedures } from './procedures-priors.ts';
import { verificationOfExam } from './procedures-verification.ts';
import { markupOfObjects, redactionsOfDevices } from './procedures-presentation.ts';
import { afterRelease } from './procedures-after-release.ts';
import { ordersOfHospital } from './procedures-orders.ts';
import { statisticsProcedures } from './procedures-statistics.ts';
import { hl7Feed, patientOfExam } from './procedures-hl7.ts';
import { alertIdShape } from './shapes/alerts.ts';
import { attemptPageShape, manyChangedShape } from './shapes/attempts.ts';
import { deliveryActionFields } from './shapes/couriers.ts';
import { deliveryPageShape, deliveryRowShape, deliveryStateShape, outboxPageShape } from './shapes/delivery.ts';
import {
  approvalForecastShape,
  examFilterShape,
  examPageShape,
  examRowShape,
  examShape,
  objectRowShape,
} from './shapes/exam.ts';
import { deviceChangeShape, deviceListShape } from './shapes/devices.ts';
import { conflictChoiceShape, conflictShape } from './shapes/conflict.ts';
import { attributesShape, correctionReasonShape } from './shapes/identity.ts';
import { codeShape } from './shapes/order.ts';
import { examineAskedShape, profileShape } from './shapes/profile.ts';
import { routePreviewAskedShape, routePreviewShape } from './shapes/routes.ts';
import { fingerprintShape } from './shapes/secure.ts';
import { destinationTestAskedShape, destinationTestShape, savedSettingsShape, setupShape } from './shapes/settings.ts';
import { presentationWayShape } from './shapes/markup.ts';
import { seenIdentityShape } from './shapes/seen-identity.ts';
import { examRetentionShape, proofPageShape, purgePreviewShape } from './shapes/space.ts';
import { changeShape, demoStatusShape, importReportShape, stationStatusShape } from './shapes/station.ts';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');
const commandId = z.uuid().optional();
/** How many objects of the exam the screen showed; with another number now, nothing is decided: 'changed-meanwhile'. */
const seenObjects = z.int().min(0).optional();
/** Ids of where the screen said that the exam goes; with others by now, nothing is approved: 'route-changed-meanwhile'. */
const seenDestinations = z.array(z.string().max(32)).max(64).optional();
/** Who the banner said that it is; with somebody else by now, nothing is approved: 'identity-changed-meanwhile'. */
const seenIdentity = seenIdentityShape.optional();
const page = {
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  offset: z.coerce.number().int().min(0).default(0),
};

export const contract = {
  ...noticeProcedures,
  ...statisticsProcedures,
  ...judgingProcedures,
  ...priorProcedures,
  station: {
    status: oc
      .route({ method: 'GET', path: '/health', summary: 'Listener, destinations, disk, queue, versions' })
      .output(stationStatusShape),
    watch: oc
      .route({ method: 'GET', path: '/changes', summary: 'Feed of changes (server-sent events)' })
      .output(eventIterator(changeShape)),
  },
  setup: {
    read: oc.route({ method: 'GET', path: '/setup' }).output(setupShape),
    save: oc
      .route({
        method: 'PUT',
        path: '/setup',
        summary:
          'Replaces the settings; devices that are left out stay, and with seenSettings what others changed since',
      })
      .input(savedSettingsShape)
      .output(setupShape),
    testDestination: oc
      .route({
        method: 'POST',
        path: '/setup/destination-test',
        summary: 'One C-ECHO, or one small query by DICOMweb, to a destination, saved or not',
      })
      .input(destinationTestAskedShape)
      .output(destinationTestShape),
    examine: oc
      .route({
        method: 'POST',
        path: '/setup/destination-examination',
        summary: 'What a destination takes and offers, saved or not; sends a test image only when told to',
      })
      .input(examineAskedShape)
      .output(profileShape),
    profiles: oc
      .route({
        method: 'GET',
        path: '/setup/destination-examinations',
        summary: 'The last examination of each destination',
      })
      .output(z.array(profileShape)),
    previewRoutes: oc
      .route({
        method: 'POST',
        path: '/setup/routes-preview',
        summary: 'Where the last exams would go by these rules; nothing is saved',
      })
      .input(routePreviewAskedShape)
      .output(routePreviewShape),
    decideDevice: oc
      .route({
        method: 'POST',
        path: '/setup/devices',
        summary: 'Allow, ignore or block a device that was turned away',
      })
      .input(
        z.strictObject({
          aeTitle: z.string(),
          address: z.string(),
          decision: z.enum(['allow', 'ignore', 'block']),
          /** Binds the device to the certificate it showed. */
          certificateSha256: fingerprintShape.optional(),
        }),
      )
      .output(setupShape),
  },
  devices: {
    ...redactionsOfDevices,
    list: oc
      .route({ method: 'GET', path: '/devices', summary: 'Devices with what they did, and remembered decisions' })
      .output(deviceListShape),
    change: oc
      .route({ method: 'POST', path: '/devices/{id}', summary: 'Changes a listed device; null takes a value away' })
      .input(z.strictObject({ id: z.string(), change: deviceChangeShape }))
      .output(deviceListShape),
    remove: oc
      .route({ method: 'DELETE', path: '/devices/{id}', summary: 'Takes a device from the list; what it sent stays' })
      .input(z.strictObject({ id: z.string() }))
      .output(deviceListShape),
    forgetDecision: oc
      .route({
        method: 'DELETE',
        path: '/devices/decisions/{id}',
        summary: 'Forgets a remembered decision; late images that followed it wait for a person again',
      })
      .input(z.strictObject({ id }))
      .output(deviceListShape),
  },
  rearranging,
  hl7: hl7Feed,
  exams: {
    ...patientOfExam,
    ...historyOfExam,
    ...ordersOfExam,
    ...verificationOfExam,
    ...matchingOfExam,
    ...noteOfExam,
    list: oc
      .route({ method: 'GET', path: '/exams', summary: 'Exams, newest first' })
      .input(
        z
          .strictObject({ filter: examFilterShape.default('all'), search: z.string().max(128).default(''), ...page })
          .prefault({}),
      )
      .output(examPageShape),
    read: oc.route({ method: 'GET', path: '/exams/{id}' }).input(z.strictObject({ id })).output(examShape),
    correct: oc
      .route({
        method: 'POST',
        path: '/exams/{id}/corrections',
        summary: 'Records corrected attributes; the received bytes stay',
      })
      .input(
        z.strictObject({
          ...{ id, attributes: attributesShape, reason: correctionReasonShape, seenObjects, commandId },
          /** Goes with the StudyDescription that is given; null: none does. */
          procedureCode: codeShape.nullable().optional(),
        }),
      )
      .output(examShape),
    conflicts: oc
      .route({
        method: 'GET',
        path: '/exams/{id}/conflicts',
        summary: 'Objects that share their identifier with another one or whose identifier is doubtful, side by side',
      })
      .input(z.strictObject({ id }))
      .output(z.array(conflictShape)),
    forecast: oc
      .route({
        method: 'GET',
        path: '/exams/{id}/approval',
        summary: 'What an approval would do, and what stands against it',
      })
      .input(z.strictObject({ id, presentation: presentationWayShape.optional() }))
      .output(approvalForecastShape),
    approve: oc
      .route({ method: 'POST', path: '/exams/{id}/approval', summary: 'Approves what is not rejected' })
      .input(
        z.strictObject({
          ...{ id, seenObjects, seenDestinations, seenIdentity, commandId },
          /** How what was drawn leaves this time; as the site has it when it is not said. */
          presentation: presentationWayShape.optional(),
        }),
      )
      .output(examShape),
    complete: oc
      .route({
        method: 'POST',
        path: '/exams/{id}/complete',
        summary: 'Says that nothing more comes; ends the quiet time',
      })
      .input(z.strictObject({ id, commandId }))
      .output(examRowShape),
    repeatDecision: oc
      .route({
        method: 'POST',
        path: '/exams/{id}/late-images',
        summary: 'The correction counts for images that came later too; it approves nothing',
      })
      .input(z.strictObject({ id, seenObjects, commandId }))
      .output(examShape),
    undoFollowing: oc
      .route({
        method: 'DELETE',
        path: '/exams/{id}/late-images',
        summary: 'Late images that followed a remembered decision wait for a person again; nothing follows it any more',
      })
      .input(z.strictObject({ id }))
      .output(examShape),
    hold: oc
      .route({ method: 'POST', path: '/exams/{id}/hold', summary: 'Puts an exam aside, or takes it back' })
      .input(z.strictObject({ id, held: z.boolean() }))
      .output(examRowShape),
  },
  orders: ordersOfHospital,
  objects: {
    ...correctionsOfObjects,
    ...markupOfObjects,
    ...documentsOfObject,
    reject: oc
      .route({
        method: 'POST',
        path: '/objects/{id}/rejection',
        summary: 'Keeps an object from leaving, with a coded reason',
      })
      .input(z.strictObject({ id, reason: z.string().max(16), text: z.string().max(1024).default(''), commandId }))
      .output(objectRowShape),
    keep: oc
      .route({ method: 'DELETE', path: '/objects/{id}/rejection', summary: 'Takes a rejection back' })
      .input(z.strictObject({ id }))
      .output(objectRowShape),
  },
  afterRelease,
  conflicts: {
    decide: oc
      .route({
        method: 'POST',
        path: '/objects/{id}/conflict',
        summary: 'Keeps the first, uses the second, keeps both under a new UID, or takes an object as it is',
      })
      .input(z.strictObject({ id, choice: conflictChoiceShape, commandId }))
      .output(z.array(conflictShape)),
    undo: oc
      .route({
        method: 'DELETE',
        path: '/objects/{id}/conflict',
        summary: 'Takes the decision about an object back, until it is approved',
      })
      .input(z.strictObject({ id, commandId }))
      .output(z.array(conflictShape)),
  },
  retention: {
    ofExam: oc
      .route({ method: 'GET', path: '/exams/{id}/retention', summary: 'Why the images of an exam stay here, or went' })
      .input(z.strictObject({ id }))
      .output(examRetentionShape),
    pin: oc
      .route({ method: 'POST', path: '/exams/{id}/pin', summary: 'Keeps an exam here for ever, or takes that back' })
      .input(z.strictObject({ id, pinned: z.boolean() }))
      .output(examRetentionShape),
    preview: oc
      .route({ method: 'GET', path: '/retention/preview', summary: 'What may go from this disk now' })
      .output(purgePreviewShape),
    proofs: oc
      .route({
        method: 'GET',
        path: '/retention/proofs',
        summary: 'What is gone from here: which bytes, who vouched for them, when',
      })
      .input(z.strictObject({ search: z.string().max(128).default(''), ...page }).prefault({}))
      .output(proofPageShape),
  },
  imports: {
    begin: oc
      .route({ method: 'POST', path: '/imports', summary: 'Reads files and folders of this machine' })
      .input(
        z.strictObject({
          paths: z.array(z.string().min(1).max(4096)).min(1).max(1000),
          wait: z.boolean().default(false),
        }),
      )
      .output(importReportShape),
    list: oc.route({ method: 'GET', path: '/imports' }).output(z.array(importReportShape)),
    read: oc.route({ method: 'GET', path: '/imports/{id}' }).input(z.strictObject({ id })).output(importReportShape),
  },
  deliveries: {
    list: oc
      .route({
        method: 'GET',
        path: '/deliveries',
        summary: 'Per object and destination: state, attempts, last answer, next try',
      })
      .input(
        z
          .strictObject({
            examId: id.optional(),
            destinationId: z.string().optional(),
            state: deliveryStateShape.optional(),
            ...page,
          })
          .prefault({}),
      )
      .output(deliveryPageShape),
    change: oc
      .route({
        method: 'POST',
        path: '/deliveries/{id}/{action}',
        summary: 'Retry, hold, release, cancel, send again, re-route or prioritise one delivery',
      })
      .input(z.strictObject({ id, ...deliveryActionFields }))
      .output(deliveryRowShape),
    attempts: oc
      .route({
        method: 'GET',
        path: '/deliveries/{id}/attempts',
        summary: 'Every attempt of one delivery, newest first',
      })
      .input(z.strictObject({ id, ...page }))
      .output(attemptPageShape),
  },
  alerts: {
    acknowledge: oc
      .route({
        method: 'POST',
        path: '/alerts/{id}/acknowledgement',
        summary: 'Says that somebody has taken notice; the alert stays until its reason is gone',
      })
      .input(z.strictObject({ id: alertIdShape, by: z.string().trim().max(64).default('') }))
      .output(stationStatusShape),
  },
  outbox: {
    list: oc
      .route({ method: 'GET', path: '/outbox', summary: 'One line per exam, with its destinations' })
      .input(z.strictObject({ open: z.stringbool().or(z.boolean()).default(false), ...page }).prefault({}))
      .output(outboxPageShape),
    change: oc
      .route({
        method: 'POST',
        path: '/outbox/{examId}/{action}',
        summary: 'The same for all deliveries of an exam to which it applies, or those to one destination',
      })
      .input(z.strictObject({ examId: id, destinationId: z.string().optional(), ...deliveryActionFields }))
      .output(outboxPageShape),
    changeMany: oc
      .route({
        method: 'POST',
        path: '/outbox/changes',
        summary: 'The same for many exams or deliveries; those to which it does not apply are counted and left',
      })
      .input(
        z.strictObject({
          examIds: z.array(id).max(500).default([]),
          deliveryIds: z.array(id).max(1000).default([]),
          destinationId: z.string().max(32).optional(),
          ...deliveryActionFields,
        }),
      )
      .output(manyChangedShape),
    pause: oc
      .route({
        method: 'POST',
        path: '/destinations/{id}/pause',
        summary: 'Pauses sending to a destination, or goes on; its queue is kept',
      })
      .input(z.strictObject({ id: z.string(), paused: z.boolean() }))
      .output(stationStatusShape),
  },
  demo: {
    read: oc.route({ method: 'GET', path: '/demo' }).output(demoStatusShape),
    send: oc
      .route({ method: 'POST', path: '/demo/devices/{id}/send', summary: 'Lets a sample device send its images' })
      .input(z.strictObject({ id: z.string() }))
      .output(demoStatusShape),
    switchReceiver: oc
      .route({ method: 'POST', path: '/demo/receivers/{id}', summary: 'Switches an embedded receiver on or off' })
      .input(z.strictObject({ id: z.string(), on: z.boolean() }))
      .output(demoStatusShape),
  },
};

export type Contract = typeof contract;
