// A worklist that does what it is told with each query, and remembers what it was asked.
import { readIdentifier, writeIdentifier } from '#station/dicom/network/identifier.ts';
import type { Identifier } from '#station/dicom/network/index.ts';
import { dataPdus } from '#station/dicom/network/pdu.ts';
import { writeCommandSet, readCommandSet } from '#station/dicom/network/command-set.ts';
import { acceptAll, associateReject, releaseResponse } from '../../faults/raw-pdus.ts';
import { listenScripted, type ScriptedPeer } from '../../faults/scripted-peer.ts';

const explicit = '1.2.840.10008.1.2.1';
const worklistClass = '1.2.840.10008.5.1.4.31';

export type Query = {
  readonly keys: Identifier;
  readonly peer: ScriptedPeer;
  /** One pending answer; bytes are sent as they are. */
  say(item: Identifier | Buffer): void;
  /** The last answer. */
  done(status?: number): void;
  /** Resolves when the query was cancelled. */
  readonly cancelled: Promise<void>;
};

export type ScriptedWorklist = {
  readonly port: number;
  readonly asked: Identifier[];
  cancels: number;
  close(): Promise<void>;
};

/** @param answer what becomes of each query; 'reject' refuses every association */
export async function listenWorklist(answer: ((query: Query) => unknown) | 'reject'): Promise<ScriptedWorklist> {
  const worklist: ScriptedWorklist = { port: 0, asked: [], cancels: 0, close: () => server.close() };
  const server = await listenScripted(async (peer) => {
    const request = await peer.nextOf(1);
    if (answer === 'reject') return peer.say(associateReject(1, 1, 7));
    peer.say(acceptAll(request));
    const contexts = new Map<number, { messageId: number; cancel: () => void }>();
    for (let bytes = await nextPdu(peer); bytes !== undefined; bytes = await nextPdu(peer)) {
      if (bytes[0] === 5) peer.say(releaseResponse());
      if (bytes[0] !== 4) continue;
      const id = bytes[10] ?? 1;
      const value = bytes.subarray(12);
      if (((bytes[11] ?? 0) & 1) === 1) {
        const set = readCommandSet(value);
        if (set?.field === 0x0fff) {
          worklist.cancels++;
          contexts.get(id)?.cancel();
        }
        if (set?.field === 0x0030) say(peer, id, { field: 0x8030, messageId: set.messageId ?? 1, status: 0 });
        if (set?.field === 0x0020) contexts.set(id, { messageId: set.messageId ?? 1, cancel: () => {} });
      } else {
        const keys = readIdentifier(value, explicit) ?? {};
        worklist.asked.push(keys);
        const messageId = contexts.get(id)?.messageId ?? 1;
        const { promise: cancelled, resolve } = Promise.withResolvers<void>();
        contexts.set(id, { messageId, cancel: resolve });
        answer({
          ...{ keys, peer, cancelled },
          say: (item) => {
            const bytesOf = Buffer.isBuffer(item) ? item : writeIdentifier(item, explicit);
            say(peer, id, { field: 0x8020, messageId, status: 0xff00 }, bytesOf);
          },
          done: (status = 0) => say(peer, id, { field: 0x8020, messageId, status }),
        });
      }
    }
  });
  return Object.assign(worklist, { port: server.port });
}

async function nextPdu(peer: ScriptedPeer): Promise<Buffer | undefined> {
  for (;;) {
    const happened = await peer.happens(60_000);
    if (happened.kind === 'pdu') return happened.bytes;
    return undefined;
  }
}

type Said = { readonly field: number; readonly messageId: number; readonly status: number };

function say(peer: ScriptedPeer, context: number, { field, messageId, status }: Said, dataSet?: Buffer): void {
  const affectedSopClassUid = worklistClass;
  const set = { field, respondsTo: messageId, hasDataSet: dataSet !== undefined, status, affectedSopClassUid };
  peer.say(dataPdus(context, true, writeCommandSet(set), 16_384));
  if (dataSet) peer.say(dataPdus(context, false, dataSet, 16_384));
}

/** One item of a worklist as it should be. */
export const itemOf = (said: Identifier = {}, step: Identifier = {}): Identifier => ({
  SpecificCharacterSet: 'ISO_IR 192',
  PatientName: 'Smith^Anna',
  PatientID: 'P1',
  PatientBirthDate: '19600101',
  PatientSex: 'F',
  AccessionNumber: 'A1',
  StudyInstanceUID: '1.2.3',
  RequestedProcedureID: 'R1',
  RequestedProcedureDescription: 'Liver',
  ...said,
  ScheduledProcedureStepSequence: [
    {
      Modality: 'US',
      ScheduledStationAETitle: 'US_1',
      ScheduledProcedureStepStartDate: '20261123',
      ScheduledProcedureStepStartTime: '101500',
      ScheduledProcedureStepID: 'S1',
      ...step,
    },
  ],
});
