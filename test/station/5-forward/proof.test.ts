import { afterEach, describe, expect, it } from 'vitest';
import type { CommitmentReport } from '#station/dicom/network/index.ts';
import { many, Shelf } from './approved-exam.ts';
import { quiet } from './fake-clock.ts';
import { fakePeer, type FakePeer } from './fake-peer.ts';
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

const archive = { callingAeTitle: 'ARCHIVE', address: '127.0.0.1' };
const whole = (peer: FakePeer, asking = 0): CommitmentReport => ({
  transactionUid: peer.asked[asking]?.transactionUid ?? '',
  committed: (peer.asked[asking]?.uids ?? []).map((uid) => ({ sopClassUid: '1.2', sopInstanceUid: uid })),
  failed: [],
});

describe('storage commitment', () => {
  it('is asked for all that was sent in one request, and the transaction is written down before it leaves', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    let known: unknown;
    peer.onAsked = (transactionUid) => {
      known = station.shelf.book.sql('SELECT state FROM commitment WHERE transactionUid = ?').get(transactionUid);
      return undefined;
    };
    await approve(station, station.shelf.exam(many(30)));
    await station.clock.advance(100);
    expect(peer.asked.map((asked) => asked.uids.length)).toEqual([30]);
    expect(known).toEqual({ state: 'asked' });
    expect(new Set(station.states())).toEqual(new Set(['commit-requested']));
    expect(station.forward.destinationStatus()[0]).toMatchObject({ waiting: 0, unconfirmed: 30 });
  });

  it('counts when its report comes later, on an association that the peer opens', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    peer.onAsked = () => undefined;
    await approve(station, station.shelf.exam(many(3)));
    await station.clock.advance(60_000);
    expect(station.forward.onCommitmentReport(whole(peer), archive)).toBe(0x0000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
    expect(station.rows()[0]).toMatchObject({ confirmedBy: 'commitment', lastAnswer: { key: 'commit-confirmed' } });
  });

  it('counts after a restart in between', async () => {
    const shelf = new Shelf();
    const peers = new Map([['ARCHIVE', fakePeer()]]);
    const first = await open([{ id: 'archive' }], { shelf, peers });
    const peer = onlyPeer(first);
    peer.onAsked = () => undefined;
    await approve(first, shelf.exam(many(3)));
    await first.clock.advance(2000);
    opened.pop();
    const closing = first.forward.close(100);
    await first.clock.advance(200);
    await closing;
    const second = await open([{ id: 'archive' }], { shelf, peers });
    expect(second.forward.onCommitmentReport(whole(peer), archive)).toBe(0x0000);
    expect(new Set(second.states())).toEqual(new Set(['committed']));
  });

  it('is asked anew soon after a restart, because its report may have come while nobody listened', async () => {
    const shelf = new Shelf();
    const peers = new Map([['ARCHIVE', fakePeer()]]);
    const first = await open([{ id: 'archive' }], { shelf, peers });
    const peer = onlyPeer(first);
    peer.onAsked = () => undefined;
    await approve(first, shelf.exam(many(3)));
    await first.clock.advance(2000);
    opened.pop();
    const closing = first.forward.close(100);
    await first.clock.advance(200);
    await closing;
    const second = await open([{ id: 'archive' }], { shelf, peers });
    peer.onAsked = fakePeer().onAsked;
    await second.clock.advance(30_000);
    expect(new Set(second.states())).toEqual(new Set(['committed']));
    expect(peer.asked).toHaveLength(2);
    expect(peer.kept).toHaveLength(3);
  });

  it('that is lost is asked for anew with another transaction, and a late report of the first one still counts', async () => {
    const station = await open([{ id: 'archive' }], { options: { commitDeadlineMs: 60_000 } });
    const peer = onlyPeer(station);
    peer.onAsked = () => undefined;
    await approve(station, station.shelf.exam(many(2)));
    await station.clock.advance(62_000);
    expect(peer.asked).toHaveLength(2);
    expect(peer.asked[0]?.transactionUid).not.toBe(peer.asked[1]?.transactionUid);
    expect(peer.asked[0]?.transactionUid.length).toBeLessThanOrEqual(64);
    await station.clock.advance(100_000);
    expect(peer.asked).toHaveLength(2);
    await station.clock.advance(30_000);
    expect(peer.asked).toHaveLength(3);
    expect(station.forward.onCommitmentReport(whole(peer), archive)).toBe(0x0000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
    expect(peer.kept).toHaveLength(2);
  });

  it('repeated changes nothing', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    await approve(station, station.shelf.exam(many(2)));
    await station.clock.advance(1000);
    const before = station.rows();
    expect(before.every((row) => row.state === 'committed')).toBe(true);
    expect(station.forward.onCommitmentReport(whole(peer), archive)).toBe(0x0000);
    const { committed, ...rest } = whole(peer);
    const no = { ...rest, committed: [], failed: committed.map((reference) => ({ ...reference, reason: 0x0112 })) };
    expect(station.forward.onCommitmentReport(no, archive)).toBe(0x0000);
    expect(station.rows()).toEqual(before);
  });

  it('of an unknown transaction, of a stranger, or of an object that was not asked about proves nothing', async () => {
    const station = await open([{ id: 'archive' }, { id: 'cache' }]);
    const peer = station.peers.get('ARCHIVE') as FakePeer;
    const cache = station.peers.get('CACHE') as FakePeer;
    peer.onAsked = () => undefined;
    cache.onAsked = () => undefined;
    const exam = station.shelf.exam(many(2));
    await approve(station, exam);
    await station.clock.advance(5000);
    const report = whole(peer);
    expect(station.forward.onCommitmentReport({ ...report, transactionUid: '1.2.3' }, archive)).toBe(0x0110);
    expect(station.forward.onCommitmentReport(report, { ...archive, callingAeTitle: 'STRANGER' })).toBe(0x0110);
    expect(station.forward.onCommitmentReport(report, { ...archive, callingAeTitle: 'CACHE' })).toBe(0x0110);
    const foreign = { ...report, committed: [{ sopClassUid: '1.2', sopInstanceUid: '1.2.3.4.5' }] };
    expect(station.forward.onCommitmentReport(foreign, archive)).toBe(0x0000);
    expect(station.states()).not.toContain('committed');
  });

  it('that fails for some sends those again and no other', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    const exam = station.shelf.exam(many(5));
    const lost = exam.revisions[2]?.uid ?? '';
    let asked = 0;
    peer.onAsked = (transactionUid, uids) => {
      const failed = ++asked === 1 ? [{ sopClassUid: '1.2', sopInstanceUid: lost, reason: 0x0112 }] : [];
      const rest = uids.filter((uid) => !failed.some((one) => one.sopInstanceUid === uid));
      return { transactionUid, committed: rest.map((uid) => ({ sopClassUid: '1.2', sopInstanceUid: uid })), failed };
    };
    await approve(station, exam);
    await station.clock.advance(60_000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
    expect(peer.kept.filter((kept) => kept.uid === lost)).toHaveLength(2);
    expect(peer.kept).toHaveLength(6);
    expect(peer.asked.map((one) => one.uids.length)).toEqual([5, 1]);
  });

  it('that never succeeds for one object blocks it, it alone, after five', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    peer.onAsked = (transactionUid, uids) => ({
      transactionUid,
      committed: [],
      failed: uids.map((uid) => ({ sopClassUid: '1.2', sopInstanceUid: uid, reason: 0x0112 })),
    });
    await approve(station, station.shelf.exam(many(1)));
    await station.clock.advance(3600_000);
    expect(station.rows()[0]).toMatchObject({
      state: 'blocked',
      lastAnswer: { key: 'commit-failed', params: { reason: '0112' } },
    });
    expect(peer.kept).toHaveLength(5);
  });

  it('refused for want of resources is asked for again, and nothing is sent twice', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    peer.actionStatus = 0x0213;
    await approve(station, station.shelf.exam(many(2)));
    await station.clock.advance(30_000);
    expect(station.rows()[0]).toMatchObject({
      state: 'sent',
      lastAnswer: { key: 'commit-refused', params: { status: '0213' } },
    });
    peer.actionStatus = 0;
    await station.clock.advance(600_000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
    expect(peer.kept).toHaveLength(2);
  });

  it('that the peer does not offer is replaced by a query, and says so', async () => {
    const station = await open([{ id: 'archive' }]);
    onlyPeer(station).accepts = (uid) => uid !== '1.2.840.10008.1.20.1';
    await approve(station, station.shelf.exam(many(2)));
    await station.clock.advance(3000);
    expect(station.rows()[0]).toMatchObject({
      state: 'committed',
      confirmedBy: 'query',
      lastAnswer: { key: 'found-by-query-instead' },
    });
  });

  it('of a peer that offers neither stays open, is said, and is asked for again for ever', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    peer.accepts = (uid) => uid === '1.2.840.10008.5.1.4.1.1.2';
    const exam = station.shelf.exam(many(2));
    await approve(station, exam);
    await station.clock.advance(24 * 3600_000);
    const [row] = station.rows();
    expect(row).toMatchObject({ state: 'sent', lastAnswer: { key: 'commit-not-offered' }, confirmedAt: null });
    expect(Date.parse(row?.nextAttemptAt ?? '')).toBeGreaterThan(station.clock.epochMs());
    expect(peer.kept).toHaveLength(2);
    station.forward.changeExam({ examId: exam.id }, { action: 'cancel', reason: 'seen in the archive' });
    expect(new Set(station.states())).toEqual(new Set(['cancelled']));
  });

  it('of a thousand objects is asked for in requests of at most five hundred', async () => {
    const station = await open([{ id: 'archive' }]);
    await approve(station, station.shelf.exam(many(1001)));
    await station.clock.advance(5000);
    expect(onlyPeer(station).asked.every((asked) => asked.uids.length <= 500)).toBe(true);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
  });

  it('waits while the destination is silent, and is asked for when it is back', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    peer.onAsked = () => undefined;
    await approve(station, station.shelf.exam(many(2)));
    await station.clock.advance(5000);
    peer.onOpen = () => ({ kind: 'unreachable', code: 'ECONNREFUSED' });
    await station.clock.advance(2 * 3600_000);
    expect(station.forward.destinationStatus()[0]?.state).toBe('silent');
    expect(new Set(station.states())).toEqual(new Set(['sent']));
    peer.onOpen = () => undefined;
    peer.onAsked = fakePeer().onAsked;
    await station.clock.advance(60_000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
  });
});

