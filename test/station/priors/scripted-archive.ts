// An archive that answers C-FIND and C-GET as a test says, message by message over a real socket, well or badly.
import { readIdentifier, writeIdentifier } from '#station/dicom/network/identifier.ts';
import type { Identifier } from '#station/dicom/network/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { secondaryCaptureClass, smallImage } from '../../peers/programs/index.ts';
import {
  acceptAll,
  command,
  data,
  fragment,
  readCommand,
  readRequest,
  releaseResponse,
  type RawContext,
} from '../../faults/raw-pdus.ts';
import { listenScripted, type ScriptedPeer, type ScriptedServer } from '../../faults/scripted-peer.ts';

const explicit = '1.2.840.10008.1.2.1';

export type HeldObject = {
  readonly study: string;
  readonly series: string;
  readonly uid: string;
  readonly bytes: Buffer;
};

/** One question of the station. */
export type Asked = {
  readonly peer: ScriptedPeer;
  readonly kind: 'find' | 'get';
  readonly keys: Identifier;
  readonly contextId: number;
  readonly messageId: number;
  readonly contexts: readonly RawContext[];
};

export type Answers = {
  /** Answers a question itself; undefined lets the archive answer as it should. */
  readonly instead?: (asked: Asked) => Promise<void> | undefined;
  readonly studies?: readonly Identifier[];
  readonly objects?: readonly HeldObject[];
};

export type ScriptedArchive = ScriptedServer & {
  /** Every question that came, in its order. */
  readonly asked: Asked[];
  /** Statuses with which the station answered what it was sent. */
  readonly taken: number[];
};

/** Images of one series, as an archive holds them. */
export function heldObjects(
  count: number,
  change: (dataSet: Buffer, n: number) => Buffer = (same) => same,
): HeldObject[] {
  const [study, series] = [newUid(), newUid()];
  return Array.from({ length: count }, (_, n) => {
    const uid = newUid();
    return {
      ...{ study, series, uid },
      bytes: change(smallImage({ StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: uid }, 16), n),
    };
  });
}

export const studyAnswer = (StudyInstanceUID: string, more: Identifier = {}): Identifier => ({
  ...{ StudyInstanceUID, PatientID: 'S1', PatientName: 'SAMPLE^IMAGE', StudyDate: '20200503' },
  ...{ ModalitiesInStudy: 'OT', StudyDescription: 'Hand', PatientBirthDate: '', PatientSex: '' },
  ...more,
});

export async function startScriptedArchive(answers: Answers): Promise<ScriptedArchive> {
  const asked: Asked[] = [];
  const taken: number[] = [];
  const server = await listenScripted((peer) => serve(peer, answers, asked, taken));
  return Object.assign(server, { asked, taken });
}

async function serve(peer: ScriptedPeer, answers: Answers, asked: Asked[], taken: number[]): Promise<void> {
  const request = await peer.next();
  if (request?.[0] !== 1) return;
  peer.say(acceptAll(request));
  const contexts = readRequest(request);
  for (;;) {
    const happened = await peer.happens(20_000);
    if (happened.kind !== 'pdu') return peer.close();
    if (happened.type === 5) peer.say(releaseResponse());
    if (happened.type !== 4) continue;
    const set = readCommand(happened.bytes);
    const field = Number(set.get(0x0100));
    if (field !== 0x20 && field !== 0x10) continue;
    const identifier = await peer.nextOf(4);
    const question: Asked = {
      ...{ peer, kind: field === 0x20 ? 'find' : 'get', contexts },
      keys: readIdentifier(identifier.subarray(12), explicit) ?? {},
      contextId: happened.bytes[10] ?? 1,
      messageId: Number(set.get(0x0110)),
    };
    asked.push(question);
    const instead = answers.instead?.(question);
    if (instead) await instead;
    else if (question.kind === 'find') answerFind(question, answers);
    else await answerGet(question, answers, taken);
  }
}

function answerFind(asked: Asked, { studies = [], objects = [] }: Answers): void {
  const level = asked.keys['QueryRetrieveLevel'];
  const ofStudy = objects.filter(({ study }) => study === asked.keys['StudyInstanceUID']);
  if (level === 'STUDY') for (const study of studies) sayMatch(asked, study);
  if (level === 'SERIES')
    for (const series of new Set(ofStudy.map((object) => object.series)))
      sayMatch(asked, { SeriesInstanceUID: series, SeriesNumber: '1' });
  if (level === 'IMAGE')
    for (const { uid } of ofStudy) sayMatch(asked, { SOPInstanceUID: uid, SOPClassUID: secondaryCaptureClass });
  sayEnd(asked, 0);
}

async function answerGet(asked: Asked, { objects = [] }: Answers, taken: number[]): Promise<void> {
  const { SeriesInstanceUID, SOPInstanceUID } = asked.keys;
  const wanted = SOPInstanceUID === undefined ? undefined : [SOPInstanceUID].flat();
  for (const object of objects) {
    if (object.series !== SeriesInstanceUID || (wanted && !wanted.includes(object.uid))) continue;
    taken.push(await sendObject(asked, object));
  }
  sayEnd(asked, 0);
}

/** Sends one object as a sub-operation; gives the status with which it was answered. */
export async function sendObject(asked: Asked, object: Pick<HeldObject, 'uid' | 'bytes'>): Promise<number> {
  const { id } = asked.contexts.find(({ abstract }) => abstract === secondaryCaptureClass) ?? { id: 1 };
  const fields = { 0x0002: secondaryCaptureClass, 0x0100: 1, 0x0110: 7, 0x0700: 0, 0x0800: 1, 0x1000: object.uid };
  asked.peer.say(data(fragment(id, 3, command(fields))), data(fragment(id, 2, object.bytes)));
  const answer = readCommand(await asked.peer.nextOf(4));
  return Number(answer.get(0x0900));
}

/** Says nothing more, whatever it is told, until the station aborts. */
export async function untilAborted({ peer }: Asked): Promise<void> {
  for (;;) {
    const happened = await peer.happens(10_000);
    if (happened.kind !== 'pdu' || happened.type === 7) return peer.close();
  }
}

export function sayMatch({ peer, contextId, messageId }: Asked, match: Identifier): void {
  const fields = {
    0x0002: '1.2.840.10008.5.1.4.1.2.2.1',
    0x0100: 0x8020,
    0x0120: messageId,
    0x0800: 1,
    0x0900: 0xff00,
  };
  peer.say(
    data(fragment(contextId, 3, command(fields))),
    data(fragment(contextId, 2, writeIdentifier(match, explicit))),
  );
}

export function sayEnd({ peer, kind, contextId, messageId }: Asked, status: number): void {
  const field = kind === 'find' ? 0x8020 : 0x8010;
  const fields = { 0x0100: field, 0x0120: messageId, 0x0800: 0x0101, 0x0900: status };
  peer.say(data(fragment(contextId, 3, command(fields))));
}
