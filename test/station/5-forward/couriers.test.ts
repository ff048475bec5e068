import { afterEach, describe, expect, it } from 'vitest';
import { many, type ApprovedExam } from './approved-exam.ts';
import { quiet } from './fake-clock.ts';
import type { FakePeer } from './fake-peer.ts';
import { approve, onlyPeer, openStation, type Station } from './open-station.ts';

const opened: Station[] = [];
afterEach(async () => {
  for (const station of opened.splice(0)) {
    const closing = station.forward.close(0);
    await station.clock.advance(10);
    await closing;
    expect(station.errors).toEqual([]);
    station.shelf.book.close();
  }
});
const open = async (...words: Parameters<typeof openStation>): Promise<Station> => {
  const station = await openStation(...words);
  opened.push(station);
  return station;
};

const report = '1.2.840.10008.5.1.4.1.1.88.11';
const uidsOf = (exam: ApprovedExam) => exam.revisions.map(({ uid }) => uid);
const arrived = (peer: FakePeer) => peer.kept.map(({ uid }) => uid);

/** Every object takes its time over there; gives how many are under way at once, at most. */
function takeTime(station: Station, peer: FakePeer, ms: number): { most: number } {
  const seen = { most: 0 };
  let now = 0;
  peer.pace = async () => {
    seen.most = Math.max(seen.most, ++now);
    await new Promise<void>((resolve) => void station.clock.after(ms, resolve));
    now--;
  };
  return seen;
}

describe('several associations', () => {
  it('share a queue: each object goes once, and no more of them are open than are set', async () => {
    const station = await open([{ id: 'archive', associations: 3 }]);
    const peer = onlyPeer(station);
    const seen = takeTime(station, peer, 20);
    const exam = station.shelf.exam(many(200));
    await approve(station, exam);
    await station.clock.advance(4000);
    expect(arrived(peer).toSorted()).toEqual(uidsOf(exam).toSorted());
    expect(seen.most).toBe(3);
    expect(peer.associations).toBeLessThanOrEqual(4);
    expect(new Set(peer.cameOver.map(({ association }) => association)).size).toBe(3);
  });

  it('are not opened where one will do', async () => {
    const station = await open([{ id: 'archive', associations: 8, confirm: 'none' }]);
    await approve(station, station.shelf.exam(many(1)));
    await station.clock.advance(1000);
    expect(onlyPeer(station).associations).toBe(1);
  });

  it('a destination that grants one alone is sent everything over that one, and is not called silent for it', async () => {
    const station = await open([{ id: 'archive', associations: 4, confirm: 'none' }]);
    const peer = onlyPeer(station);
    takeTime(station, peer, 20);
    let refused = 0;
    peer.onOpen = () => {
      if (peer.openNow === 0) return undefined;
      refused++;
      return { kind: 'rejected', result: 2, source: 3, reason: 2 };
    };
    await approve(station, station.shelf.exam(many(100)));
    await station.clock.advance(10_000);
    expect(peer.kept).toHaveLength(100);
    expect(refused).toBe(1);
    expect(station.forward.destinationStatus()[0]?.state).toBe('well');
  });

  it('stay open for what comes next, and are let go when nothing comes', async () => {
    const station = await open([{ id: 'archive', associations: 2, confirm: 'none' }]);
    const peer = onlyPeer(station);
    for (let exam = 0; exam < 3; exam++) {
      await approve(station, station.shelf.exam(many(1)));
      await station.clock.advance(3000);
    }
    expect(peer.kept).toHaveLength(3);
    expect(peer.associations).toBe(1);
    expect(station.forward.destinationStatus()[0]?.associations).toBe(1);
    await station.clock.advance(6000);
    expect(peer.openNow).toBe(0);
    expect(station.forward.destinationStatus()[0]?.associations).toBe(0);
  });

  it('a report leaves when the images of its exam have, on whatever association they go; other exams do not wait', async () => {
    const station = await open([{ id: 'archive', associations: 4, confirm: 'none' }]);
    const peer = onlyPeer(station);
    takeTime(station, peer, 50);
    const first = station.shelf.exam([{ sopClass: report }, ...many(30), { sopClass: report }]);
    const second = station.shelf.exam(many(10));
    await approve(station, first, second);
    await station.clock.advance(20_000);
    const order = arrived(peer);
    expect(order).toHaveLength(42);
    const images = uidsOf(first).slice(1, 31);
    const reports = [uidsOf(first)[0] ?? '', uidsOf(first)[31] ?? ''];
    const last = Math.max(...images.map((uid) => order.indexOf(uid)));
    for (const uid of reports) expect(order.indexOf(uid)).toBeGreaterThan(last);
  });
});

