// Schedules of what can happen to proofs (late, lost, twice, partial, from the wrong peer, a restart between), with sweeps
// among them, judged by an account of its own of who has really vouched for what.
import fc from 'fast-check';
import { retentionSettingShape, type RetentionSetting } from '#contract/shapes/space.ts';
import type { DestinationSetting } from '#contract/shapes/settings.ts';
import { openPurge, type Purge } from '#station/6-purge/index.ts';
import { Commitments } from '#station/5-forward/commitments.ts';
import { Destinations } from '#station/5-forward/destinations.ts';
import { Outbox } from '#station/5-forward/outbox.ts';
import { forwardDefaults } from '#station/5-forward/ports.ts';
import { silentLog } from '#station/kit/log.ts';
import { newUid } from '#station/kit/ids.ts';
import { settingsWith, Shelf } from '../5-forward/approved-exam.ts';

type Step =
  | { readonly kind: 'send'; readonly destination: number }
  | { readonly kind: 'ask'; readonly destination: number; readonly whole: boolean }
  | {
      readonly kind: 'report';
      readonly request: number;
      readonly way: 'all' | 'part' | 'none' | 'foreign-objects' | 'unknown-transaction' | 'wrong-peer';
      readonly times: number;
      readonly failure: number;
    }
  | { readonly kind: 'query'; readonly destination: number; readonly found: boolean }
  | { readonly kind: 'overdue' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'hold' | 'problem'; readonly exam: number; readonly on: boolean }
  | { readonly kind: 'pin'; readonly exam: number; readonly on: boolean }
  | { readonly kind: 'wait'; readonly days: number }
  | { readonly kind: 'sweep'; readonly shortOfRoom: boolean; readonly crash: boolean };

const small = fc.nat({ max: 7 });
const destination = fc.nat({ max: 2 });
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), destination }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ask' as const), destination, whole: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      request: small,
      way: fc.constantFrom('all', 'all', 'all', 'part', 'none', 'foreign-objects', 'unknown-transaction', 'wrong-peer'),
      times: fc.integer({ min: 1, max: 2 }),
      failure: fc.constantFrom(0x0112, 0x0112, 0x0110, 0x0119, 0x0122, 0x0131, 0x0213, 0xffff),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('query' as const), destination, found: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'overdue' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'restart' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('hold' as const, 'problem' as const), exam: small, on: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pin' as const), exam: small, on: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), days: fc.constantFrom(0, 1, 2, 31) }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('sweep' as const), shortOfRoom: fc.boolean(), crash: fc.boolean() }),
  },
);

const asked = (where: number): readonly Step[] => [
  { kind: 'send', destination: where },
  { kind: 'ask', destination: where, whole: true },
  { kind: 'report', request: -1, way: 'all', times: 1, failure: 0 },
];
/** The first archive says no to the newer of two requests, and then comes its late yes to the older one. */
const contradicted: readonly Step[] = [
  { kind: 'send', destination: 0 },
  { kind: 'ask', destination: 0, whole: true },
  { kind: 'overdue' },
  { kind: 'ask', destination: 0, whole: true },
  { kind: 'report', request: -1, way: 'none', times: 1, failure: 0x0112 },
  { kind: 'report', request: -2, way: 'all', times: 1, failure: 0 },
];
/** Something, then a day on which both archives answer as they should, or one contradicts itself, then something again. */
const scheduleArbitrary: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    fc.array(stepArbitrary, { maxLength: 25 }),
    fc.constantFrom('nothing', 'good', 'good', 'good', 'contradicted'),
    fc.array(stepArbitrary, { maxLength: 20 }),
  )
  .map(([before, how, after]) => {
    const quiet = [0, 1].flatMap((exam): Step[] =>
      (['hold', 'problem', 'pin'] as const).map((kind) => ({ kind, exam, on: false })),
    );
    const first = how === 'contradicted' ? contradicted : asked(0);
    const day: readonly Step[] =
      how === 'nothing' ? [] : [...quiet, { kind: 'overdue' }, ...first, ...asked(1), ...asked(2)];
    return [...before, ...day, ...after, { kind: 'wait', days: 2 }, { kind: 'sweep', shortOfRoom: true, crash: false }];
  });

