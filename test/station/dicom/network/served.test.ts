// Services that the owner of a server may offer besides storage: commitment and queries, asked for by our own requestor
// and by DCMTK.
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  openAssociation,
  openDicomServer,
  type CommitmentReport,
  type DicomServer,
  type Identifier,
  type ServerRules,
} from '#station/dicom/network/index.ts';
import { runFindscu } from '../../../peers/programs/index.ts';

const commitmentClass = '1.2.840.10008.1.20.1';
const findClass = '1.2.840.10008.5.1.4.1.2.2.1';
const ctClass = '1.2.840.10008.5.1.4.1.1.2';
const kept = '2.25.1';
const lost = '2.25.2';

let server: DicomServer;
let asked: Identifier[];

const storageOnly: ServerRules = {
  admit: () => ({ kind: 'accept' }),
  beginObject: () => ({ write: () => undefined, finish: async () => ({ status: 0 }), discard: () => {} }),
};
const rules: ServerRules = {
  ...storageOnly,
  answerCommitment: ({ transactionUid, references }) => ({
    transactionUid,
    committed: references.filter(({ sopInstanceUid }) => sopInstanceUid === kept),
    failed: references
      .filter(({ sopInstanceUid }) => sopInstanceUid !== kept)
      .map((reference) => ({ ...reference, reason: 0x0112 })),
  }),
  answerQuery: (keys) => {
    asked.push(keys);
    return keys['StudyInstanceUID'] === '2.25.9' ? [{ SOPInstanceUID: kept }, { SOPInstanceUID: '2.25.3' }] : [];
  },
};

beforeEach(async () => {
  asked = [];
  server = await openDicomServer({ host: '127.0.0.1', port: 0 }, rules);
});
afterEach(() => server.close());

const syntaxes = ['1.2.840.10008.1.2.1'];
async function connect(port: number, reports: CommitmentReport[] = []) {
  const opening = await openAssociation({
    host: '127.0.0.1',
    port,
    callingAeTitle: 'STATION',
    calledAeTitle: 'ARCHIVE',
    contexts: [commitmentClass, findClass].map((uid) => ({ abstractSyntaxUid: uid, transferSyntaxUids: syntaxes })),
    onCommitmentReport: (report) => {
      reports.push(report);
      return 0;
    },
  });
  if (opening.kind !== 'accepted') throw new Error(opening.kind);
  return opening.association;
}

it('commits to what is kept and names what is not, on the same association', async () => {
  const reports: CommitmentReport[] = [];
  const association = await connect(server.port, reports);
  const references = [kept, lost].map((sopInstanceUid) => ({ sopClassUid: ctClass, sopInstanceUid }));
  for (const transactionUid of ['2.25.70', '2.25.71']) {
    expect(await association.requestCommitment(transactionUid, references)).toEqual({ kind: 'answered', status: 0 });
  }
  expect((await association.release()).kind).toBe('released');
  expect(reports.map((report) => report.transactionUid)).toEqual(['2.25.70', '2.25.71']);
  expect(reports[0]?.committed.map((reference) => reference.sopInstanceUid)).toEqual([kept]);
  expect(reports[0]?.failed).toEqual([{ sopClassUid: ctClass, sopInstanceUid: lost, reason: 0x0112 }]);
});

it('answers a query with its matches', async () => {
  const association = await connect(server.port);
  const found = await association.find({ level: 'IMAGE', keys: { StudyInstanceUID: '2.25.9', SOPInstanceUID: '' } });
  expect(found).toMatchObject({
    kind: 'answered',
    status: 0,
    complete: true,
    matches: [{ SOPInstanceUID: kept }, { SOPInstanceUID: '2.25.3' }],
  });
  expect(asked[0]).toMatchObject({ QueryRetrieveLevel: 'IMAGE', StudyInstanceUID: '2.25.9' });
  await association.release();
});

it('is understood by findscu', async () => {
  const keys = ['QueryRetrieveLevel=IMAGE', 'StudyInstanceUID=2.25.9', 'SOPInstanceUID'];
  const { code, output } = await runFindscu({ port: server.port }, keys, ['-S', '-v']);
  expect(code).toBe(0);
  expect(output).toContain('2.25.3');
});

it('refuses both services where nobody offers them', async () => {
  const plain = await openDicomServer({ host: '127.0.0.1', port: 0 }, storageOnly);
  const association = await connect(plain.port).catch((error: Error) => error.message);
  expect(association === 'rejected' || (typeof association === 'object' && !association.accepts(findClass))).toBe(true);
  if (typeof association === 'object') {
    expect(association.accepts(commitmentClass)).toBe(false);
    await association.release();
  }
  await plain.close();
});

it('a rule that fails is a failure for the peer and nothing else', async () => {
  const failing = await openDicomServer(
    { host: '127.0.0.1', port: 0 },
    {
      ...rules,
      answerQuery: () => {
        throw new Error('disk');
      },
    },
  );
  const association = await connect(failing.port);
  expect(await association.find({ level: 'IMAGE', keys: {} })).toMatchObject({ kind: 'answered', status: 0x0110 });
  expect(association.isOpen).toBe(true);
  await association.release();
  await failing.close();
});