describe('who goes first', () => {
  it('stat before urgent before routine before backlog, and who waits rises', async () => {
    const station = await open([{ id: 'archive', confirm: 'none' }]);
    const { clock, forward, shelf } = station;
    forward.pause('archive', true);
    const exam = (uid: string, priority: 0 | 1 | 2 | 3) => {
      const made = shelf.exam([{ uid }]);
      forward.enqueue(made.id, made.revisions, { priority });
    };
    const hour = 3600_000;
    exam('9.3', 3);
    await clock.advance(22.5 * hour);
    exam('1.2', 2);
    await clock.advance(hour);
    exam('2.1', 1);
    exam('2.3', 3);
    await clock.advance(1.5 * hour);
    exam('3.0', 0);
    exam('3.1', 1);
    exam('3.2', 2);
    forward.pause('archive', false);
    await clock.advance(100);
    // The backlog has waited for a day, the first routine one for more than two hours.
    expect(arrived(onlyPeer(station))).toEqual(['3.0', '2.1', '9.3', '1.2', '3.1', '3.2', '2.3']);
  });

  it('a person lets one exam go sooner, and the trail tells of it', async () => {
    const station = await open([{ id: 'archive', confirm: 'none' }]);
    station.forward.pause('archive', true);
    const [first, second] = [station.shelf.exam([{ uid: '1.1' }]), station.shelf.exam([{ uid: '2.1' }])];
    await approve(station, first, second);
    station.forward.changeExam({ examId: second.id }, { action: 'prioritise', reason: '', priority: 'stat' });
    expect(station.moves.at(-1)).toMatchObject({ event: 'prioritise', detail: { priority: 'stat' } });
    expect(station.rows().map((row) => row.priority)).toEqual(['routine', 'stat']);
    station.forward.pause('archive', false);
    await quiet();
    expect(arrived(onlyPeer(station))).toEqual(['2.1', '1.1']);
    expect(() => station.forward.changeExam({ examId: first.id }, { action: 'prioritise', reason: '' })).toThrow(
      'input-invalid',
    );
  });
});

describe('hours and bandwidth', () => {
  const night = { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const, from: '22:00', until: '06:00' };

  it('what keeps to the hours waits for them and says until when; a stat goes at any time', async () => {
    const schedule = { windows: [{ ...night, days: [...night.days] }], priorities: ['routine' as const] };
    const station = await open([{ id: 'archive', confirm: 'none', schedule }]);
    // 08:00 of Greenwich is the time of the test's clock; what the wall shows depends on the machine.
    const wall = new Date(station.clock.epochMs());
    const untilNight = ((22 - wall.getHours() - wall.getMinutes() / 60 + 24) % 24 || 24) * 3600_000;
    const isNight = wall.getHours() >= 22 || wall.getHours() < 6;
    if (isNight) return;
    const [routine, stat] = [station.shelf.exam(many(2)), station.shelf.exam(many(1))];
    await approve(station, routine);
    station.forward.enqueue(stat.id, stat.revisions, { priority: 0 });
    await station.clock.advance(60_000);
    expect(arrived(onlyPeer(station))).toEqual(uidsOf(stat));
    const opensAt = station.forward.destinationStatus()[0]?.opensAt ?? '';
    expect(Date.parse(opensAt) - Date.parse('2026-11-23T08:00:00.000Z')).toBe(untilNight);
    await station.clock.advance(untilNight);
    expect(onlyPeer(station).kept).toHaveLength(3);
    expect(station.forward.destinationStatus()[0]?.opensAt).toBeNull();
  });

  it('a limit counts for all associations together', async () => {
    const station = await open([{ id: 'archive', associations: 4, confirm: 'none', bytesPerSecond: 100_000 }]);
    await approve(station, station.shelf.exam(many(40, { bytes: Buffer.alloc(50_000, 1) })));
    await station.clock.advance(10_000);
    const kept = onlyPeer(station).kept.length;
    expect(kept).toBeGreaterThanOrEqual(16);
    expect(kept).toBeLessThanOrEqual(21);
    await station.clock.advance(11_000);
    expect(onlyPeer(station).kept).toHaveLength(40);
  });
});

