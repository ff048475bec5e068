import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCommandSet, writeCommandSet } from '#station/dicom/network/command-set.ts';
import { readCommitmentReport } from '#station/dicom/network/commitment.ts';
import { readIdentifier, writeIdentifier } from '#station/dicom/network/identifier.ts';
import type { Identifier } from '#station/dicom/network/index.ts';
import { chooseTransferSyntax, isStorage } from '#station/dicom/network/services.ts';
import { command } from './raw-peer.ts';

const explicit = '1.2.840.10008.1.2.1';
const implicit = '1.2.840.10008.1.2';

describe('a command set', () => {
  it('is written as the standard wants it and read back', () => {
    const set = { field: 0x8001, hasDataSet: false, respondsTo: 7, status: 0xa700, affectedSopClassUid: '1.2.3' };
    const bytes = writeCommandSet({ ...set, errorComment: 'No room left' });
    expect(bytes).toEqual(
      command({ 0x0002: '1.2.3', 0x0100: 0x8001, 0x0120: 7, 0x0800: 0x0101, 0x0900: 0xa700, 0x0902: 'No room left' }),
    );
    expect(readCommandSet(bytes)).toEqual({ ...set, errorComment: 'No room left' });
  });

  it('says nothing in a comment but 64 printable characters', () => {
    const bytes = writeCommandSet({ field: 1, hasDataSet: false, errorComment: `Jürgen\n\\${'x'.repeat(99)}` });
    expect(readCommandSet(bytes)?.errorComment).toBe(`J?rgen??${'x'.repeat(56)}`);
  });

  it('that lies about its lengths is refused', () => {
    const bytes = writeCommandSet({ field: 0x30, hasDataSet: false, messageId: 1 });
    bytes.writeUInt32LE(0xffff_fff0, 16);
    expect(readCommandSet(bytes)).toBeUndefined();
    expect(readCommandSet(Buffer.alloc(0))).toBeUndefined();
  });

  it('of any bytes is read or refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readCommandSet(Buffer.from(bytes))));
  });
});

describe('a small data set', () => {
  const identifier: Identifier = {
    SpecificCharacterSet: 'ISO_IR 192',
    PatientName: 'Müller^Jürgen=山田',
    PatientID: '',
    ModalitiesInStudy: ['CT', 'MR'],
    StudyInstanceUID: '1.2.3',
    FailureReason: 0x0112,
    ReferencedSOPSequence: [{ ReferencedSOPClassUID: '1.2', ReferencedSOPInstanceUID: '1.2.3' }, {}],
  };

  it.each([explicit, implicit])('is written and read back in %s', (syntax) => {
    expect({ ...readIdentifier(writeIdentifier(identifier, syntax), syntax) }).toEqual(identifier);
  });

  it('with undefined lengths is read', () => {
    const items = Buffer.from('fefffee0', 'hex');
    expect(items).toHaveLength(4);
    const bytes = Buffer.concat([
      Buffer.from('08009911', 'hex'),
      Buffer.from('SQ\0\0', 'latin1'),
      Buffer.from('ffffffff', 'hex'),
      Buffer.from('feff00e0ffffffff', 'hex'),
      Buffer.from('08005511', 'hex'),
      Buffer.from('UI\x04\x001.2\0', 'latin1'),
      Buffer.from('feff0de000000000', 'hex'),
      Buffer.from('feffdde000000000', 'hex'),
    ]);
    expect({ ...readIdentifier(bytes, explicit) }).toEqual({
      ReferencedSOPSequence: [{ ReferencedSOPInstanceUID: '1.2' }],
    });
  });

  it('of garbage, cut short, or too deep is refused at once', () => {
    expect(readIdentifier(Buffer.from('garbage that is long enough to be read'), explicit)).toBeUndefined();
    expect(readIdentifier(writeIdentifier(identifier, explicit).subarray(0, 40), explicit)).toBeUndefined();
    const nested = Buffer.from('08009911ffffffff' + 'feff00e0ffffffff', 'hex');
    expect(readIdentifier(Buffer.concat(Array.from({ length: 10_000 }, () => nested)), implicit)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        readIdentifier(Buffer.from(bytes), implicit);
        readCommitmentReport(Buffer.from(bytes), explicit);
      }),
      { numRuns: 2000 },
    );
  });

  it('may not reach out of the item it stands in', () => {
    const inner = Buffer.from('10002000' + 'ff000000', 'hex');
    const item = Buffer.concat([Buffer.from('feff00e0', 'hex'), Buffer.from([inner.length, 0, 0, 0]), inner]);
    const sequence = Buffer.concat([Buffer.from('08009911', 'hex'), Buffer.from('ffffffff', 'hex'), item]);
    expect(readIdentifier(Buffer.concat([sequence, Buffer.alloc(1000)]), implicit)).toBeUndefined();
  });
});

describe('negotiation', () => {
  it('takes every class for storage that is not another service', () => {
    const storage = [
      '1.2.840.10008.5.1.4.1.1.2',
      '1.2.840.10008.5.1.4.1.1.9999',
      '1.3.46.670589.1',
      '1.2.840.10008.5.1.4.34.7',
    ];
    const others = [
      '1.2.840.10008.5.1.4.1.2.2.1',
      '1.2.840.10008.5.1.4.31',
      '1.2.840.10008.3.1.2.3.3',
      '1.2.840.10008.1.20.1',
    ];
    expect(storage.filter(isStorage)).toEqual(storage);
    expect(others.filter(isStorage)).toEqual([]);
  });

  it('takes a lossless encoding before a lossy one, and the first offered of those it does not know', () => {
    expect(chooseTransferSyntax(['1.2.840.10008.1.2.4.50', implicit, explicit])).toBe(explicit);
    expect(chooseTransferSyntax(['1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.70'])).toBe('1.2.840.10008.1.2.4.70');
    expect(chooseTransferSyntax(['1.9.1', '1.9.2'])).toBe('1.9.1');
  });
});
