// Every answer that an archive can give to an association and to a C-STORE, given by a scripted peer over a real socket,
// once and always: what is to become of the delivery stands in a table of its own here (dicom-rules 8; PS3.7 C, PS3.8 9.3),
// and what became of it is seen in the outbox.
import { openForward } from '#station/5-forward/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { Shelf, settingsWith } from '../station/5-forward/approved-exam.ts';
import {
  abort,
  acceptAll,
  associateAccept,
  associateReject,
  command,
  data,
  fragment,
  readCommand,
  readRequest,
} from './raw-pdus.ts';
import { listenScripted, type ScriptedPeer } from './scripted-peer.ts';

export type AnswerClass = 'sent' | 'transient' | 'object' | 'destination' | 'unknown';

/** `sent`; `waits`, for ever; `kept back`, this object alone; `destination paused`, with its queue. */
export type Fate = 'sent' | 'waits' | 'kept back' | 'destination paused';

export const fates: Readonly<Record<AnswerClass, { readonly once: Fate; readonly always: Fate }>> = {
  sent: { once: 'sent', always: 'sent' },
  transient: { once: 'sent', always: 'waits' },
  object: { once: 'kept back', always: 'kept back' },
  destination: { once: 'sent', always: 'destination paused' },
  unknown: { once: 'sent', always: 'kept back' },
};

export type Answer =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'reject'; readonly triple: readonly [number, number, number] }
  | { readonly kind: 'context'; readonly result: number }
  | { readonly kind: 'abort'; readonly source: number; readonly reason: number; readonly at: 'association' | 'object' }
  | { readonly kind: 'end' | 'reset' | 'garbage'; readonly at: 'association' | 'object' };

export type Row = { readonly name: string; readonly answer: Answer; readonly class: AnswerClass };

const status = (value: number, classOf: AnswerClass): Row => ({
  name: `C-STORE ${value.toString(16).toUpperCase().padStart(4, '0')}H`,
  answer: { kind: 'status', status: value },
  class: classOf,
});
const reject = (triple: readonly [number, number, number], classOf: AnswerClass): Row => ({
  name: `A-ASSOCIATE-RJ ${triple.join('/')}`,
  answer: { kind: 'reject', triple },
  class: classOf,
});

export const answerRows: readonly Row[] = [
  ...[0x0000, 0x0001, 0x0107, 0x0111, 0x0116, 0xb000, 0xb006, 0xb007].map((value) => status(value, 'sent')),
  ...[0xa700, 0xa7ff, 0x0210, 0x0213].map((value) => status(value, 'transient')),
  ...[0x0105, 0x0106, 0x0110, 0x0112, 0x0115, 0x0117, 0x0118, 0x0119, 0x0120, 0x0121, 0x0122].map((value) =>
    status(value, 'object'),
  ),
  ...[0xa900, 0xa9ff, 0xc000, 0xc123, 0xcfff].map((value) => status(value, 'object')),
  ...[0x0124, 0x0211, 0x0212].map((value) => status(value, 'destination')),
  ...[0x1234, 0xd000, 0xfe00].map((value) => status(value, 'unknown')),
  reject([1, 1, 2], 'destination'),
  reject([1, 1, 3], 'destination'),
  reject([1, 1, 7], 'destination'),
  reject([1, 2, 2], 'destination'),
  reject([2, 1, 1], 'transient'),
  reject([2, 2, 1], 'transient'),
  reject([2, 3, 1], 'transient'),
  reject([2, 3, 2], 'transient'),
  ...[1, 2, 3, 4].map((result): Row => ({
    name: `context result ${result}`,
    answer: { kind: 'context', result },
    class: 'object',
  })),
  ...[0, 1, 2, 4, 5, 6].map((reason): Row => ({
    name: `A-ABORT by the provider, reason ${reason}, in place of an answer`,
    answer: { kind: 'abort', source: 2, reason, at: 'object' },
    class: 'unknown',
  })),
  {
    name: 'A-ABORT by the user in place of an answer',
    answer: { kind: 'abort', source: 0, reason: 0, at: 'object' },
    class: 'unknown',
  },
  { name: 'the connection ends in place of an answer', answer: { kind: 'end', at: 'object' }, class: 'transient' },
  {
    name: 'the connection is reset in place of an answer',
    answer: { kind: 'reset', at: 'object' },
    class: 'transient',
  },
  { name: 'garbage in place of an answer', answer: { kind: 'garbage', at: 'object' }, class: 'unknown' },
  {
    name: 'the connection ends in place of an association',
    answer: { kind: 'end', at: 'association' },
    class: 'transient',
  },
];

const echoResponse = 0x8030;
const storeResponse = 0x8001;

