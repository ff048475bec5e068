import { afterEach, describe, expect, it } from 'vitest';
import { many } from './approved-exam.ts';
import { approve, onlyPeer, openStation, type Station } from './open-station.ts';

const opened: Station[] = [];
afterEach(async () => {
  for (const station of opened.splice(0)) {
    const closing = station.forward.close(100);
    await station.clock.advance(200);
    await closing;
    expect(station.errors).toEqual([]);
  }
});

async function openOne() {
  const station = await openStation([{ id: 'archive', confirm: 'none' }]);
  opened.push(station);
  return station;
}

const reject = ({ shelf }: Station, { objectId, uid }: { readonly objectId: string; readonly uid: string }) =>
  shelf.book.sql(`INSERT INTO rejected_instance VALUES (?, ?, 'note')`).run(objectId, uid);

describe('IOCM-9 a SOP Instance UID that was rejected', () => {
  it('is taken in no delivery, whatever object brings it', async () => {
    const station = await openOne();
    const [first, again] = [station.shelf.exam(many(1)), station.shelf.exam(many(1))];
    reject(station, { objectId: 'another', uid: again.revisions[0]?.uid ?? '' });
    await approve(station, first);
    expect(() => station.forward.enqueue(again.id, again.revisions)).toThrow('rejected-earlier');
    expect(station.rows()).toHaveLength(1);
  });

  it('does not leave when it was rejected while its delivery waited', async () => {
    const station = await openOne();
    const exam = station.shelf.exam(many(2));
    station.forward.pause('archive', true);
    await approve(station, exam);
    const [revision] = exam.revisions;
    if (!revision) throw new Error('no revision');
    reject(station, revision);
    station.forward.pause('archive', false);
    await station.clock.advance(60_000);
    const states = station.rows().map(({ state, lastAnswer }) => `${state} ${lastAnswer?.key ?? ''}`);
    expect(states.sort()).toEqual(['blocked was-rejected', 'committed taken-on-its-word']);
    expect(onlyPeer(station).kept).toHaveLength(1);
  });

  it('does not leave when a person sends it again, which arrived before', async () => {
    const station = await openOne();
    const exam = station.shelf.exam(many(1));
    await approve(station, exam);
    await station.clock.advance(1_000);
    const [revision] = exam.revisions;
    if (!revision) throw new Error('no revision');
    reject(station, revision);
    const [row] = station.rows();
    station.forward.changeDelivery(row?.id ?? '', { action: 'send-again', reason: '' });
    await station.clock.advance(60_000);
    expect(station.rows()[0]?.lastAnswer).toMatchObject({ key: 'was-rejected' });
    expect(onlyPeer(station).kept).toHaveLength(1);
  });

  it('IOCM-7 is not missed in the proof of what comes after it, where the archive hides it', () => proveAfter(true));
  it('IOCM-7 is not missed in the proof of what comes after it, where the archive still shows it', () =>
    proveAfter(false));

  async function proveAfter(hides: boolean): Promise<void> {
    const station = await openStation([{ id: 'archive', confirm: 'query' }]);
    opened.push(station);
    const exam = station.shelf.exam(many(4));
    const peer = onlyPeer(station);
    const [late, ...first] = exam.revisions;
    if (!late) throw new Error('no revision');
    await approve(station, { ...exam, revisions: first });
    await station.clock.advance(3_000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
    for (const one of first.slice(0, 2)) reject(station, one);
    const hidden = new Set(hides ? first.slice(0, 2).map(({ uid }) => uid) : []);
    peer.shows = (uid) => !hidden.has(uid) && peer.kept.some((kept) => kept.uid === uid);
    await approve(station, { ...exam, revisions: [late] });
    await station.clock.advance(5_000);
    const row = station.rows().find(({ SOPInstanceUID }) => SOPInstanceUID === late.uid);
    expect(row).toMatchObject({ state: 'committed', lastAnswer: { key: 'found-by-query' } });
    expect(peer.kept).toHaveLength(4);
  }

  it('is cancelled where it only waits, and what is under way ends first', async () => {
    const station = await openOne();
    const exam = station.shelf.exam(many(3));
    station.forward.pause('archive', true);
    await approve(station, exam);
    expect(station.forward.withdrawRejected(exam.revisions.slice(0, 2).map(({ objectId }) => objectId))).toBe(2);
    expect(station.states().sort()).toEqual(['cancelled', 'cancelled', 'ready']);
  });
});
