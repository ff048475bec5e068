import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  openAssociation,
  openDicomServer,
  type AssociationFacts,
  type CommitmentReport,
} from '#station/dicom/network/index.ts';
import { openForward } from '#station/5-forward/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { newUid } from '#station/kit/ids.ts';
import { silentLog } from '#station/kit/log.ts';
import { ctClass, many, settingsWith, Shelf } from '../station/5-forward/approved-exam.ts';
import { KeptObjects } from '../station/dicom/network/kept-objects.ts';
import { freePort, orthancIsInstalled, readParts, startOrthanc } from './programs/index.ts';

const sample = path.resolve(import.meta.dirname, '../../resources/samples/syntaxes/explicit-little-endian.dcm');
const commitment = { abstractSyntaxUid: '1.2.840.10008.1.20.1', transferSyntaxUids: ['1.2.840.10008.1.2.1'] };
if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe.skipIf(!orthancIsInstalled())('Orthanc as archive', () => {
  it('reports which objects it holds and which it does not, on an association that it opens', async () => {
    const { promise, resolve } = Promise.withResolvers<[CommitmentReport, AssociationFacts]>();
    const rules = new KeptObjects().rules({
      onCommitmentReport: (report, association) => {
        resolve([report, association]);
        return 0;
      },
    });
    const port = await freePort();
    const server = await openDicomServer({ host: '127.0.0.1', port }, rules);
    closing.push(() => server.close(1000));
    const orthanc = await startOrthanc({ aet: 'ARCHIVE', modalities: [{ aeTitle: 'SAFELIGHT', port }] });
    closing.push(() => orthanc.close());

    const { dataSet, ...object } = await readParts(sample);
    const { sopClassUid, sopInstanceUid } = object;
    const opening = await openAssociation({
      host: '127.0.0.1',
      port: orthanc.dicomPort,
      callingAeTitle: 'SAFELIGHT',
      calledAeTitle: 'ARCHIVE',
      contexts: [commitment, { abstractSyntaxUid: sopClassUid, transferSyntaxUids: [object.transferSyntaxUid] }],
    });
    if (opening.kind !== 'accepted') throw new Error(opening.kind);
    const { association } = opening;
    expect(await association.store({ ...object, lengthBytes: dataSet.length, source: [dataSet] })).toMatchObject({
      status: 0,
    });
    const transactionUid = newUid();
    const missing = { sopClassUid, sopInstanceUid: '1.2.3.4.5' };
    expect(await association.requestCommitment(transactionUid, [{ sopClassUid, sopInstanceUid }, missing])).toEqual({
      kind: 'answered',
      status: 0,
    });
    await association.release();

    const [report, from] = await promise;
    expect(from.callingAeTitle).toBe('ARCHIVE');
    expect(report).toEqual({
      transactionUid,
      committed: [{ sopClassUid, sopInstanceUid }],
      failed: [{ ...missing, reason: 0x0112 }],
    });
  });
});

describe('an archive that opens an association to us for its report', () => {
  // As PS3.4 J.3.3 and PS3.7 D.3.3.4 have it: it proposes to be the provider.
  it('is heard in that role, once its own and known, and refused otherwise', async () => {
    const shelf = new Shelf();
    const held = new KeptObjects();
    const asked: string[] = [];
    const archive = await openDicomServer(
      { host: '127.0.0.1', port: 0 },
      held.rules({
        answerCommitment: async (request: { readonly transactionUid: string }) => {
          asked.push(request.transactionUid);
          return { status: 0 };
        },
        offersCommitment: () => true,
      }),
    );
    closing.push(() => archive.close(1000));
    const forward = openForward({
      book: shelf.book,
      clock: systemClock,
      log: silentLog,
      ports: { openRevision: shelf.openRevision },
      options: { gatherMs: 20, reportGraceMs: 50 },
    });
    closing.push(() => forward.close());
    const listener = await openDicomServer(
      { host: '127.0.0.1', port: 0 },
      new KeptObjects().rules({
        onCommitmentReport: (report, association) => forward.onCommitmentReport(report, association),
      }),
    );
    closing.push(() => listener.close(1000));
    await forward.applySettings(settingsWith({ id: 'archive', port: archive.port, confirm: 'commitment' }));
    const exam = shelf.exam(many(3));
    forward.enqueue(exam.id, exam.revisions);
    await expect.poll(() => asked.length).toBe(1);

    const committed = exam.revisions.map(({ uid }) => ({ sopClassUid: ctClass, sopInstanceUid: uid }));
    const report = async (callingAeTitle: string, transactionUid: string) => {
      const opening = await openAssociation({
        host: '127.0.0.1',
        port: listener.port,
        callingAeTitle,
        calledAeTitle: 'SAFELIGHT',
        contexts: [{ ...commitment, roles: { scu: false, scp: true } }],
      });
      if (opening.kind !== 'accepted') throw new Error(opening.kind);
      const answer = await opening.association.reportCommitment({ transactionUid, committed, failed: [] });
      await opening.association.release();
      return answer;
    };
    const states = () => new Set(forward.deliveries({ limit: 10, offset: 0 }).deliveries.map(({ state }) => state));
    await expect.poll(states).toEqual(new Set(['commit-requested']));
    expect(await report('STRANGER', asked[0] ?? '')).toEqual({ kind: 'answered', status: 0x0110 });
    expect(await report('ARCHIVE', '1.2.3.4')).toEqual({ kind: 'answered', status: 0x0110 });
    expect(states()).toEqual(new Set(['commit-requested']));
    expect(await report('ARCHIVE', asked[0] ?? '')).toEqual({ kind: 'answered', status: 0 });
    expect(states()).toEqual(new Set(['committed']));
    expect(await report('ARCHIVE', asked[0] ?? '')).toEqual({ kind: 'answered', status: 0 });
    expect(states()).toEqual(new Set(['committed']));
  });
});
