import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { many } from '../approved-exam.ts';
import { allIn, openWebStation, type WebStation, type WebStationOptions } from './open-web.ts';
import { json, startWebPeer, storeAnswer } from './web-peer.ts';

const opened: WebStation[] = [];
const open = async (options?: WebStationOptions) => {
  const station = await openWebStation(options);
  opened.push(station);
  return station;
};
afterEach(async () => {
  for (const station of opened.splice(0)) await station.close();
});

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const digests = (station: WebStation) =>
  new Map(
    station.shelf.book
      .sql<{ uid: string; sha: string }>('SELECT SOPInstanceUID AS uid, dataSetSha256 AS sha FROM revision')
      .all()
      .map(({ uid, sha }) => [uid, sha]),
  );

describe('an exam for a destination by DICOMweb', () => {
  it('arrives byte for byte, several objects in one request of known length, and is proved by a query', async () => {
    const station = await open();
    const exam = station.shelf.exam(many(20));
    station.approve(exam);
    await station.until(allIn('committed'));
    expect(station.peer.requests.length).toBe(1);
    expect(Number(station.peer.headers[0]?.['content-length'])).toBeGreaterThan(20_000);
    expect(station.peer.headers[0]?.['content-type']).toMatch(
      /^multipart\/related; type="application\/dicom"; boundary=/,
    );
    expect(new Map(station.peer.kept.map(({ uid, bytes }) => [uid, digest(bytes)]))).toEqual(digests(station));
    expect(station.peer.kept[0]?.file.toString('latin1', 128, 132)).toBe('DICM');
    expect(station.rows()[0]).toMatchObject({ confirmedBy: 'query', lastAnswer: { key: 'found-by-query' } });
    expect(station.forward.destinationStatus()[0]).toMatchObject({ host: '127.0.0.1', port: station.peer.port });
  });

  it('goes in requests of at most so many objects and bytes, and a larger object alone', async () => {
    const station = await open({ web: { mostObjects: 8, mostBytes: 1_000_000 } });
    const large = Buffer.alloc(1_500_000, 7);
    station.approve(station.shelf.exam([...many(20), { bytes: large }]));
    await station.until(allIn('committed'));
    expect(station.peer.requests.map((uids) => uids.length)).toEqual([8, 8, 4, 1]);
  });

  it('is taken on its word where the site chose that', async () => {
    const station = await open({ destination: { confirm: 'none' } });
    station.approve(station.shelf.exam(many(3)));
    await station.until(allIn('committed'));
    expect(station.rows()[0]).toMatchObject({ confirmedBy: 'none' });
    expect(station.peer.queries).toEqual([]);
  });

  it('is asked whether it takes a long body, and not again when it never says', async () => {
    const station = await open({ web: { mostObjects: 1 } });
    const big = { bytes: Buffer.alloc(400_000, 1) };
    station.approve(station.shelf.exam([big, big]));
    await station.until(allIn('committed'));
    expect(station.peer.headers.filter(({ expect: asked }) => asked === '100-continue')).toHaveLength(2);
  });
});

