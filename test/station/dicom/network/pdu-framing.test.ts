import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PduFraming } from '#station/dicom/network/pdu-framing.ts';
import { data, fragment, pdu } from './raw-peer.ts';

type Seen = { kind: string; id: number; isCommand: boolean; bytes: Buffer };

function frame(chunks: readonly Buffer[], dataBytes = 100_000) {
  const seen: Seen[] = [];
  const faults: number[] = [];
  const limits = { expected: new Set([1, 2, 3, 4, 5, 6, 7]), associateBytes: 1000, dataBytes };
  let open: Buffer[] = [];
  const framing = new PduFraming(limits, {
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

  it('ends with one fault or with nothing, whatever it is fed', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
        expect(frame(chunks.map((chunk) => Buffer.from(chunk))).faults.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2000 },
    );
  });

  it('believes no length beyond its limit, before a byte of it has come', () => {
    expect(frame([Buffer.from([4, 0, 0, 1, 0x86, 0xa1])]).faults).toEqual([6]);
    expect(frame([Buffer.from([4, 0, 0, 1, 0x86, 0xa0])]).faults).toEqual([]);
    expect(frame([Buffer.from([1, 0, 0, 0, 3, 0xe9])]).faults).toEqual([6]);
    expect(frame([Buffer.from([5, 0, 0xff, 0xff, 0xff, 0xff])]).faults).toEqual([6]);
    expect(frame([Buffer.from([8, 0, 0, 0, 0, 0])]).faults).toEqual([1]);
  });
});
