import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  openAssociation,
  openDicomServer,
  type AssociationFacts,
  type CommitmentReport,
} from '#station/dicom/network/index.ts';
import { newUid } from '#station/kit/ids.ts';
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
