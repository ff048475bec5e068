import { afterEach, describe, expect, it } from 'vitest';
import { isProblem } from '#station/kit/problem.ts';
import { ctClass, explicitLittle, many, settingsWith, Shelf } from './approved-exam.ts';
import { fakePeer } from './fake-peer.ts';
import { quiet } from './fake-clock.ts';
import { approve, onlyPeer, openStation, type Station } from './open-station.ts';

const opened: Station[] = [];
const open = async (...args: Parameters<typeof openStation>) => {
  const station = await openStation(...args);
  opened.push(station);
  return station;
};

afterEach(async () => {
  for (const station of opened.splice(0)) {
    const closing = station.forward.close(100);
    await station.clock.advance(200);
    await closing;
    expect(station.errors).toEqual([]);
  }
});

const openDeliveries = (station: Station, examId: string) =>
  station.shelf.book.sql<{ n: number }>('SELECT openDeliveries AS n FROM exam WHERE id = ?').get(examId)?.n;

describe('what was approved', () => {
  it('reaches every destination once, byte for byte, and is proved to be there', async () => {
    const station = await open([{ id: 'archive' }, { id: 'cache', confirm: 'query' }]);
    const exam = station.shelf.exam(many(40));
    await approve(station, exam);
    await station.clock.advance(3000);
    for (const peer of station.peers.values()) {
      expect(peer.kept.map((kept) => kept.uid).sort()).toEqual(exam.revisions.map((revision) => revision.uid).sort());
      expect(peer.kept.every((kept) => kept.bytes.toString().startsWith(`the bytes of ${kept.uid}`))).toBe(true);
    }
    expect(new Set(station.states())).toEqual(new Set(['committed']));
    const by = (id: string) =>
      new Set(
        station
          .rows()
          .filter((row) => row.destinationId === id)
          .map((row) => row.confirmedBy),
      );
    expect(by('archive')).toEqual(new Set(['commitment']));
    expect(by('cache')).toEqual(new Set(['query']));
    expect(openDeliveries(station, exam.id)).toBe(0);
    expect(station.changedExams).toContain(exam.id);
  });

  it('is not sent before its approval is durable, nor when the approval fails', async () => {
    const station = await open([{ id: 'archive' }]);
    const exam = station.shelf.exam(many(1));
    expect(() =>
      station.shelf.book.transaction(() => {
        station.forward.enqueue(exam.id, exam.revisions);
        throw new Error('the trail could not be written');
      }),
    ).toThrow();
    await station.clock.advance(60_000);
    expect(onlyPeer(station).associations).toBe(0);
    expect(station.rows()).toEqual([]);
  });

  it('is approved in vain while there is no destination, and says so', async () => {
    const station = await open([]);
    const exam = station.shelf.exam(many(1));
    let problem: unknown;
    try {
      station.forward.enqueue(exam.id, exam.revisions);
    } catch (error) {
      problem = error;
    }
    expect(isProblem(problem, 'no-destination')).toBe(true);
  });

  it('has its attempt written down before its first byte leaves', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    const seen: unknown[] = [];
    peer.onStore = (uid) => {
      seen.push(
        station.shelf.book
          .sql('SELECT outcome, length(dataSetSha256) AS n FROM attempt WHERE SOPInstanceUID = ?')
          .get(uid),
      );
      return 0;
    };
    await approve(station, station.shelf.exam(many(3)));
    expect(seen).toEqual(Array(3).fill({ outcome: 'underway', n: 64 }));
  });

  it('leaves images first, stat before routine, first approved first', async () => {
    const station = await open([{ id: 'archive' }]);
    station.forward.pause('archive', true);
    const report = '1.2.840.10008.5.1.4.1.1.88.11';
    const routine = station.shelf.exam([{ uid: '1.1', sopClass: report }, { uid: '1.2' }, { uid: '1.3' }]);
    const later = station.shelf.exam([{ uid: '2.1' }]);
    const stat = station.shelf.exam([{ uid: '3.1' }]);
    await approve(station, routine);
    await station.clock.advance(1000);
    await approve(station, later);
    await station.clock.advance(1000);
    station.forward.enqueue(stat.id, stat.revisions, { priority: 0 });
    station.forward.pause('archive', false);
    await station.clock.advance(1);
    expect(onlyPeer(station).kept.map((kept) => kept.uid)).toEqual(['3.1', '1.2', '1.3', '1.1', '2.1']);
  });

  it('of different classes and more than one association can carry leaves all the same', async () => {
    const station = await open([{ id: 'archive' }]);
    const objects = Array.from({ length: 300 }, (_, i) => ({ sopClass: `1.2.840.99999.${i}` }));
    await approve(station, station.shelf.exam(objects));
    await station.clock.advance(3000);
    expect(onlyPeer(station).kept).toHaveLength(300);
    expect(onlyPeer(station).associations).toBeGreaterThanOrEqual(3);
  });
});

