// Which services a peer gets: everything for a device, reports and an echo for a destination that is no device.
import { describe, expect, it } from 'vitest';
import { decideContexts } from '#station/dicom/network/context-policy.ts';
import type { ContextOffer } from '#station/dicom/network/negotiation.ts';

const plain = '1.2.840.10008.1.2';
const offer = (id: number, abstractSyntaxUid: string, roles?: ContextOffer['roles']): ContextOffer => ({
  ...{ id, abstractSyntaxUid, transferSyntaxUids: [plain] },
  ...(roles ? { roles } : {}),
});
const verification = offer(1, '1.2.840.10008.1.1');
const storage = offer(3, '1.2.840.10008.5.1.4.1.1.7');
const privateStorage = offer(5, '1.3.46.670589.5.0.10');
const report = offer(7, '1.2.840.10008.1.20.1', { scu: false, scp: true });
const request = offer(9, '1.2.840.10008.1.20.1', { scu: true, scp: false });
const find = offer(11, '1.2.840.10008.5.1.4.1.2.2.1');

const accepted = (contexts: readonly ContextOffer[], stores: boolean) =>
  decideContexts(
    {
      ...{ callingAeTitle: 'ARCHIVE', calledAeTitle: 'SAFELIGHT', maxPduLength: 0, contexts },
      ...{ implementationClassUid: '', implementationVersion: '' },
    },
    { stores, takesReports: true, commits: true, answersQueries: true },
  )
    .filter(({ result }) => result === 0)
    .map(({ id }) => id);

describe('a destination that is no device', () => {
  it('may say hello and report what it keeps, beside whatever else it proposes', () => {
    expect(accepted([verification, storage, privateStorage, report, find], false)).toEqual([1, 7]);
  });

  it('may not ask us to commit to anything', () => {
    expect(accepted([storage, request], false)).toEqual([]);
  });
});

it('a device may store any class, ask for commitment and for what is here', () => {
  expect(accepted([verification, storage, privateStorage, request, find], true)).toEqual([1, 3, 5, 9, 11]);
});