type Request = { readonly transactionUid: string; readonly destination: number; readonly objects: readonly string[] };
type Vouched = { readonly at: number };

const dayMs = 86_400_000;
const setting: RetentionSetting = retentionSettingShape.parse({ keepDays: 30, shortOfRoomDays: 1 });
/** The third need not have it. */
const destinations = settingsWith({ id: 'first' }, { id: 'second' }, { id: 'third', required: false })
  .destinations as readonly DestinationSetting[];

/** Runs so many schedules; throws with the first that lets something go wrongly. Gives how many objects went. */
export async function runSchedules(count: number): Promise<number> {
  let purged = 0;
  for (let done = 0; done < count; done += mostInOneWorld) {
    const world = new World();
    try {
      await fc.assert(
        fc.asyncProperty(scheduleArbitrary, async (steps) => {
          const told = await world.run(steps);
          purged += told.purged;
          if (told.wrong.length > 0) throw new Error(`purged wrongly: ${told.wrong.join(', ')}`);
        }),
        { numRuns: Math.min(mostInOneWorld, count - done) },
      );
    } finally {
      world.close();
    }
  }
  return purged;
}

const mostInOneWorld = 100;

type Told = { readonly purged: number; readonly wrong: readonly string[] };

/** One world with a book of its own; schedules are run in it one after the other, each with exams of its own. */
class World {
  readonly #shelf = new Shelf();
  #nowMs = Date.parse('2026-01-01T00:00:00.000Z');
  readonly #clock = {
    now: () => new Date(this.#nowMs).toISOString(),
    epochMs: () => this.#nowMs,
    monotonicMs: () => this.#nowMs,
    after: () => () => {},
  };
  #outbox!: Outbox;
  #commitments!: Commitments;
  #purge!: Purge;
  #crashNext = false;
  readonly #problems = new Set<string>();
  readonly #files = new Set<string>();