describe('a query', () => {
  it('is one for each series, then one for the study, and finds what is there', async () => {
    const station = await open([{ id: 'cache', confirm: 'query' }]);
    const exam = station.shelf.exam(many(50));
    await approve(station, exam);
    await station.clock.advance(3000);
    expect(onlyPeer(station).queries).toEqual([
      { StudyInstanceUID: exam.StudyInstanceUID, SeriesInstanceUID: expect.any(String), SOPInstanceUID: '' },
      { StudyInstanceUID: exam.StudyInstanceUID, NumberOfStudyRelatedInstances: '' },
    ]);
    expect(new Set(station.rows().map((row) => `${row.state} ${row.confirmedBy}`))).toEqual(
      new Set(['committed query']),
    );
  });

  it('that does not find an object is repeated before it is sent again', async () => {
    const station = await open([{ id: 'cache', confirm: 'query' }]);
    const peer = onlyPeer(station);
    peer.shows = (uid) => peer.kept.filter((kept) => kept.uid === uid).length > 1;
    await approve(station, station.shelf.exam(many(2)));
    await station.clock.advance(3000);
    expect(station.rows()[0]).toMatchObject({ state: 'sent', lastAnswer: { key: 'not-found-by-query' } });
    await station.clock.advance(600_000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
    expect(peer.kept).toHaveLength(4);
  });

  it('that is refused proves nothing and loses nothing', async () => {
    const station = await open([{ id: 'cache', confirm: 'query' }]);
    const peer = onlyPeer(station);
    peer.findStatus = 0xc001;
    await approve(station, station.shelf.exam(many(2)));
    await station.clock.advance(3600_000);
    expect(station.rows()[0]).toMatchObject({
      state: 'sent',
      lastAnswer: { key: 'query-refused', params: { status: 'C001' } },
    });
    peer.findStatus = 0;
    await station.clock.advance(600_000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
    expect(peer.kept).toHaveLength(2);
  });
});

describe('what a report says of one object', () => {
  // PS3.3 C.14.1.1: every reason, and one that nobody knows.
  it.each([
    [0x0110, 'asked for again', 'commit-requested', 2],
    [0x0112, 'sent again', 'commit-requested', 2],
    [0x0119, 'held back, with its reason', 'blocked', 1],
    [0x0122, 'held back, with its reason', 'blocked', 1],
    [0x0131, 'asked for again', 'commit-requested', 2],
    [0x0213, 'asked for again', 'commit-requested', 2],
    [0x4711, 'sent again', 'commit-requested', 2],
  ] as const)('%i: it is %s, and what was committed beside it stays', async (reason, what, state, askings) => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    const exam = station.shelf.exam(many(4));
    const uid = exam.revisions[1]?.uid ?? '';
    peer.onAsked = (transactionUid, uids) => {
      if (peer.asked.length > 1) return undefined;
      const committed = uids.filter((one) => one !== uid).map((one) => ({ sopClassUid: '1.2', sopInstanceUid: one }));
      return { transactionUid, committed, failed: [{ sopClassUid: '1.2', sopInstanceUid: uid, reason }] };
    };
    await approve(station, exam);
    await station.clock.advance(60_000);
    const row = station.rows().find((one) => one.SOPInstanceUID === uid);
    expect(row?.state).toBe(state);
    expect(peer.kept.filter((kept) => kept.uid === uid)).toHaveLength(what === 'sent again' ? 2 : 1);
    expect(peer.asked.map((asked) => asked.uids)).toEqual([expect.any(Array), [uid]].slice(0, askings));
    expect(station.states().filter((one) => one === 'committed')).toHaveLength(3);
    if (state === 'blocked') {
      const text = reason.toString(16).toUpperCase().padStart(4, '0');
      expect(row?.lastAnswer).toMatchObject({ key: 'commit-failed', params: { reason: text } });
    }
  });

  it('that is yes to an older request counts no more after it said no to a newer one', async () => {
    const station = await open([{ id: 'archive' }], { options: { commitDeadlineMs: 60_000 } });
    const peer = onlyPeer(station);
    peer.onAsked = () => undefined;
    await approve(station, station.shelf.exam(many(1)));
    await station.clock.advance(62_000);
    expect(peer.asked).toHaveLength(2);
    const { committed, ...newer } = whole(peer, 1);
    const no = { ...newer, committed: [], failed: committed.map((one) => ({ ...one, reason: 0x0112 })) };
    expect(station.forward.onCommitmentReport(no, archive)).toBe(0x0000);
    expect(station.forward.onCommitmentReport(whole(peer, 0), archive)).toBe(0x0000);
    expect(station.states()).not.toContain('committed');
    await station.clock.advance(60_000);
    expect(peer.kept).toHaveLength(2);
    expect(station.forward.onCommitmentReport(whole(peer, 2), archive)).toBe(0x0000);
    expect(station.states()).toEqual(['committed']);
  });

  it('that is no to an older request, or only that it had no time, takes nothing from a yes to a newer one', async () => {
    const station = await open([{ id: 'archive' }], { options: { commitDeadlineMs: 60_000 } });
    const peer = onlyPeer(station);
    peer.onAsked = () => undefined;
    await approve(station, station.shelf.exam(many(1)));
    await station.clock.advance(62_000);
    const failed = (asking: number, reason: number) => {
      const { committed, ...report } = whole(peer, asking);
      return { ...report, committed: [], failed: committed.map((one) => ({ ...one, reason })) };
    };
    station.forward.onCommitmentReport(failed(0, 0x0112), archive);
    expect(station.states()).toEqual(['commit-requested']);
    station.forward.onCommitmentReport(failed(1, 0x0213), archive);
    expect(peer.kept).toHaveLength(1);
    expect(station.forward.onCommitmentReport(whole(peer, 0), archive)).toBe(0x0000);
    expect(station.states()).toEqual(['sent']);
    expect(station.forward.onCommitmentReport(whole(peer, 1), archive)).toBe(0x0000);
    expect(station.states()).toEqual(['committed']);
  });

  it('counts on a later association that we open for something else, and is not waited for twice', async () => {
    const station = await open([{ id: 'archive' }], { options: { commitDeadlineMs: 60_000 } });
    const peer = onlyPeer(station);
    peer.onAsked = () => undefined;
    await approve(station, station.shelf.exam(many(2)));
    await station.clock.advance(5_000);
    let status: unknown;
    peer.onOpen = (request) => {
      if (request.onCommitmentReport) status = request.onCommitmentReport(whole(peer, 0));
      return undefined;
    };
    await station.clock.advance(60_000);
    expect(status).toBe(0x0000);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
    await station.clock.advance(600_000);
    expect(peer.asked.length).toBeLessThanOrEqual(2);
    expect(peer.kept).toHaveLength(2);
  });

  it('that is missing from the report stays open and is asked for anew, it alone', async () => {
    const station = await open([{ id: 'archive' }], { options: { commitDeadlineMs: 60_000 } });
    const peer = onlyPeer(station);
    peer.onAsked = (transactionUid, uids) => ({
      transactionUid,
      committed: uids
        .slice(peer.asked.length === 1 ? 1 : 0)
        .map((uid) => ({ sopClassUid: '1.2', sopInstanceUid: uid })),
      failed: [],
    });
    await approve(station, station.shelf.exam(many(3)));
    await station.clock.advance(5_000);
    expect(station.states().filter((state) => state === 'committed')).toHaveLength(2);
    await station.clock.advance(70_000);
    expect(peer.asked.map(({ uids }) => uids.length)).toEqual([3, 1]);
    expect(new Set(station.states())).toEqual(new Set(['committed']));
    expect(peer.kept).toHaveLength(3);
  });

  it('that is both yes and no is no', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    peer.onAsked = (transactionUid, uids) => {
      const references = uids.map((uid) => ({ sopClassUid: '1.2', sopInstanceUid: uid }));
      return { transactionUid, committed: references, failed: references.map((one) => ({ ...one, reason: 0x0119 })) };
    };
    await approve(station, station.shelf.exam(many(1)));
    await station.clock.advance(5_000);
    expect(station.states()).toEqual(['blocked']);
  });
});

describe('a duplicate', () => {
  it('is taken as sent with a warning, and proved before it counts', async () => {
    const station = await open([{ id: 'archive' }]);
    const peer = onlyPeer(station);
    peer.onStore = () => 0x0111;
    peer.onAsked = () => undefined;
    await approve(station, station.shelf.exam(many(1)));
    await quiet();
    expect(station.attempts()[0]).toMatchObject({ outcome: 'sent-with-warning' });
    expect(station.states()).not.toContain('committed');
  });
});