describe('what hangs', () => {
  it.each([1, 4])('one object that is never answered holds up no other, with %i associations', async (associations) => {
    const station = await open([{ id: 'archive', associations, confirm: 'none' }]);
    const peer = onlyPeer(station);
    takeTime(station, peer, 10);
    const exam = station.shelf.exam(many(300));
    const poison = exam.revisions[7]?.uid;
    peer.hangs = (uid) => uid === poison;
    await approve(station, exam);
    await station.clock.advance(12_000);
    expect(peer.kept).toHaveLength(299);
    expect(station.states().filter((state) => state === 'sending')).toHaveLength(1);
  });

  it('the very first object does, and the rest goes all the same', async () => {
    const station = await open([{ id: 'archive', confirm: 'none' }]);
    const exam = station.shelf.exam(many(20));
    onlyPeer(station).hangs = (uid) => uid === exam.revisions[0]?.uid;
    await approve(station, exam);
    await station.clock.advance(12_000);
    expect(onlyPeer(station).kept).toHaveLength(19);
  });

  it('a destination that answers nothing is not swamped with associations', async () => {
    const station = await open([{ id: 'archive', associations: 8 }]);
    onlyPeer(station).hangs = () => true;
    await approve(station, station.shelf.exam(many(100)));
    await station.clock.advance(100_000);
    expect(onlyPeer(station).associations).toBe(2);
  });
});