describe('an answer about single objects', () => {
  it('sends again what has to wait, keeps back what is not taken, and leaves the rest', async () => {
    const station = await open();
    const exam = station.shelf.exam(many(5));
    const [full = '', bad = '', syntax = ''] = exam.revisions.map(({ uid }) => uid);
    let asked = 0;
    station.peer.onStore = (uids) => {
      if (++asked > 1) return undefined;
      const said = uids.map((uid) => {
        if (uid === full) return { uid, reason: 0xa700 };
        if (uid === bad) return { uid, reason: 0x0110 };
        return uid === syntax ? { uid, reason: 0xc122 } : { uid, warning: 0xb000 };
      });
      station.peer.kept.push(...uids.slice(3).map((uid) => ({ uid }) as never));
      return { status: 202, headers: json, body: storeAnswer(said) };
    };
    station.approve(exam);
    await station.until((rows) => rows.filter((row) => row.state === 'committed').length === 3);
    const by = new Map(station.rows().map((row) => [row.SOPInstanceUID, row]));
    expect(by.get(bad)).toMatchObject({ state: 'blocked', lastAnswer: { key: 'processing-failed' } });
    expect(by.get(syntax)).toMatchObject({ state: 'blocked', lastAnswer: { key: 'syntax-not-accepted' } });
    expect(by.get(full)).toMatchObject({ state: 'committed', attempts: 2 });
    expect(station.peer.requests.map((uids) => uids.length)).toEqual([5, 1]);
    expect(station.attempts().filter(({ outcome }) => outcome === 'sent-with-warning')).toHaveLength(2);
  });

  it('of 409 is read in the same way, and a duplicate is proved before it counts', async () => {
    const station = await open();
    station.peer.onStore = (uids) => {
      station.peer.kept.push(...uids.map((uid) => ({ uid }) as never));
      return { status: 409, headers: json, body: storeAnswer(uids.map((uid) => ({ uid, reason: 0x0111 }))) };
    };
    station.approve(station.shelf.exam(many(2)));
    await station.until(allIn('committed'));
    expect(station.attempts()).toMatchObject([{ outcome: 'sent-with-warning' }, { outcome: 'sent-with-warning' }]);
    expect(station.rows()[0]).toMatchObject({ confirmedBy: 'query' });
  });

  it('that names only some leaves the others unknown, and they go again', async () => {
    const station = await open();
    const exam = station.shelf.exam(many(3));
    let asked = 0;
    station.peer.onStore = (uids) => {
      if (++asked > 1) return undefined;
      station.peer.kept.push({ uid: uids[0] } as never);
      return { status: 200, headers: json, body: storeAnswer([{ uid: uids[0] ?? '' }]) };
    };
    station.approve(exam);
    await station.until(allIn('committed'));
    expect(
      station
        .attempts()
        .slice(0, 3)
        .map(({ outcome }) => outcome),
    ).toEqual(['sent', 'unknown', 'unknown']);
    expect(station.peer.requests.slice(1).flat()).toHaveLength(2);
  });

  it.each([
    ['200 without a body is success', { status: 200 }, 'sent'],
    [
      '200 with a page of some proxy is not',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' },
      'unknown',
    ],
    [
      '200 with XML is not, since JSON was asked for',
      { status: 200, headers: { 'content-type': 'application/dicom+xml' }, body: '<NativeDicomModel/>' },
      'unknown',
    ],
    ['200 with broken JSON is not', { status: 200, headers: json, body: '{"00081199":' }, 'unknown'],
    ['200 with JSON that is something else is not', { status: 200, headers: json, body: '{"ok":true}' }, 'unknown'],
    ['202 without a body says nothing of anybody', { status: 202 }, 'unknown'],
    ['204 is no answer to a storing', { status: 204 }, 'unknown'],
  ])('%s', async (_name, answer, outcome) => {
    const station = await open({ web: { mostObjects: 1 } });
    let asked = 0;
    station.peer.onStore = (uids) => {
      if (++asked > 1) return undefined;
      if (outcome === 'sent') station.peer.kept.push(...uids.map((uid) => ({ uid }) as never));
      return answer;
    };
    station.approve(station.shelf.exam(many(1)));
    await station.until(allIn('committed'));
    expect(station.attempts()[0]).toMatchObject({ outcome });
    expect(asked).toBe(outcome === 'sent' ? 1 : 2);
  });
});

describe('an answer about a whole group', () => {
  it('that is too large makes the groups smaller, and nothing is lost', async () => {
    const station = await open();
    station.peer.onStore = (uids) => (uids.length > 5 ? { status: 413 } : undefined);
    station.approve(station.shelf.exam(many(40)));
    await station.until(allIn('committed'));
    expect(station.peer.kept).toHaveLength(40);
    expect(Math.max(...station.peer.requests.slice(-3).map((uids) => uids.length))).toBeLessThanOrEqual(12);
  });

  it('is narrowed down to the one object that it is about: the others arrive', async () => {
    const station = await open();
    const exam = station.shelf.exam(many(60));
    const poison = exam.revisions[17]?.uid ?? '';
    station.peer.onStore = (uids) => (uids.includes(poison) ? { status: 500 } : undefined);
    station.approve(exam);
    await station.until((rows) =>
      rows.every((row) => row.state === (row.SOPInstanceUID === poison ? 'blocked' : 'committed')),
    );
    expect(station.peer.kept).toHaveLength(59);
    const row = station.rows().find((one) => one.SOPInstanceUID === poison);
    expect(row).toMatchObject({ lastAnswer: { key: 'web-failed', params: { status: 500 } } });
  });

  it('that crashes on one object is narrowed down as well', async () => {
    const station = await open();
    const exam = station.shelf.exam(many(12));
    const poison = exam.revisions[5]?.uid ?? '';
    station.peer.onStore = (uids, request) => {
      if (uids.includes(poison)) request.socket.destroy();
      return undefined;
    };
    station.approve(exam);
    await station.until((rows) => rows.every((row) => row.SOPInstanceUID === poison || row.state === 'committed'));
    const row = station.rows().find((one) => one.SOPInstanceUID === poison);
    expect(row?.state).not.toBe('committed');
  });
});

