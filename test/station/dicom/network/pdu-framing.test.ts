import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PduFraming } from '#station/dicom/network/pdu-framing.ts';
import { data, fragment, pdu } from './raw-peer.ts';

type Seen = { kind: string; id: number; isCommand: boolean; bytes: Buffer };

function frame(chunks: readonly Buffer[], dataBytes = 100_000, skipped = 0) {
  const seen: Seen[] = [];
  const faults: number[] = [];
  const limits = { associateBytes: 1000, dataBytes };
  let open: Buffer[] = [];
  const framing = new PduFraming(limits, {
    begins: (type) => (type === skipped ? 'skip' : 'take'),
    control: (type, bytes) => seen.push({ kind: `control ${type}`, id: 0, isCommand: false, bytes }),
    fragment: (id, isCommand, isEnd, piece) => {
      open.push(Buffer.from(piece));
      if (!isEnd) return;
      seen.push({ kind: 'message', id, isCommand, bytes: Buffer.concat(open) });
      open = [];
    },
    fault: (reason) => faults.push(reason),
  });
  for (const chunk of chunks) framing.feed(chunk);
  return { seen, faults, isInside: framing.isInside };
}

const cutAt = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (let index = 0; offset < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return chunks;
};

describe('framing', () => {
  it('gives the same messages however the stream is cut', () => {
    const message = fc.record({
      id: fc.integer({ min: 1, max: 255 }),
      isCommand: fc.boolean(),
      bytes: fc.uint8Array({ maxLength: 300 }),
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 8 }),
        sizes,
        fc.integer({ min: 1, max: 90 }),
        (messages, cuts, step) => {
          const stream = messages.map(({ id, isCommand, bytes }) => {
            const whole = Buffer.from(bytes);
            const parts = whole.length === 0 ? [whole] : cutAt(whole, [step]);
            const flag = isCommand ? 1 : 0;
            return data(
              ...parts.map((part, index) => fragment(id, index === parts.length - 1 ? flag | 2 : flag, part)),
            );
          });
          const { seen, faults, isInside } = frame(cutAt(Buffer.concat([pdu(5, Buffer.alloc(4)), ...stream]), cuts));
          expect(faults).toEqual([]);
          expect(isInside).toBe(false);
          expect(seen[0]?.kind).toBe('control 5');
          expect(seen.slice(1)).toEqual(
            messages.map(({ id, isCommand, bytes }) => ({ kind: 'message', id, isCommand, bytes: Buffer.from(bytes) })),
          );
        },
      ),
    );
  });

  it('takes any bytes without a word of its own, and promises nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
        const { faults, seen } = frame(chunks.map((chunk) => Buffer.from(chunk)));
        expect(faults.every((reason) => reason === 1 || reason === 6)).toBe(true);
        expect(seen.every(({ bytes }) => bytes.length <= 100_006)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('finds the next PDU behind one that is refused, and behind one that is wrong inside', () => {
    const wrong = [
      pdu(9, Buffer.alloc(77, 5)),
      pdu(4, Buffer.alloc(3)),
      pdu(4, Buffer.from([0, 0, 9, 9, 1, 3, 5, 5, 5])),
      pdu(4, Buffer.concat([fragment(1, 3, Buffer.alloc(9)), Buffer.alloc(4)])),
    ];
    for (const bytes of wrong) {
      const { seen, faults } = frame(cutAt(Buffer.concat([bytes, pdu(5, Buffer.alloc(4))]), [3]));
      expect(faults).toHaveLength(1);
      expect(seen.at(-1)?.kind).toBe('control 5');
    }
    const { seen } = frame([Buffer.concat([pdu(2, Buffer.alloc(900)), pdu(5, Buffer.alloc(4))])], 100, 2);
    expect(seen.map(({ kind }) => kind)).toEqual(['control 5']);
  });

  it('finds nothing any more behind a length that cannot be believed', () => {
    const { seen, faults } = frame([Buffer.from([4, 0, 0, 1, 0x86, 0xa1]), pdu(5, Buffer.alloc(4)), Buffer.alloc(900)]);
    expect([seen, faults]).toEqual([[], [6]]);
  });

  it('believes no length beyond its limit, before a byte of it has come', () => {
    expect(frame([Buffer.from([4, 0, 0, 1, 0x86, 0xa1])]).faults).toEqual([6]);
    expect(frame([Buffer.from([4, 0, 0, 1, 0x86, 0xa0])]).faults).toEqual([]);
    expect(frame([Buffer.from([1, 0, 0, 0, 3, 0xe9])]).faults).toEqual([6]);
    expect(frame([Buffer.from([5, 0, 0xff, 0xff, 0xff, 0xff])]).faults).toEqual([6]);
    expect(frame([Buffer.from([8, 0, 0, 0, 0, 0])]).faults).toEqual([1]);
  });
});