  constructor() {
    const table = new Destinations(this.#shelf.book, this.#clock);
    for (const one of destinations) table.put(one);
    this.#restart();
  }

  close(): void {
    this.#shelf.book.close();
  }

  async run(steps: readonly Step[]): Promise<Told> {
    const { book } = this.#shelf;
    const exams = [this.#exam(3), this.#exam(2)];
    const objects = exams.flatMap(({ objects }) => objects);
    const requests: Request[] = [];
    /** What this test knows to be true: object and destination, and since when. */
    const vouched = new Map<string, Vouched>();
    const held = new Set<string>();
    const pinned = new Set<string>();
    const wrong: string[] = [];
    let purged = new Set<string>();

    /** The last request to which the destination said that it does not hold the object: older words count no more. */
    const denied = new Map<string, number>();
    const vouch = (objectId: string, where: number, request: Request) => {
      const key = `${objectId} ${where}`;
      if (requests.indexOf(request) <= (denied.get(key) ?? -1)) return;
      if (!vouched.has(key)) vouched.set(key, { at: this.#nowMs });
    };
    const deny = (objectId: string, where: number, request: Request) => {
      const key = `${objectId} ${where}`;
      denied.set(key, Math.max(requests.indexOf(request), denied.get(key) ?? -1));
    };
    const may = (exam: (typeof exams)[number], shortOfRoom: boolean): boolean => {
      if (held.has(exam.id) || pinned.has(exam.id) || this.#problems.has(exam.id)) return false;
      let last = 0;
      for (const { id } of exam.objects) {
        for (const where of [0, 1]) {
          const proof = vouched.get(`${id} ${where}`);
          if (!proof) return false;
          last = Math.max(last, proof.at);
        }
      }
      return this.#nowMs >= last + (shortOfRoom ? setting.shortOfRoomDays : setting.keepDays) * dayMs;
    };
    const look = (shortOfRoom: boolean) => {
      const gone = new Set(
        objects.filter(({ id }) => this.#purge.isPurged(id) || !this.#files.has(this.#fileOf(id))).map(({ id }) => id),
      );
      for (const exam of exams) {
        const fresh = exam.objects.filter(({ id }) => gone.has(id) && !purged.has(id));
        if (fresh.length === 0) continue;
        if (!may(exam, shortOfRoom)) wrong.push(`${fresh.length} of ${exam.id}`);
        if (fresh.length !== exam.objects.length) wrong.push(`a part of ${exam.id}`);
      }
      purged = gone;
    };

    for (const step of steps) {
      if (step.kind === 'wait') this.#nowMs += step.days * dayMs + 1000;
      else if (step.kind === 'restart') this.#restart();
      else if (step.kind === 'overdue') {
        this.#nowMs += dayMs;
        for (const { id } of destinations) this.#commitments.giveUpWaiting(id);
      } else if (step.kind === 'send') this.#send(step.destination);
      else if (step.kind === 'ask') {
        const due = this.#due(step.destination);
        if (due.length === 0) continue;
        const named = step.whole ? due : due.slice(0, 1 + Math.floor(due.length / 2));
        const { transactionUid } = this.#commitments.ask(destinations[step.destination]?.id ?? '', named);
        requests.push({
          transactionUid,
          destination: step.destination,
          objects: named.map(({ objectId }) => objectId),
        });
      } else if (step.kind === 'report') {
        const request =
          step.request < 0 ? requests.at(step.request) : requests[step.request % Math.max(1, requests.length)];
        if (!request) continue;
        for (let n = 0; n < step.times; n++) this.#report(step, request, objects, { vouch, deny });
      } else if (step.kind === 'query') {
        const due = this.#due(step.destination);
        // A query is no proof here: the account does not count it.
        this.#commitments.answeredByQuery(step.found ? due : [], step.found ? [] : due, 'found-by-query-instead');
      } else if (step.kind === 'sweep') {
        this.#crashNext = step.crash;
        await this.#purge.sweep({ shortOfRoom: step.shortOfRoom });
        look(step.shortOfRoom);
        if (this.#crashNext) continue;
        if (step.crash) {
          this.#restart();
          await this.#purge.finish();
          look(step.shortOfRoom);
        }
      } else {
        const exam = exams[step.exam % exams.length];
        if (!exam) continue;
        const set = step.kind === 'hold' ? held : step.kind === 'pin' ? pinned : this.#problems;
        if (step.on) set.add(exam.id);
        else set.delete(exam.id);
        if (step.kind === 'hold') book.sql('UPDATE exam SET held = ? WHERE id = ?').run(step.on ? 1 : 0, exam.id);
        if (step.kind === 'pin') this.#purge.pin(exam.id, step.on);
      }
    }
    // What is left of this schedule is not to be seen by the next one.
    for (const { id } of exams) {
      book.sql('UPDATE exam SET pinned = 1 WHERE id = ?').run(id);
      book.sql(`UPDATE delivery SET state = 'held' WHERE examId = ? AND state <> 'committed'`).run(id);
    }
    return { purged: purged.size, wrong };
  }

  #report(
    step: Extract<Step, { kind: 'report' }>,
    request: Request,
    objects: readonly { readonly id: string; readonly uid: string }[],
    { vouch, deny }: Readonly<Record<'vouch' | 'deny', (objectId: string, where: number, request: Request) => void>>,
  ): void {
    const { way, failure } = step;
    const where = request.destination;
    const named = objects.filter(({ id }) => request.objects.includes(id));
    const others = objects.filter(({ id }) => !request.objects.includes(id));
    const reference = ({ uid }: { readonly uid: string }) => ({ sopClassUid: '1.2.3', sopInstanceUid: uid });
    const half = Math.ceil(named.length / 2);
    const committed =
      way === 'none' ? [] : way === 'part' ? named.slice(0, half) : way === 'foreign-objects' ? others : named;
    const failed = way === 'none' ? named : way === 'part' ? named.slice(half) : [];
    const titles = destinations.map(({ aeTitle }) => aeTitle);
    const from = way === 'wrong-peer' ? (titles[(where + 1) % 3] ?? '') : (titles[where] ?? '');
    this.#commitments.reported(
      {
        transactionUid: way === 'unknown-transaction' ? newUid() : request.transactionUid,
        committed: committed.map(reference),
        failed: failed.map((one) => ({ ...reference(one), reason: failure })),
      },
      { callingAeTitle: from },
    );
    if (way === 'all' || way === 'part') for (const { id } of committed) vouch(id, where, request);
    // The other reasons say that it had no time, not that it has no object (PS3.3 C.14.1.1).
    const saysNo = ![0x0110, 0x0131, 0x0213].includes(failure);
    if (saysNo && (way === 'none' || way === 'part')) for (const { id } of failed) deny(id, where, request);
  }

  #exam(count: number) {
    const { book } = this.#shelf;
    const exam = this.#shelf.exam(
      Array.from({ length: count }, () => ({})),
      this.#clock.now(),
    );
    book.sql('UPDATE exam SET objects = approved WHERE id = ?').run(exam.id);
    for (const { id, objectId } of exam.revisions) {
      book.sql('UPDATE object SET revisionId = ? WHERE id = ?').run(id, objectId);
      this.#files.add(this.#fileOf(objectId));
    }
    this.#outbox.enqueue(exam.id, exam.revisions, 2);
    return { id: exam.id, objects: exam.revisions.map(({ objectId, uid }) => ({ id: objectId, uid })) };
  }

  #fileOf(objectId: string): string {
    return this.#shelf.book.sql<{ file: string }>('SELECT file FROM object WHERE id = ?').get(objectId)?.file ?? '';
  }

  /** All that is ready is taken by the destination. */
  #send(where: number): void {
    const id = destinations[where]?.id ?? '';
    this.#outbox.promote(id, true);
    const all = { allowed: [0, 1, 2, 3], sharedBy: 1, fits: () => 'yes' as const };
    const wish = { mostObjects: 100, mostBytes: 1e9, ...all };
    const { claims } = this.#outbox.settleAndClaim(id, [], wish).result;
    this.#outbox.settleAndClaim(
      id,
      claims.map((claim) => ({
        claim,
        event: 'stored' as const,
        outcome: 'sent' as const,
        answer: { key: 'stored' as const, params: {} },
        unknownAttempts: 0,
        nextInMs: 0,
        needsNoProof: false,
      })),
      null,
    );
  }

  #due(where: number) {
    this.#nowMs += 1000;
    return this.#commitments.due(destinations[where]?.id ?? '', 100);
  }

  #restart(): void {
    const { book } = this.#shelf;
    const parts = { book, clock: this.#clock };
    this.#outbox = new Outbox({ ...parts, ports: { openRevision: () => Promise.reject(new Error('not here')) } });
    this.#commitments = new Commitments({ ...parts, outbox: this.#outbox, options: forwardDefaults });
    this.#commitments.recover();
    for (const { id } of destinations) this.#outbox.recover(id);
    this.#purge = openPurge({
      ...parts,
      log: silentLog,
      setting: () => setting,
      hasProblem: (examId) => this.#problems.has(examId),
      removeFiles: async (files) => {
        for (const [n, file] of files.entries()) {
          if (this.#crashNext && n === 1) {
            this.#crashNext = false;
            throw new Error('the power is gone');
          }
          this.#files.delete(file);
        }
      },
      onPurged: () => {},
      onChanged: () => {},
    });
  }
}