describe('a destination that does not answer', () => {
  it('keeps its queue, says so at once, is probed, and has everything within a minute of its return', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    peer.onOpen = () => ({ kind: 'unreachable', code: 'ECONNREFUSED' });
    const exam = station.shelf.exam(many(5));
    await approve(station, exam);
    await station.clock.advance(4000);
    expect(station.forward.destinationStatus()[0]).toMatchObject({
      state: 'silent',
      lastAnswer: { key: 'connection-refused' },
      waiting: 5,
      waitingExams: 1,
      oldestWaitingSince: expect.any(String),
      nextProbeAt: expect.any(String),
    });
    const [row] = station.rows();
    expect(row).toMatchObject({ state: 'ready', lastAnswer: { key: 'connection-refused' } });
    expect(Date.parse(row?.nextAttemptAt ?? '')).toBeGreaterThan(station.clock.epochMs());
    await station.clock.advance(72 * 3600_000);
    expect(new Set(station.states())).toEqual(new Set(['ready']));
    expect(openDeliveries(station, exam.id)).toBe(5);
    peer.onOpen = () => undefined;
    await station.clock.advance(60_000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
    expect(peer.echoes).toBe(1);
    expect(peer.kept).toHaveLength(5);
    expect(station.forward.destinationStatus()[0]).toMatchObject({
      state: 'well',
      waiting: 0,
      confirmedToday: 5,
      nextProbeAt: null,
    });
  });

  it('slows no other', async () => {
    const station = await open([{ id: 'archive' }, { id: 'cache' }]);
    const dead = station.peers.get('ARCHIVE');
    if (dead) dead.open = (request) => new Promise((_, reject) => request.signal?.addEventListener('abort', reject));
    await approve(station, station.shelf.exam(many(50)));
    await station.clock.advance(3000);
    expect(station.peers.get('CACHE')?.kept).toHaveLength(50);
    expect(station.rows().filter((row) => row.state === 'committed')).toHaveLength(50);
  });

  it('is tried at once when a person asks for it', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    peer.onOpen = () => ({ kind: 'unreachable', code: 'ETIMEDOUT' });
    const exam = station.shelf.exam(many(2));
    await approve(station, exam);
    await station.clock.advance(600_000);
    peer.onOpen = () => undefined;
    station.forward.changeExam({ examId: exam.id }, { action: 'retry', reason: '' });
    await quiet();
    expect(peer.kept).toHaveLength(2);
  });
});