describe('by hand', () => {
  it('what arrived is sent again: the same bytes under the same UID, one more attempt, and proved anew', async () => {
    const station = await open([{ id: 'archive' }]);
    const exam = station.shelf.exam(many(2));
    await approve(station, exam);
    await station.clock.advance(5000);
    expect(station.states()).toEqual(['committed', 'committed']);
    const id = station.rows()[0]?.id ?? '';
    expect(station.forward.changeDelivery(id, { action: 'send-again', reason: '' })).toMatchObject({
      confirmedBy: null,
      attempts: 1,
    });
    await station.clock.advance(5000);
    const { kept } = onlyPeer(station);
    const twice = kept.filter(({ uid }) => uid === exam.revisions[0]?.uid);
    expect(twice).toHaveLength(2);
    expect(twice[0]?.bytes.equals(twice[1]?.bytes ?? Buffer.alloc(0))).toBe(true);
    expect(station.rows()[0]).toMatchObject({ state: 'committed', attempts: 2, confirmedBy: 'commitment' });
    expect(station.moves.map(({ event }) => event)).toContain('send-again');
  });

  it('an older version is never sent again', async () => {
    const station = await open([{ id: 'archive' }]);
    const exam = station.shelf.exam(many(1));
    await approve(station, exam);
    await station.clock.advance(5000);
    const objectId = exam.revisions[0]?.objectId ?? '';
    const next = station.shelf.revise(objectId, 2, { uid: '9.9', sopClass: '1.2', syntax: '1.2.840.10008.1.2.1' });
    station.forward.enqueue(exam.id, [{ id: next, objectId }]);
    const id = station.rows()[0]?.id ?? '';
    expect(() => station.forward.changeDelivery(id, { action: 'send-again', reason: '' })).toThrow(
      'delivery-not-waiting',
    );
  });

  it('what waits for one destination goes to another in its place', async () => {
    const station = await open([
      { id: 'archive', confirm: 'none' },
      { id: 'cache', confirm: 'none' },
    ]);
    const [archive, cache] = [...station.peers.values()];
    if (archive) archive.onOpen = () => ({ kind: 'unreachable', code: 'ECONNREFUSED' });
    const exam = station.shelf.exam(many(3));
    const [first] = exam.revisions;
    station.shelf.book.transaction(() =>
      station.forward.enqueue(exam.id, exam.revisions.slice(0, 1), {
        destinations: [{ id: 'archive', required: true }],
      }),
    );
    await quiet();
    const wish = { action: 'reroute', reason: 'the archive moves' } as const;
    expect(() => station.forward.changeExam({ examId: exam.id }, wish)).toThrow('input-invalid');
    expect(() => station.forward.changeExam({ examId: exam.id }, { ...wish, toDestinationId: 'moon' })).toThrow(
      'not-found',
    );
    expect(station.forward.changeExam({ examId: exam.id }, { ...wish, toDestinationId: 'cache' })).toBe(1);
    await station.clock.advance(2000);
    expect(station.rows().map((row) => [row.destinationId, row.state])).toEqual([
      ['archive', 'cancelled'],
      ['cache', 'committed'],
    ]);
    expect(station.rows()[0]?.lastAnswer).toMatchObject({
      key: 'sent-elsewhere',
      params: { destination: 'cache', reason: 'the archive moves' },
    });
    expect(cache?.kept.map(({ uid }) => uid)).toEqual([first?.uid]);
    expect(station.moves.find(({ event }) => event === 'rerouted')?.detail).toEqual({
      toDestinationId: 'cache',
      reason: 'the archive moves',
    });
  });
});

describe('an outage of three days', () => {
  it.each(['unreachable', 'silent after the first'])(
    '%s: everything is delivered without a person, and flows within a minute after it',
    async (how) => {
      const station = await open([{ id: 'archive', associations: 4 }]);
      const peer = onlyPeer(station);
      const exam = station.shelf.exam(many(60));
      if (how === 'unreachable') peer.onOpen = () => ({ kind: 'unreachable', code: 'EHOSTUNREACH' });
      if (how === 'silent after the first') {
        peer.onOpen = () =>
          peer.associations === 0
            ? undefined
            : { kind: 'failed', ending: { kind: 'timed-out', waitedFor: 'association' } };
        peer.onStore = () => 'lost';
      }
      await approve(station, exam);
      await station.clock.advance(24 * 3600_000);
      await approve(station, station.shelf.exam(many(40)));
      await station.clock.advance(48 * 3600_000);
      expect(station.states()).not.toContain('blocked');
      expect(peer.kept).toHaveLength(0);
      peer.onOpen = () => undefined;
      peer.onStore = () => 0;
      await station.clock.advance(60_000);
      expect(peer.kept.length).toBe(100);
      await station.clock.advance(60_000);
      expect(new Set(station.states())).toEqual(new Set(['committed']));
    },
  );
});

describe('one of two destinations', () => {
  it('dead, silent or full of objects that hang: the other gets everything at its own pace', async () => {
    for (const how of ['refuses', 'hangs'] as const) {
      const station = await open([
        { id: 'archive', confirm: 'none', associations: 2 },
        { id: 'cache', confirm: 'none', associations: 2 },
      ]);
      const [archive, cache] = [...station.peers.values()];
      if (!archive || !cache) throw new Error('no peers');
      if (how === 'refuses') archive.onOpen = () => ({ kind: 'unreachable', code: 'ECONNREFUSED' });
      else archive.hangs = () => true;
      takeTime(station, cache, 10);
      await approve(station, station.shelf.exam(many(100)));
      await station.clock.advance(700);
      expect(cache.kept).toHaveLength(100);
      expect(archive.kept).toHaveLength(0);
    }
  });
});