/** One connection: `mayMisbehave` is asked at each place where the answer could be given, and counts. */
async function play(peer: ScriptedPeer, answer: Answer, mayMisbehave: () => boolean): Promise<void> {
  const end = () => {
    if (answer.kind === 'end') peer.end();
    else if (answer.kind === 'reset') peer.reset();
    else if (answer.kind === 'garbage') {
      peer.say(Buffer.from('no such thing at all, and more of it'));
      void peer.next().finally(() => peer.close()); // once it was told so
    } else if (answer.kind === 'abort') peer.say(abort(answer.source, answer.reason));
  };
  const request = await peer.next(30_000);
  if (request === undefined) return;
  const contexts = readRequest(request);
  // A probe carries verification alone.
  const storing = contexts.some(({ abstract }) => abstract !== '1.2.840.10008.1.1');
  const strikesHere =
    answer.kind === 'reject' || answer.kind === 'context' || ('at' in answer && answer.at === 'association');
  if (strikesHere && (storing || answer.kind === 'reject') && mayMisbehave()) {
    if (answer.kind === 'reject') {
      peer.say(associateReject(...answer.triple));
      return;
    }
    if (answer.kind !== 'context') return end();
    peer.say(associateAccept({ results: contexts.map(({ id }) => ({ id, result: answer.result })) }));
  } else peer.say(acceptAll(request));
  for (;;) {
    const pdu = await peer.next(30_000).catch(() => undefined);
    if (pdu === undefined || pdu[0] === 7) return;
    if (pdu[0] === 5) {
      peer.say(Buffer.from([6, 0, 0, 0, 0, 4, 0, 0, 0, 0]));
      return;
    }
    // Commands and the last fragments of data sets; small ones have one fragment.
    const flags = pdu[11] ?? 0;
    if ((flags & 1) === 1) lastCommand.set(peer, pdu);
    const commandPdu = lastCommand.get(peer);
    if (commandPdu === undefined) continue;
    const fields = readCommand(commandPdu);
    const respond = (field: number, statusOf: number, messageId: number) =>
      peer.say(
        data(
          fragment(
            pdu[10] ?? 0,
            3,
            command({
              0x0002: String(fields.get(2)),
              0x0100: field,
              0x0120: messageId,
              0x0800: 0x0101,
              0x0900: statusOf,
            }),
          ),
        ),
      );
    const messageId = Number(fields.get(0x0110));
    if (fields.get(0x0100) === 0x30) respond(echoResponse, 0, messageId);
    else if ((flags & 3) === 2) {
      const strikes = !strikesHere && mayMisbehave();
      if (!strikes) respond(storeResponse, 0, messageId);
      else if (answer.kind === 'status') respond(storeResponse, answer.status, messageId);
      else {
        end();
        return;
      }
    }
  }
}

const lastCommand = new WeakMap<ScriptedPeer, Buffer>();

const quick = { firstMs: 2, mostMs: 10 };

/** What becomes of one object when the archive answers so. It waits when it was struck a dozen times. */
export async function fateOf(answer: Answer, times: 'once' | 'always'): Promise<{ fate: Fate; answerKey: string }> {
  let struck = 0;
  const server = await listenScripted((peer) =>
    play(peer, answer, () => {
      if (times === 'once' && struck > 0) return false;
      struck++;
      return true;
    }),
  );
  const shelf = new Shelf();
  const forward = openForward({
    book: shelf.book,
    clock: systemClock,
    log: silentLog,
    ports: { openRevision: shelf.openRevision },
    options: { retry: quick, probeMs: 5, refusingProbeMs: 5 },
  });
  await forward.applySettings(
    settingsWith({ id: 'archive', host: '127.0.0.1', port: server.port, confirm: 'none', associations: 1 }),
  );
  const exam = shelf.exam([{}]);
  shelf.book.transaction(() => forward.enqueue(exam.id, exam.revisions));
  const look = () => {
    const [row] = forward.deliveries({ limit: 1, offset: 0 }).deliveries;
    const [destination] = forward.destinationStatus();
    return {
      state: row?.state,
      key: row?.lastAnswer?.key ?? destination?.lastAnswer?.key ?? '',
      at: destination?.state,
    };
  };
  const until = performance.now() + 60_000;
  // Struck so often and still neither sent nor kept back: it waits.
  while (performance.now() < until) {
    const { state } = look();
    if (state === 'committed' || state === 'blocked' || struck >= 12) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { state, key, at } = look();
  await forward.close();
  await server.close().catch(() => undefined);
  shelf.book.close();
  const fate =
    state === 'committed'
      ? 'sent'
      : state === 'blocked'
        ? 'kept back'
        : at === 'refusing'
          ? 'destination paused'
          : 'waits';
  return { fate, answerKey: key };
}

export type Seen = Row & { readonly seen: { readonly once: Fate; readonly always: Fate }; readonly key: string };

export async function tryEveryAnswer(rows: readonly Row[] = answerRows): Promise<Seen[]> {
  const seen: Seen[] = [];
  const left = [...rows];
  const tryNext = async () => {
    for (let row = left.shift(); row !== undefined; row = left.shift()) {
      const once = await fateOf(row.answer, 'once');
      const always = await fateOf(row.answer, 'always');
      seen.push({ ...row, seen: { once: once.fate, always: always.fate }, key: always.answerKey });
    }
  };
  await Promise.all(Array.from({ length: 6 }, tryNext));
  return rows.flatMap((row) => seen.find(({ name }) => name === row.name) ?? []);
}

export const asTable = (rows: readonly Seen[]): string =>
  [
    '| the archive answers | once: expected | seen | always: expected | seen | what people are told |',
    '|---|---|---|---|---|---|',
    ...rows.map(
      ({ name, class: classOf, seen, key }) =>
        `| ${name} | ${fates[classOf].once} | ${seen.once} | ${fates[classOf].always} | ${seen.always} | ${key} |`,
    ),
  ].join('\n');