describe('a destination that refuses by configuration', () => {
  it('is told at once, probed slowly, and its queue is kept', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    let opened = 0;
    peer.onOpen = () => (opened++, { kind: 'rejected', result: 1, source: 1, reason: 7 });
    await approve(station, station.shelf.exam(many(2)));
    expect(station.forward.destinationStatus()[0]).toMatchObject({
      state: 'refusing',
      lastAnswer: { key: 'called-ae-unknown', params: { called: 'ARCHIVE' } },
    });
    await station.clock.advance(290_000);
    expect(opened).toBe(1);
    peer.onOpen = () => undefined;
    await station.clock.advance(30_000);
    expect(peer.kept).toHaveLength(2);
    expect(station.forward.destinationStatus()[0]?.state).toBe('well');
  });

  it('that says "not authorised" to an object keeps that object waiting, and is not called well by an echo', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    peer.onStore = () => 0x0124;
    await approve(station, station.shelf.exam(many(3)));
    expect(station.states()).toEqual(['ready', 'ready', 'ready']);
    await station.clock.advance(1000_000);
    expect(station.forward.destinationStatus()[0]).toMatchObject({
      state: 'refusing',
      lastAnswer: { key: 'not-authorised' },
    });
    expect(station.attempts().length).toBeLessThan(6);
    peer.onStore = () => 0;
    await station.clock.advance(310_000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
  });
});

