import { describe, expect, it } from 'vitest';
import { decideAcceptance, type AcceptanceRules } from '#station/1-receive/acceptance-policy.ts';

const rules: AcceptanceRules = {
  aeTitle: 'SAFELIGHT',
  allowLoopback: true,
  devices: [
    { aeTitle: 'CR1', host: '10.0.0.7', decision: 'allow' },
    { aeTitle: 'US2', host: 'us2.radiology', decision: 'allow' },
    { aeTitle: 'ANYWHERE', decision: 'allow' },
    { aeTitle: 'OLD', decision: 'block' },
    { aeTitle: 'NOISE', host: '10.0.0.9', decision: 'ignore' },
    { aeTitle: 'V6', host: '2001:db8::1', decision: 'allow' },
  ],
};
const decide = (callingAeTitle: string, address: string, called = 'SAFELIGHT', more: Partial<AcceptanceRules> = {}) => {
  const acceptance = decideAcceptance(
    { callingAeTitle, calledAeTitle: called, address },
    { ...rules, ...more },
    (host) => (host === 'us2.radiology' ? ['10.0.0.8'] : []),
  );
  return acceptance.kind === 'turn-away' ? acceptance.why : acceptance.kind;
};

describe('a device', () => {
  it.each([
    ['CR1', '10.0.0.7', 'accept'],
    ['CR1', '10.0.0.70', 'new-device'],
    ['cr1', '10.0.0.7', 'new-device'],
    ['US2', '10.0.0.8', 'accept'],
    ['ANYWHERE', '192.168.1.1', 'accept'],
    ['OLD', '10.0.0.7', 'listed'],
    ['OLD', '127.0.0.1', 'listed'],
    ['NOISE', '10.0.0.9', 'listed'],
    ['NOISE', '10.0.0.10', 'new-device'],
    ['V6', '2001:0db8:0:0:0:0:0:1', 'accept'],
    ['UNKNOWN', '127.0.0.1', 'accept'],
    ['UNKNOWN', '::1', 'accept'],
    ['UNKNOWN', '10.0.0.1', 'new-device'],
  ])('%s at %s: %s', (aeTitle, address, expected) => {
    expect(decide(aeTitle, address)).toBe(expected);
  });

  it('that is a destination only may report, and not store; one that is both may', () => {
    const reporters = [{ aeTitle: 'ARCHIVE', host: '10.0.0.50' }];
    const kindOf = (address: string, devices = rules.devices) =>
      decideAcceptance(
        { callingAeTitle: 'ARCHIVE', calledAeTitle: 'SAFELIGHT', address },
        { ...rules, devices, reporters },
      ).kind;
    expect(kindOf('10.0.0.50')).toBe('accept-reports');
    expect(kindOf('10.0.0.51')).toBe('turn-away');
    expect(kindOf('10.0.0.50', [{ aeTitle: 'ARCHIVE', decision: 'allow' }])).toBe('accept');
    expect(kindOf('10.0.0.50', [{ aeTitle: 'ARCHIVE', decision: 'block' }])).toBe('turn-away');
  });

  it('that calls us by another name stays out, unless any name will do', () => {
    expect(decide('CR1', '10.0.0.7', 'Safelight')).toBe('wrong-called-ae');
    expect(decide('CR1', '10.0.0.7', 'PACS', { anyCalledAeTitle: true })).toBe('accept');
  });

  it('on this machine must be listed when loopback is not allowed', () => {
    expect(decide('UNKNOWN', '127.0.0.1', 'SAFELIGHT', { allowLoopback: false })).toBe('new-device');
  });
});
