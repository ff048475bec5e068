// Several people at one station in the same moment: procedures of the contract are fired together at the same exams while
// devices send, archives take and the hospital speaks, over a disk that takes its time. After each moment it is looked whether
// what was done could have been done one after the other. The moments follow from the seed; how they interleave does not.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { call, type AnyProcedure } from '@orpc/server';
import { realDisk, type Disk } from '#station/2-store/index.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import { silentLog } from '#station/kit/log.ts';
import { openStation, type Station } from '#station/station.ts';
import { Archive } from '../crash/whole-house/archive.ts';
import { makePicture, person, secondaryCapture, syntax, type Picture } from '../crash/whole-house/people.ts';
import { examinationOrdered, message, pid, Sender } from '../station/orders/hl7/feed.ts';
import { randomFrom, type Random } from './random.ts';
import { lookAround, type Said } from './two-people-checks.ts';

export type Outcome = {
  readonly breaches: readonly string[];
  /** How often each command ended how. */
  readonly ends: ReadonlyMap<string, number>;
  readonly arrived: number;
};

/** Something that somebody does; `says` is what stands afterwards where nobody else spoke of the same. */
type Deed = { readonly name: string; readonly says?: Said; do(): Promise<unknown> };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const none = { redBytes: 0, redShare: 0, redInodeShare: 0, amberShare: 0, reserveBytes: 0 };

/** Each call that waits for the disk waits a little longer, now and then. */
function slowDisk(random: Random): Disk {
  const slowly =
    <A extends readonly unknown[], R>(work: (...asked: A) => Promise<R>) =>
    async (...asked: A): Promise<R> => {
      if (random.oneIn(2)) await pause(random.below(6));
      return work(...asked);
    };
  const { fdatasync, fsync, rename, create } = realDisk;
  return {
    ...realDisk,
    ...{ fdatasync: slowly(fdatasync), fsync: slowly(fsync), rename: slowly(rename), create: slowly(create) },
  };
}

export async function liveTogether(seed: number, moments: number): Promise<Outcome> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'two-people-'));
  const house = new SharedHouse(seed, home);
  try {
    await house.open();
    for (let moment = 0; moment < moments && house.breaches.length === 0; moment++) await house.moment(moment);
    await house.end();
    return { breaches: house.breaches, ends: house.ends, arrived: house.archive.arrived.length };
  } finally {
    await house.close();
    await rm(home, { recursive: true, force: true });
  }
}

class SharedHouse {
  readonly breaches: string[] = [];
  readonly ends = new Map<string, number>();
  readonly archive: Archive;
  readonly #random: Random;
  readonly #home: string;
  readonly #acknowledged: Picture[] = [];
  readonly #failures: string[] = [];
  #station: Station | undefined;
  #minutes = 0;
  #number = 0;

  constructor(seed: number, home: string) {
    this.#home = home;
    this.#random = randomFrom(seed);
    this.archive = new Archive('archive', path.join(home, 'archive'));
  }

  async open(): Promise<void> {
    await this.archive.on();
    await this.#start();
    for (let n = 0; n < 3; n++) await this.#receive(n);
    for (let n = 0; n < 2; n++) await this.#hear(this.#order(n, 'NW'));
  }