describe('an object that is at fault', () => {
  it('is blocked with its answer, alone, and the rest goes on', async () => {
    const station = await open([{ id: 'archive' }]);
    const exam = station.shelf.exam(many(50));
    const bad = exam.revisions[7]?.uid;
    onlyPeer(station).onStore = (uid) => (uid === bad ? 0xc000 : 0);
    await approve(station, exam);
    await station.clock.advance(3000);
    const blocked = station.rows().filter((row) => row.state === 'blocked');
    expect(blocked).toHaveLength(1);
    expect(blocked[0]).toMatchObject({
      SOPInstanceUID: bad,
      lastAnswer: { key: 'cannot-understand', params: { status: 'C000' } },
    });
    expect(onlyPeer(station).kept).toHaveLength(49);
    expect(station.moves.filter((move) => move.to === 'blocked')).toHaveLength(1);
    expect(openDeliveries(station, exam.id)).toBe(1);
  });

  it('that makes the destination abort is tried five times more and then blocked; the other 999 do not wait for it', async () => {
    const station = await open([{ id: 'archive' }]);
    const exam = station.shelf.exam(many(1000));
    const poison = exam.revisions[0]?.uid ?? '';
    let tries = 0;
    onlyPeer(station).onStore = (uid) => (uid === poison ? (tries++, 'abort') : 0);
    await approve(station, exam);
    await station.clock.advance(4000);
    expect(onlyPeer(station).kept).toHaveLength(999);
    expect(station.rows().find((row) => row.SOPInstanceUID === poison)).toMatchObject({
      state: 'backoff',
      lastAnswer: { key: 'aborted' },
    });
    await station.clock.advance(3600_000);
    expect(station.rows().find((row) => row.SOPInstanceUID === poison)).toMatchObject({
      state: 'blocked',
      lastAnswer: { key: 'aborted' },
    });
    expect(tries).toBe(6);
    expect(new Set(station.attempts().map((attempt) => attempt.outcome))).toEqual(new Set(['unknown', 'sent']));
  });

  it('alone in the queue is blocked after five aborts', async () => {
    const station = await open([{ id: 'archive' }]);
    onlyPeer(station).onStore = () => 'abort';
    await approve(station, station.shelf.exam(many(1)));
    await station.clock.advance(3600_000);
    expect(station.states()).toEqual(['blocked']);
    expect(station.attempts()).toHaveLength(5);
  });

  it('is not blamed while the destination aborts everything: after the outage all arrive without a person', async () => {
    const station = await open([{ id: 'archive' }]);
    onlyPeer(station).onStore = () => 'abort';
    await approve(station, station.shelf.exam(many(20)));
    await station.clock.advance(4 * 3600_000);
    expect(station.states()).not.toContain('blocked');
    onlyPeer(station).onStore = () => 0;
    await station.clock.advance(61_000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
  });

  it('first in the queue keeps no other back when the destination takes objects again', async () => {
    const station = await open([{ id: 'archive' }]);
    onlyPeer(station).onStore = () => 'abort';
    const exam = station.shelf.exam(many(20));
    await approve(station, exam);
    await station.clock.advance(2 * 3600_000);
    const poison = exam.revisions[0]?.uid;
    onlyPeer(station).onStore = (uid) => (uid === poison ? 'abort' : 0);
    await station.clock.advance(120_000);
    expect(onlyPeer(station).kept).toHaveLength(19);
  });

  it('of a class that is not accepted is blocked, that class alone', async () => {
    const station = await open([{ id: 'archive' }]);
    onlyPeer(station).accepts = (uid) => uid !== '1.2.3.4';
    await approve(station, station.shelf.exam([{ sopClass: '1.2.3.4' }, {}, { sopClass: '1.2.3.4' }, {}]));
    await station.clock.advance(3000);
    expect(station.states().toSorted()).toEqual(['blocked', 'blocked', 'committed', 'committed']);
    expect(station.rows().find((row) => row.state === 'blocked')?.lastAnswer).toMatchObject({
      key: 'class-not-accepted',
      params: { sopClass: '1.2.3.4' },
    });
    expect(station.attempts()).toHaveLength(2);
  });

  it('in a transfer syntax that is not accepted is blocked and says which', async () => {
    const station = await open([{ id: 'archive' }]);
    const jpeg = '1.2.840.10008.1.2.4.70';
    onlyPeer(station).accepts = (_uid, syntax) => syntax !== jpeg;
    await approve(station, station.shelf.exam([{ syntax: jpeg }]));
    expect(station.rows()[0]).toMatchObject({
      state: 'blocked',
      lastAnswer: { key: 'syntax-not-accepted', params: { transferSyntax: jpeg } },
    });
  });

  it('whose bytes are not the approved ones any more never arrives whole', async () => {
    const station = await open([{ id: 'archive' }]);
    const exam = station.shelf.exam(many(3));
    station.shelf.damage(exam.revisions[1]?.id ?? '');
    await approve(station, exam);
    await station.clock.advance(3000);
    expect(onlyPeer(station).kept.map((kept) => kept.uid)).toEqual([exam.revisions[0]?.uid, exam.revisions[2]?.uid]);
    expect(station.rows()[1]).toMatchObject({ state: 'blocked', lastAnswer: { key: 'digest-mismatch' } });
  });

  it('that cannot be read here is tried again and then blocked, while the rest goes on', async () => {
    const station = await open([{ id: 'archive' }]);
    const exam = station.shelf.exam(many(3));
    station.shelf.lose(exam.revisions[0]?.id ?? '');
    await approve(station, exam);
    await station.clock.advance(3600_000);
    expect(station.rows()[0]).toMatchObject({
      state: 'blocked',
      lastAnswer: { key: 'cannot-read', params: { code: 'EIO' } },
    });
    expect(onlyPeer(station).kept).toHaveLength(2);
  });

  it('is sent again when a person says so, and then counts as any other', async () => {
    const station = await open([{ id: 'archive' }]);
    onlyPeer(station).onStore = () => 0xa900;
    const exam = station.shelf.exam(many(1));
    await approve(station, exam);
    const id = station.rows()[0]?.id ?? '';
    onlyPeer(station).onStore = () => 0xb000;
    expect(station.forward.changeDelivery(id, { action: 'retry', reason: '' }).state).toBe('ready');
    await station.clock.advance(3000);
    expect(station.rows()[0]).toMatchObject({ state: 'committed', attempts: 2 });
    expect(station.attempts().map((attempt) => attempt.outcome)).toEqual(['object-refused', 'sent-with-warning']);
  });
});

describe('one identity', () => {
  it('a destination that may hold a UID is never sent it with other bytes', async () => {
    const station = await open([{ id: 'archive' }]);
    onlyPeer(station).onStore = () => 'lost';
    const exam = station.shelf.exam([{ uid: '1.2.3' }]);
    await approve(station, exam);
    expect(station.forward.mayHaveLeft(exam.revisions[0]?.objectId ?? '')).toBe(true);
    onlyPeer(station).onStore = () => 0;
    const objectId = exam.revisions[0]?.objectId ?? '';
    const second = station.shelf.revise(objectId, 2, { uid: '1.2.3', sopClass: ctClass, syntax: explicitLittle });
    station.forward.enqueue(exam.id, [{ id: second, objectId }]);
    await station.clock.advance(3600_000);
    expect(station.states()).toEqual(['cancelled', 'blocked']);
    expect(station.rows()[1]?.lastAnswer?.key).toBe('identity-conflict');
    expect(onlyPeer(station).kept).toEqual([]);
  });

  it('a newer revision takes the place of one that never left', async () => {
    const station = await open([{ id: 'archive' }]);
    station.forward.pause('archive', true);
    const exam = station.shelf.exam([{ uid: '1.2.3' }]);
    const objectId = exam.revisions[0]?.objectId ?? '';
    await approve(station, exam);
    expect(station.forward.mayHaveLeft(objectId)).toBe(false);
    const second = station.shelf.revise(objectId, 2, { uid: '1.2.3', sopClass: ctClass, syntax: explicitLittle });
    station.forward.enqueue(exam.id, [{ id: second, objectId }]);
    station.forward.pause('archive', false);
    await station.clock.advance(3000);
    expect(station.states()).toEqual(['cancelled', 'committed']);
    expect(onlyPeer(station).kept).toHaveLength(1);
    expect(openDeliveries(station, exam.id)).toBe(0);
  });
});

describe('out of resources', () => {
  it('is tried again for ever, and flows within a minute after there is room', async () => {
    const station = await open([{ id: 'archive' }]);
    onlyPeer(station).onStore = () => 0xa700;
    await approve(station, station.shelf.exam(many(30)));
    await station.clock.advance(4 * 3600_000);
    expect(station.states()).not.toContain('blocked');
    expect(station.forward.destinationStatus()[0]?.lastAnswer?.key).toBe('out-of-resources');
    onlyPeer(station).onStore = () => 0;
    await station.clock.advance(60_000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
  });

  it('of one object keeps no other back', async () => {
    const station = await open([{ id: 'archive' }]);
    const exam = station.shelf.exam(many(30));
    const odd = exam.revisions[0]?.uid;
    onlyPeer(station).onStore = (uid) => (uid === odd ? 0xa700 : 0);
    await approve(station, exam);
    await station.clock.advance(100);
    expect(onlyPeer(station).kept).toHaveLength(29);
  });
});

describe('people and the queue', () => {
  it('hold and release', async () => {
    const station = await open([{ id: 'archive' }]);
    station.forward.pause('archive', true);
    const exam = station.shelf.exam(many(2));
    await approve(station, exam);
    const [first] = station.rows();
    expect(station.forward.changeDelivery(first?.id ?? '', { action: 'hold', reason: '' }).state).toBe('held');
    station.forward.pause('archive', false);
    await station.clock.advance(3000);
    expect(station.states()).toEqual(['held', 'committed']);
    station.forward.changeDelivery(first?.id ?? '', { action: 'release', reason: '' });
    await station.clock.advance(3000);
    expect(station.states()).toEqual(['committed', 'committed']);
  });

  it('give up only with a reason, and then the exam waits for it no longer', async () => {
    const station = await open([{ id: 'archive' }]);
    station.forward.pause('archive', true);
    const exam = station.shelf.exam(many(2));
    await approve(station, exam);
    expect(() => station.forward.changeExam({ examId: exam.id }, { action: 'cancel', reason: ' ' })).toThrow(
      'input-invalid',
    );
    expect(station.forward.changeExam({ examId: exam.id }, { action: 'cancel', reason: 'sent by disc' })).toBe(2);
    expect(station.rows()[0]).toMatchObject({
      state: 'cancelled',
      lastAnswer: { key: 'cancelled-by-hand', params: { reason: 'sent by disc' } },
    });
    expect(openDeliveries(station, exam.id)).toBe(0);
    expect(() => station.forward.changeExam({ examId: exam.id }, { action: 'hold', reason: '' })).toThrow(
      'delivery-not-waiting',
    );
    expect(() => station.forward.changeDelivery('nothing', { action: 'hold', reason: '' })).toThrow('not-found');
  });

  it('pause a destination: it ends the object at hand, keeps the rest, and goes on when told', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    let count = 0;
    peer.onStore = () => (++count === 3 && station.forward.pause('archive', true), 0);
    await approve(station, station.shelf.exam(many(10)));
    expect(peer.kept).toHaveLength(3);
    expect(station.states().filter((state) => state === 'ready')).toHaveLength(7);
    expect(station.attempts()).toHaveLength(3);
    expect(station.forward.destinationStatus()[0]?.state).toBe('paused');
    station.forward.pause('archive', false);
    await station.clock.advance(3000);
    expect(peer.kept).toHaveLength(10);
  });
});

describe('the settings', () => {
  it('lose a destination: what waits for it is shown as blocked, and goes on when it is back', async () => {
    const station = await open([{ id: 'archive' }, { id: 'cache' }]);
    const cache = station.peers.get('CACHE');
    if (cache) cache.onOpen = () => ({ kind: 'unreachable', code: 'EHOSTUNREACH' });
    const exam = station.shelf.exam(many(4));
    await approve(station, exam);
    await station.clock.advance(3000);
    await station.forward.applySettings(settingsWith({ id: 'archive' }));
    const waiting = station.rows().filter((row) => row.destinationId === 'cache');
    expect(waiting.every((row) => row.state === 'blocked' && row.lastAnswer?.key === 'destination-removed')).toBe(true);
    expect(() =>
      station.forward.changeExam({ examId: exam.id, destinationId: 'cache' }, { action: 'retry', reason: '' }),
    ).toThrow('delivery-not-waiting');
    expect(station.forward.destinationStatus().map((status) => status.id)).toEqual(['archive']);
    expect(station.forward.queueCounts().blocked).toBe(4);
    const next = station.shelf.exam(many(1));
    expect(station.forward.enqueue(next.id, next.revisions)).toBe(1);
    if (cache) cache.onOpen = () => undefined;
    await station.forward.applySettings(settingsWith({ id: 'archive' }, { id: 'cache' }));
    await station.clock.advance(5000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
    expect(cache?.kept).toHaveLength(4);
  });

  it('change an address: what waited is tried there at once', async () => {
    const station = await open([{ id: 'archive', aeTitle: 'WRONG' }], { peers: new Map([['ARCHIVE', fakePeer()]]) });
    await approve(station, station.shelf.exam(many(2)));
    await station.clock.advance(600_000);
    expect(station.forward.destinationStatus()[0]?.state).toBe('silent');
    await station.forward.applySettings(settingsWith({ id: 'archive' }));
    await station.clock.advance(3000);
    expect(onlyPeer(station).kept).toHaveLength(2);
  });

  it('make a destination optional: what was approved before still needs it, what comes now does not', async () => {
    const station = await open([{ id: 'archive' }]);
    station.forward.pause('archive', true);
    const exam = station.shelf.exam(many(2));
    await approve(station, exam);
    expect(openDeliveries(station, exam.id)).toBe(2);
    await station.forward.applySettings(settingsWith({ id: 'archive', required: false }));
    expect(openDeliveries(station, exam.id)).toBe(2);
    const later = station.shelf.exam(many(2));
    station.forward.enqueue(later.id, later.revisions);
    expect(openDeliveries(station, later.id)).toBe(0);
    // A rule of the exam says more than the destination does.
    const ruled = station.shelf.exam(many(2));
    station.forward.enqueue(ruled.id, ruled.revisions, { destinations: [{ id: 'archive', required: true }] });
    expect(openDeliveries(station, ruled.id)).toBe(2);
    const gone = [{ id: 'gone', required: true }];
    expect(() => station.forward.enqueue(ruled.id, ruled.revisions, { destinations: gone })).toThrow('route-not-ready');
  });
});

describe('a restart in the middle', () => {
  it('neither loses nor doubles anything', async () => {
    const shelf = new Shelf();
    const peers = new Map([['ARCHIVE', fakePeer()]]);
    const exam = shelf.exam(many(60));
    const first = await open([{ id: 'archive' }], { shelf, peers });
    let count = 0;
    const peer = onlyPeer(first);
    peer.pace = async () => {
      // Stands for a station that dies: it never gets its answer.
      if (++count === 21) await new Promise(() => {});
    };
    await approve(first, exam);
    expect(first.rows().filter((row) => row.state === 'sending').length).toBeGreaterThan(0);
    opened.pop();
    peer.pace = async () => {};
    const second = await open([{ id: 'archive' }], { shelf, peers });
    await second.clock.advance(5000);
    expect(new Set(second.states())).toEqual(new Set(['committed']));
    expect(new Set(peer.kept.map((kept) => kept.uid)).size).toBe(60);
    expect(second.attempts().filter((attempt) => attempt.outcome === 'unknown').length).toBeGreaterThan(0);
    expect(second.attempts().some((attempt) => attempt.outcome === 'underway')).toBe(false);
  });

  it('when it is asked to end, it ends the object at hand and gives the rest back untouched', async () => {
    const shelf = new Shelf();
    const station = await openStation([{ id: 'archive' }], { shelf });
    const peer = onlyPeer(station);
    let answer: () => void = () => {};
    peer.pace = () => new Promise((resolve) => (answer = resolve));
    await approve(station, shelf.exam(many(10)));
    const closing = station.forward.close(5000);
    await quiet();
    answer();
    await closing;
    expect(peer.kept).toHaveLength(1);
    expect(station.states().filter((state) => state === 'ready')).toHaveLength(9);
    expect(station.attempts()).toHaveLength(1);
  });
});

describe('the outbox on the screen', () => {
  it('has a line for each exam with what stands where', async () => {
    const station = await open([{ id: 'archive' }, { id: 'cache', confirm: 'none' }]);
    const exam = station.shelf.exam(many(6));
    const archive = station.peers.get('ARCHIVE');
    if (archive) archive.onStore = (uid) => (uid === exam.revisions[0]?.uid ? 0xc123 : 0);
    await approve(station, exam);
    await station.clock.advance(3000);
    const page = station.forward.outboxPage({ open: true, limit: 10, offset: 0 });
    expect(page).toMatchObject({ total: 1, objectsWaiting: 0, oldestWaitingSince: null });
    expect(page.lines[0]).toMatchObject({
      examId: exam.id,
      received: { PatientName: 'DOE^JANE' },
      objects: 6,
      destinations: [
        { destinationId: 'archive', total: 6, confirmed: 5, blocked: 1, sent: 0, confirmedAt: null },
        { destinationId: 'cache', total: 6, confirmed: 6, blocked: 0, confirmedAt: expect.any(String) },
      ],
    });
    expect(station.forward.queueCounts()).toEqual({ waiting: 0, unconfirmed: 0, blocked: 1 });
  });

  it('a destination that is taken on its word says so with every delivery, and counts nothing as proved', async () => {
    const station = await open([{ id: 'cache', confirm: 'none' }]);
    await approve(station, station.shelf.exam(many(3)));
    expect(station.rows().map((row) => [row.state, row.confirmedBy])).toEqual(Array(3).fill(['committed', 'none']));
    expect(station.forward.destinationStatus()[0]?.confirmedToday).toBe(0);
  });
});
