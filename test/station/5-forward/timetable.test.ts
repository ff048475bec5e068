import { describe, expect, it } from 'vitest';
import { transientBackoff } from '#station/kit/backoff.ts';
import { classifyEnding, classifyStatus } from '#station/5-forward/classification.ts';
import { commitDeadlineMs, stepAfter, stepAfterMissing } from '#station/5-forward/retry-timetable.ts';
import { placesOf } from '#station/5-forward/leaving-order.ts';

const usual = { attempts: 1, unknownAttempts: 0, takesOthers: false, alone: false };
const step = (found: Parameters<typeof stepAfter>[0], changes: Partial<typeof usual> = {}, random = () => 1) =>
  stepAfter(found, { ...usual, ...changes }, transientBackoff, random);

const full = classifyStatus(0xa700);
const aborted = classifyEnding({ kind: 'aborted-by-peer', source: 0, reason: 0 }, true);
const lost = classifyEnding({ kind: 'lost', code: 'ECONNRESET' }, true);

describe('the timetable', () => {
  it('doubles from ten seconds to ten minutes, with jitter, and never ends', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 1000, 1e9].map((attempts) => step(full, { attempts }).waitMs);
    expect(waits).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000, 600_000, 600_000]);
    expect(step(full, {}, () => 0).waitMs).toBe(5_000);
    expect(step(full, { attempts: 1e6, unknownAttempts: 4, takesOthers: true, alone: true }).event).toBe('failed');
  });

  it('counts an unknown cause against the object only where it can be its fault', () => {
    expect(step(aborted).unknownAttempts).toBe(0);
    expect(step(aborted, { takesOthers: true }).unknownAttempts).toBe(1);
    expect(step(aborted, { alone: true }).unknownAttempts).toBe(1);
    expect(step(lost, { alone: true }).unknownAttempts).toBe(0);
    expect(step(lost, { takesOthers: true }).unknownAttempts).toBe(1);
    expect(step(aborted, { takesOthers: true, unknownAttempts: 4 })).toEqual({
      event: 'gave-up',
      waitMs: null,
      unknownAttempts: 5,
    });
  });

  it('sends again what is missing, four times', () => {
    expect([0, 1, 2, 3, 4].map((times) => stepAfterMissing(times, transientBackoff, () => 1).event)).toEqual([
      'missing',
      'missing',
      'missing',
      'missing',
      'gave-up',
    ]);
  });

  it('waits for a commitment report twice as long each time, at most a day', () => {
    expect([0, 1, 2, 3, 100].map((times) => commitDeadlineMs(times, 600_000))).toEqual([
      600_000, 600_000, 1_200_000, 2_400_000, 86_400_000,
    ]);
  });
});

describe('the order of leaving', () => {
  it('puts images before what refers to them', () => {
    const revisions = [
      { id: 'report', sopClassUid: '1.2.840.10008.5.1.4.1.1.88.33' },
      { id: 'image', sopClassUid: '1.2.840.10008.5.1.4.1.1.2' },
      { id: 'state', sopClassUid: '1.2.840.10008.5.1.4.1.1.11.1' },
      { id: 'capture', sopClassUid: '1.2.840.10008.5.1.4.1.1.7' },
    ];
    expect([...placesOf(revisions)].sort((a, b) => a[1] - b[1]).map(([id]) => id)).toEqual([
      'image',
      'capture',
      'report',
      'state',
    ]);
  });
});