  async #start(): Promise<void> {
    const { aeTitle, port } = this.archive;
    this.#station = await openStation({
      ...{ home: path.join(this.#home, 'home'), spaceLimits: none, disk: slowDisk(this.#random) },
      log: {
        ...silentLog,
        error: (event, _fields, cause) => void this.#failures.push(`${event} ${String((cause as Error)?.stack)}`),
      },
      settings: {
        station: {
          ...{ dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 0, operator: 'Kim' },
          matching: { guard: 'off' },
        },
        devices: [{ id: 'device', name: 'Device', aeTitle: 'DEVICE' }],
        destinations: [
          { id: 'archive', name: 'Archive', kind: 'archive', aeTitle, host: '127.0.0.1', port, confirm: 'commitment' },
        ],
        hl7: { listen: { enabled: true, host: '127.0.0.1', port: 0 }, feeds: [{ id: 'ris', name: 'RIS' }] },
      },
      forward: { gatherMs: 5, retry: { firstMs: 20, mostMs: 100 }, probeMs: 60, refusingProbeMs: 60 },
    });
  }

  get #here(): Station {
    if (!this.#station) throw new Error('the station is closed');
    return this.#station;
  }

  async #ask<T>(procedure: string, input: unknown): Promise<T> {
    const found = procedure
      .split('.')
      .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], this.#here.router);
    return (await call(found as AnyProcedure, input)) as T;
  }

  /** Two or three of them at once. */
  async moment(number: number): Promise<void> {
    const random = this.#random;
    type Row = { id: string; counts: { undecided: number } };
    const { exams } = await this.#ask<{ exams: Row[] }>('exams.list', { limit: 50, offset: 0 });
    // Mostly one in which something waits for a decision: people meet there.
    const open = exams.filter(({ counts }) => counts.undecided > 0);
    const [one, other] = [random.pick(open.length > 0 && !random.oneIn(4) ? open : exams), random.pick(exams)];
    if (!one || !other) return;
    const deeds: Deed[] = [];
    if (random.oneIn(2)) deeds.push(this.#approve(one.id));
    for (let n = random.below(2) + 2; n > 0; n--)
      deeds.push(await this.#deed(random.oneIn(4) ? other.id : one.id, random.oneIn(4) ? one.id : other.id));
    const ended = await Promise.allSettled(
      deeds.map(async (deed) => {
        for (let turns = random.below(12); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
        if (random.oneIn(3)) await pause(random.below(8));
        return deed.do();
      }),
    );
    const done: Deed[] = [];
    for (const [n, end] of ended.entries()) {
      const deed = deeds[n];
      if (!deed) continue;
      if (end.status === 'fulfilled') done.push(deed);
      const how = end.status === 'fulfilled' ? 'done' : codeOf(end.reason);
      const name = `${deed.name} ${how}`;
      this.ends.set(name, (this.ends.get(name) ?? 0) + 1);
      if (end.status === 'rejected' && how === 'broken') this.breaches.push(String((end.reason as Error).stack));
    }
    const names = deeds.map(({ name }, n) => `${name}:${ended[n]?.status === 'fulfilled' ? 'done' : 'no'}`).join(' + ');
    await this.#look(`moment ${number}, ${names}`, done);
  }

  async #look(when: string, done: readonly Deed[]): Promise<void> {
    const movers = new Set([
      'move',
      'merge',
      'split',
      'copy',
      'undo',
      'correct-released',
      'order',
      'no-order',
      'hospital',
    ]);
    const said = done.some(({ name }) => movers.has(name)) ? [] : done.flatMap(({ says }) => says ?? []);
    const found = await lookAround({
      book: path.join(this.#home, 'home', 'catalog.db'),
      acknowledged: this.#acknowledged,
      arrived: this.archive.arrived,
      said,
      bytesOf: (objectId) => this.#bytesOf(objectId),
      read: (examId) => this.#ask('exams.read', { id: examId }),
    });
    for (const words of [...found, ...this.#failures.splice(0)]) this.breaches.push(`${when}: ${words}`);
  }

  async #bytesOf(objectId: string): Promise<Buffer> {
    const answer = await this.#here.bytes({
      ...{ method: 'GET', pathname: `/api/objects/${objectId}/file`, query: new URLSearchParams('revision=latest') },
      body: (async function* () {})(),
    });
    const pieces: Buffer[] = [];
    for await (const piece of (answer?.body ?? []) as AsyncIterable<Uint8Array>) pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  }

  async #deed(examId: string, toExamId: string): Promise<Deed> {
    const random = this.#random;
    type Row = { id: string; state: string };
    const { series } = await this.#ask<{ series: { objects: Row[] }[] }>('exams.read', { id: examId });
    const objects = series.flatMap((one) => one.objects).filter(({ id }) => id);
    const object = random.pick(objects) ?? { id: examId, state: '' };
    const who = person(random.below(4));
    const say = (place: Said['place'], value: string): Said => ({
      of: place === 'exam' ? examId : object.id,
      place,
      value,
    });
    const ask = (procedure: string, input: object) => () => this.#ask(procedure, input);
    const deeds: readonly (() => Deed)[] = [
      ...Array.from({ length: 4 }, () => () => this.#approve(examId)),
      ...Array.from({ length: 3 }, () => () => {
        const value = `${who.word}-A${++this.#number}`;
        const attributes = { AccessionNumber: value, PatientID: `ID-${who.word}`, PatientName: `${who.word}^Ada` };
        const input = { id: examId, attributes, reason: 'CORRECT' };
        return { name: 'correct', says: say('exam', value), do: ask('exams.correct', input) };
      }),
      ...Array.from({ length: 4 }, () => () => {
        const value = random.pick(['L', 'R', 'B']);
        const input = { objectIds: [object.id], attributes: { ImageLaterality: value }, codes: {}, reason: 'CORRECT' };
        return { name: 'side', says: say('side', value), do: ask('objects.correct', input) };
      }),
      ...Array.from({ length: 2 }, () => () => {
        const verdict = random.pick(['accepted', 'rejected', 'none', 'rejected'] as const);
        const objectIds = random.oneIn(2) ? objects.map(({ id }) => id) : [object.id];
        const input = { objectIds, verdict, ...(verdict === 'rejected' ? { reason: '113037' } : {}) };
        return { name: `judge-${verdict}`, do: ask('judging.judge', input) };
      }),
      () => ({ name: 'hold', do: ask('exams.hold', { id: examId, held: random.oneIn(3) }) }),
      () => ({ name: 'release', do: ask('exams.hold', { id: examId, held: false }) }),
      () => {
        const markup = random.oneIn(2) ? { window: { center: 100, width: 80 } } : {};
        return { name: 'draw', do: ask('objects.saveMarkup', { id: object.id, markup }) };
      },
      () => ({ name: 'split', do: this.#rearrange({ kind: 'split', groups: [[object.id]] }) }),
      () => ({ name: 'move', do: this.#rearrange({ kind: 'move', objectIds: [object.id], toExamId }) }),
      () => ({ name: 'merge', do: this.#rearrange({ kind: 'merge', fromExamId: examId, toExamId }) }),
      () => ({ name: 'copy', do: this.#rearrange({ kind: 'copy', objectIds: [object.id], toExamId }) }),
      () => ({ name: 'undo', do: () => this.#undo(examId) }),
      ...Array.from({ length: 3 }, () => () => {
        const attributes = { PatientID: `ID-${who.word}`, PatientName: `${who.word}^Ada` };
        return {
          name: 'correct-released',
          do: ask('afterRelease.correct', { id: examId, attributes, reason: 'CORRECT' }),
        };
      }),
      () => ({ name: 'late', do: () => this.#receive(random.below(3), examId) }),
      () => ({ name: 'order', do: () => this.#giveOrder(examId) }),
      () => ({ name: 'no-order', do: ask('exams.removeOrder', { id: examId }) }),
      () => ({ name: 'hospital', do: () => this.#hear(this.#order(random.below(2), 'XO')) }),
      () => {
        const action = random.pick(['cancel', 'retry', 'hold', 'release', 'send-again'] as const);
        return { name: `outbox-${action}`, do: ask('outbox.change', { examId, action, reason: 'asked for' }) };
      },
      () => ({ name: 'pause', do: ask('outbox.pause', { id: 'archive', paused: random.oneIn(3) }) }),
      () => {
        const text = `Seen twice ${++this.#number}`;
        return {
          name: 'note',
          says: say('exam-note', text),
          do: ask('exams.saveNote', { id: examId, text, send: false }),
        };
      },
    ];
    return random.pick(deeds)?.() ?? { name: 'nothing', do: () => Promise.resolve() };
  }

  #approve(id: string): Deed {
    return { name: 'approve', do: () => this.#ask('exams.approve', { id }) };
  }

  #rearrange(wish: object) {
    return () => this.#ask('rearranging.apply', { wish, otherPatient: true });
  }

  async #undo(examId: string): Promise<unknown> {
    const lines = await this.#ask<{ undo: string | null }[]>('exams.history', { id: examId });
    const id = lines.find(({ undo }) => undo !== null)?.undo;
    return id === undefined || id === null ? undefined : this.#ask('rearranging.undo', { id });
  }

  async #giveOrder(examId: string): Promise<unknown> {
    const { orders } = await this.#ask<{ orders: { id: string }[] }>('orders.list', { limit: 10, offset: 0 });
    const order = this.#random.pick(orders);
    return order && this.#ask('exams.applyOrder', { id: examId, orderId: order.id });
  }

  async #receive(n: number, examId?: string): Promise<void> {
    const known = examId === undefined ? undefined : await this.#studyOf(examId);
    const who = person(n);
    const first = makePicture({
      ...{ random: this.#random, who, accession: `${who.word}-R${++this.#number}` },
      ...(known !== undefined && { StudyInstanceUID: known }),
    });
    const { StudyInstanceUID, SeriesInstanceUID, received } = first;
    const same = { StudyInstanceUID, SeriesInstanceUID, accession: received.AccessionNumber, number: 2 };
    const pictures = known === undefined ? [first, makePicture({ random: this.#random, who, ...same })] : [first];
    const opening = await openAssociation({
      ...{ host: '127.0.0.1', port: this.#here.listening().dicomPort, callingAeTitle: 'DEVICE' },
      calledAeTitle: 'SAFELIGHT',
      contexts: [{ abstractSyntaxUid: secondaryCapture, transferSyntaxUids: [syntax] }],
    });
    if (opening.kind !== 'accepted') throw new Error(`not let in: ${opening.kind}`);
    for (const picture of pictures) {
      const outcome = await opening.association.store({
        ...{ sopClassUid: secondaryCapture, sopInstanceUid: picture.SOPInstanceUID, transferSyntaxUid: syntax },
        ...{ lengthBytes: picture.bytes.length, source: [picture.bytes] },
      });
      if (outcome.kind !== 'answered' || outcome.status !== 0) throw new Error(`not taken: ${outcome.kind}`);
      this.#acknowledged.push(picture);
    }
    await opening.association.release();
  }

  async #studyOf(examId: string): Promise<string> {
    return (await this.#ask<{ StudyInstanceUID: string }>('exams.read', { id: examId })).StudyInstanceUID;
  }

  #order(number: number, control: 'NW' | 'XO'): string {
    const who = person(number);
    const at = new Date(Date.UTC(2026, 10, 23, 8, this.#minutes++)).toISOString().replace(/\D/g, '').slice(0, 14);
    const accession = `${who.word}-O${control === 'NW' ? number : ++this.#number}`;
    return message(
      'ORM^O01^ORM_O01',
      [
        pid(`ID-${who.word}`, `${who.word}^Ada`, who.birth, who.sex),
        ...examinationOrdered(number, { control, accession, at }),
      ],
      { at },
    );
  }

  async #hear(said: string): Promise<void> {
    const { port } = await this.#ask<{ port: number }>('hl7.status', {});
    const sender = await Sender.to(port);
    try {
      await sender.ask(said);
    } finally {
      sender.close();
    }
  }

  /** All comes to rest, and the next start finds it as it was. */
  async end(): Promise<void> {
    if (this.breaches.length > 0) return;
    await this.#station?.close();
    await this.#start();
    await this.#look('after a new start', []);
  }

  async close(): Promise<void> {
    await this.#station?.close();
    await this.archive.off();
  }
}

const codeOf = (error: unknown): string => {
  const { cause, code } = error as { readonly cause?: { readonly code?: string }; readonly code?: string };
  return cause?.code ?? (code === 'BAD_REQUEST' ? code : 'broken');
};