describe('while it does not take anything', () => {
  it('a queue is kept whole through an outage of the whole service', async () => {
    const peer = await startWebPeer();
    const { port } = peer;
    await peer.close();
    const station = await open({ peer });
    station.approve(station.shelf.exam(many(10)));
    await station.until(() => station.forward.destinationStatus()[0]?.state === 'silent');
    expect(station.forward.destinationStatus()[0]?.lastAnswer).toMatchObject({ key: 'connection-refused' });
    expect(station.attempts()).toEqual([]);
    const again = await startWebPeer(undefined, port);
    await station.until(allIn('committed'));
    expect(again.kept).toHaveLength(10);
    await again.close();
  });

  it('a wrong password keeps the queue and shows at once; when it is right all goes', async () => {
    let token = 'wrong';
    const station = await open({
      web: { auth: { kind: 'bearer', secretVariable: 'SAFELIGHT_SECRET_A' } },
      ports: { readSecret: async () => token },
    });
    station.peer.onHead = (request, response) => {
      if (request.headers.authorization === 'Bearer right') return false;
      response.writeHead(401).end();
      return true;
    };
    station.approve(station.shelf.exam(many(4)));
    await station.until(() => station.forward.destinationStatus()[0]?.state === 'refusing');
    expect(station.forward.destinationStatus()[0]?.lastAnswer).toMatchObject({ key: 'web-not-authorised' });
    expect(new Set(station.states())).toEqual(new Set(['ready']));
    token = 'right';
    await station.until(allIn('committed'));
    expect(station.said.join()).not.toMatch(/wrong|right/);
  });

  it('waits as long as it asked for', async () => {
    const station = await open();
    const times: number[] = [];
    station.peer.onStore = () => {
      times.push(Date.now());
      return times.length === 1 ? { status: 503, headers: { 'retry-after': '1' } } : undefined;
    };
    station.approve(station.shelf.exam(many(2)));
    await station.until(allIn('committed'));
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(950);
  });

  it('sends nobody anywhere else, whatever it is told', async () => {
    const elsewhere = await startWebPeer();
    const station = await open({
      web: { auth: { kind: 'basic', user: 'us', secretVariable: 'SAFELIGHT_SECRET_A' } },
      ports: { readSecret: async () => 'pässword' },
    });
    let redirected = 0;
    station.peer.onStore = () =>
      ++redirected < 3 ? { status: 307, headers: { location: `${elsewhere.baseUrl}/studies` } } : undefined;
    station.approve(station.shelf.exam(many(2)));
    await station.until(() => station.forward.destinationStatus()[0]?.lastAnswer?.key === 'web-redirects');
    await station.until(allIn('committed'));
    expect(elsewhere.headers).toEqual([]);
    const header = station.peer.headers[0]?.authorization ?? '';
    expect(Buffer.from(header.slice(6), 'base64').toString('utf8')).toBe('us:pässword');
    await elsewhere.close();
  });
});

describe('our own bytes', () => {
  it('that are not what was approved end the request unfinished, and the others go without them', async () => {
    const station = await open();
    const exam = station.shelf.exam(many(6, { bytes: undefined as never }));
    const damaged = exam.revisions[3];
    station.shelf.damage(damaged?.id ?? '');
    station.approve(exam);
    await station.until((rows) => rows.filter((row) => row.state === 'committed').length === 5);
    const row = station.rows().find((one) => one.SOPInstanceUID === damaged?.uid);
    expect(row).toMatchObject({ state: 'blocked', lastAnswer: { key: 'digest-mismatch' } });
    expect(station.peer.broken).toBe(1);
    expect(station.peer.kept.map(({ uid }) => uid)).not.toContain(damaged?.uid);
    expect(station.attempts().filter(({ outcome }) => outcome === 'unknown')).toHaveLength(3);
  });

  it('that cannot be read keep nothing else back', async () => {
    const station = await open();
    const exam = station.shelf.exam(many(4));
    station.shelf.lose(exam.revisions[0]?.id ?? '');
    station.approve(exam);
    await station.until((rows) => rows.filter((row) => row.state === 'committed').length === 3);
    expect(station.rows().find((row) => row.SOPInstanceUID === exam.revisions[0]?.uid)?.lastAnswer?.key).toBe(
      'cannot-read',
    );
  });
});
