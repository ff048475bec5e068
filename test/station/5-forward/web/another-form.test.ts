// A DICOMweb destination that does not take an image in its transfer syntax.
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { SyntaxMaker } from '#station/5-forward/index.ts';
import { partsOf } from '../../../peers/programs/index.ts';
import { ctClass, many } from '../approved-exam.ts';
import { allIn, openWebStation, type WebStation, type WebStationOptions } from './open-web.ts';
import { json, storeAnswer, type WebPeer } from './web-peer.ts';

const [implicit, explicit, rle, jpeg] = [
  ...['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.5', '1.2.840.10008.1.2.4.50'],
] as const;
const syntaxNotSupported = 0xc122;

const opened: WebStation[] = [];
afterEach(async () => {
  for (const station of opened.splice(0)) await station.close();
});

/** Makes forms that name their syntax, in memory. */
function maker(): SyntaxMaker & { readonly made: string[] } {
  const forms = new Map<string, Buffer>();
  const made: string[] = [];
  return {
    made,
    async make({ revisionId, to, source }) {
      for await (const _ of source);
      const bytes = Buffer.from(`${revisionId} in ${to}`.padEnd(400));
      forms.set(`${revisionId} ${to}`, bytes);
      made.push(to);
      const dataSetSha256 = createHash('sha256').update(bytes).digest('hex');
      return { kind: 'made', dataSetOffset: 0, dataSetLength: bytes.length, dataSetSha256, framesCompared: 1 };
    },
    async *stream(revisionId, syntax) {
      const bytes = forms.get(`${revisionId} ${syntax}`);
      if (bytes) yield bytes;
    },
    drop: async () => {},
    keepOnly: () => () => true,
    close: async () => {},
  };
}

const syntaxOf = (file: Buffer) => partsOf(file).transferSyntaxUid;

async function open(takes: readonly string[], refusal: 'reason' | 415, more: WebStationOptions['destination'] = {}) {
  const syntaxMaker = maker();
  const station = await openWebStation({ ports: { syntaxMaker }, destination: more });
  opened.push(station);
  refuse(station.peer, takes, refusal);
  return { station, made: syntaxMaker.made };
}

/** Some say it of each instance, some of the whole request. */
function refuse(peer: WebPeer, takes: readonly string[], refusal: 'reason' | 415): void {
  peer.onObjects = (objects) => {
    const refused = objects.filter(({ file }) => !takes.includes(syntaxOf(file)));
    if (refused.length === 0) return undefined;
    if (refusal === 415) return { status: 415 };
    const kept = objects.filter((one) => !refused.includes(one));
    peer.kept.push(...kept);
    const said = refused.map(({ uid }) => ({ uid, reason: syntaxNotSupported }));
    return { status: 409, headers: json, body: storeAnswer([...kept.map(({ uid }) => ({ uid })), ...said]) };
  };
}

describe.each(['reason', 415] as const)('a service that refuses a transfer syntax (%s)', (refusal) => {
  it('gets the images uncompressed, and what it takes as it is; the next exam is not tried in vain', async () => {
    const { station } = await open([explicit], refusal);
    const mixed = [...many(3, { syntax: rle }), ...many(3, { syntax: explicit })];
    station.approve(station.shelf.exam(mixed));
    await station.until(allIn('committed'));
    expect(station.peer.kept.map(({ file }) => syntaxOf(file))).toEqual(Array(6).fill(explicit));
    const before = station.peer.requests.length;
    station.approve(station.shelf.exam(many(2, { syntax: rle })));
    await station.until((rows) => rows.length === 8 && allIn('committed')(rows));
    // Two forms are made one after the other, and may leave one by one.
    expect(station.peer.requests.length - before).toBeLessThanOrEqual(2);
    expect(station.peer.kept).toHaveLength(8);
  });

  it('gets the other uncompressed form when it does not take the first either', async () => {
    const { station, made } = await open([implicit], refusal);
    station.approve(station.shelf.exam(many(1, { syntax: rle })));
    await station.until(allIn('committed'));
    expect(made).toEqual([explicit, implicit]);
    expect(station.peer.kept.map(({ file }) => syntaxOf(file))).toEqual([implicit]);
  });

  it('that takes none of them is told apart from a failure, and asked again when a person wants it', async () => {
    const { station } = await open([], refusal);
    station.approve(station.shelf.exam(many(1, { syntax: rle })));
    await station.until(allIn('blocked'));
    expect(station.rows()[0]?.lastAnswer).toMatchObject({
      key: 'syntax-not-accepted',
      params: { transferSyntax: rle },
    });
    refuse(station.peer, [rle], refusal);
    station.forward.changeDelivery(station.rows()[0]?.id ?? '', { action: 'retry', reason: '' });
    await station.until(allIn('committed'));
    expect(station.peer.kept.map(({ file }) => syntaxOf(file))).toEqual([rle]);
  });
});

it('nothing that was compressed with loss is uncompressed without leave, and nothing at all where it is forbidden', async () => {
  const lossy = await open([explicit], 'reason');
  lossy.station.approve(lossy.station.shelf.exam(many(1, { syntax: jpeg })));
  await lossy.station.until(allIn('blocked'));
  expect(lossy.station.rows()[0]?.lastAnswer?.key).toBe('lossy-not-converted');
  const never = await open([explicit], 'reason', { transcode: 'never' });
  never.station.approve(never.station.shelf.exam(many(1, { syntax: rle, sopClass: ctClass })));
  await never.station.until(allIn('blocked'));
  expect(never.station.rows()[0]?.lastAnswer?.key).toBe('syntax-not-accepted');
  expect([...lossy.made, ...never.made]).toEqual([]);
});
