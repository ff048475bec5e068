import { describe, expect, it } from 'vitest';
import { expiryNotice, expiryNotices } from '#station/flow/certificate-expiry.ts';

const validTo = '2027-01-31T12:00:00.000Z';
const certificate = { subject: 'CN=station', sha256: 'a'.repeat(64), validFrom: '2025-01-01T00:00:00.000Z', validTo };
const dayMs = 86_400_000;
const at = (daysBefore: number) =>
  expiryNotice({ whose: 'own', certificate }, Date.parse(validTo) - daysBefore * dayMs);

describe('a certificate that runs out', () => {
  it.each([
    [61, undefined, undefined],
    [60.01, undefined, undefined],
    [60, 60, 60],
    [31, 60, 31],
    [30, 30, 30],
    [8, 30, 8],
    [7, 7, 7],
    [2, 7, 2],
    [1, 1, 1],
    [0.5, 1, 0],
  ])('%d days before: told since %s', (daysBefore, stage, days) => {
    const notice = at(daysBefore);
    expect(notice?.stage).toBe(stage);
    expect(notice?.note.params['days']).toBe(days);
    if (stage !== undefined && notice)
      expect(notice).toMatchObject({
        note: { code: 'certificate-expires', params: { whose: 'own', subject: 'CN=station' } },
        since: new Date(Date.parse(validTo) - stage * dayMs).toISOString(),
      });
  });

  it.each([
    [-0.01, 0],
    [-3.5, 3],
  ])('is told as run out afterwards (%d)', (daysBefore, days) => {
    expect(at(daysBefore)).toMatchObject({
      note: { code: 'certificate-expired', params: { days } },
      since: validTo,
      stage: 0,
    });
  });

  it('is told once, however often it is used, and the most pressing comes first', () => {
    const later = { ...certificate, sha256: 'b'.repeat(64), validTo: '2027-03-01T00:00:00.000Z' };
    const watched = [
      { whose: 'trusted', certificate: later },
      { whose: 'own', certificate },
      { whose: 'peer', certificate },
    ] as const;
    const found = expiryNotices(watched, Date.parse(validTo) - 3 * dayMs);
    expect(found.map(({ note }) => note.params['whose'])).toEqual(['own', 'trusted']);
  });

  it('whose date nobody can read is not told about', () => {
    expect(expiryNotice({ whose: 'peer', certificate: { ...certificate, validTo: 'never' } }, 0)).toBeUndefined();
  });
});
