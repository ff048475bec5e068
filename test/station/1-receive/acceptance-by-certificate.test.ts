import { describe, expect, it } from 'vitest';
import { decideAcceptance, type AcceptanceRules } from '#station/1-receive/acceptance-policy.ts';

const ours = 'a'.repeat(64);
const another = 'b'.repeat(64);
const rules: AcceptanceRules = {
  aeTitle: 'SAFELIGHT',
  allowLoopback: true,
  devices: [
    // As people copy it from another program.
    {
      aeTitle: 'CT1',
      host: '10.0.0.7',
      decision: 'allow',
      certificateSha256: ours.toUpperCase().replace(/..\B/g, '$&:'),
    },
    { aeTitle: 'CT1', decision: 'allow' },
    { aeTitle: 'US2', host: '10.0.0.8', decision: 'allow' },
    { aeTitle: 'OLD', decision: 'block', certificateSha256: ours },
    { aeTitle: 'TWO', decision: 'allow', certificateSha256: ours },
    { aeTitle: 'TWO', decision: 'allow', certificateSha256: another },
  ],
  reporters: [
    { aeTitle: 'ARCHIVE', host: '10.0.0.20', overTlsOnly: true },
    { aeTitle: 'CACHE', host: '10.0.0.21' },
  ],
};

const plainly = {};
const anonymously = { secure: true } as const;
const showing = (sha256: string) => ({ secure: true, certificate: { sha256 } }) as const;

const decide = (callingAeTitle: string, address: string, how: object) => {
  const acceptance = decideAcceptance({ callingAeTitle, calledAeTitle: 'SAFELIGHT', address, ...how }, rules);
  return acceptance.kind === 'turn-away' ? acceptance.why : acceptance.kind;
};

describe('a device that is bound to a certificate', () => {
  it.each([
    ['with that certificate comes in', '10.0.0.7', showing(ours), 'accept'],
    ['with another one stays out', '10.0.0.7', showing(another), 'other-certificate'],
    ['without one stays out', '10.0.0.7', anonymously, 'other-certificate'],
    ['on the plain port stays out', '10.0.0.7', plainly, 'other-certificate'],
  ])('%s', (_what, address, how, expected) => {
    expect(decide('CT1', address, how)).toBe(expected);
  });

  it('is not let in by the certificate alone from an address that is listed without it', () => {
    expect(decide('CT1', '10.0.0.9', plainly)).toBe('accept');
    expect(decide('UNKNOWN', '10.0.0.9', showing(ours))).toBe('new-device');
  });

  it('cannot be played by a program on this machine', () => {
    expect(decide('TWO', '127.0.0.1', plainly)).toBe('other-certificate');
    const away = { ...rules, devices: rules.devices.filter(({ host }) => host !== undefined) };
    const caller = { callingAeTitle: 'CT1', calledAeTitle: 'SAFELIGHT', address: '127.0.0.1' };
    expect(decideAcceptance(caller, away)).toEqual({ kind: 'turn-away', why: 'new-device' });
  });

  it('may have two certificates, while the old one is being replaced', () => {
    expect(decide('TWO', '10.0.0.9', showing(ours))).toBe('accept');
    expect(decide('TWO', '10.0.0.9', showing(another))).toBe('accept');
    expect(decide('TWO', '10.0.0.9', showing('c'.repeat(64)))).toBe('other-certificate');
  });

  it('stays out when it is blocked, whatever it shows', () => {
    expect(decide('OLD', '10.0.0.9', showing(ours))).toBe('listed');
  });
});

describe('a device without a bound certificate', () => {
  it('comes in on either port, with any certificate that stands', () => {
    for (const how of [plainly, anonymously, showing(another)]) expect(decide('US2', '10.0.0.8', how)).toBe('accept');
  });
});

describe('a destination that is called over TLS', () => {
  it('reports over TLS and not without', () => {
    expect(decide('ARCHIVE', '10.0.0.20', showing(another))).toBe('accept-reports');
    expect(decide('ARCHIVE', '10.0.0.20', plainly)).toBe('new-device');
    expect(decide('CACHE', '10.0.0.21', plainly)).toBe('accept-reports');
  });
});
