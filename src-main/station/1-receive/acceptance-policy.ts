// Who may send: decides an association by the AE titles and the address it comes with. Pure.
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { AssociationFacts } from '#station/dicom/network/index.ts';

export type AcceptanceRules = {
  /** Our AE title. */
  readonly aeTitle: string;
  /** Devices that know us by another name are let in too. Default false. */
  readonly anyCalledAeTitle?: boolean;
  /** Programs on this machine may send without being listed. */
  readonly allowLoopback: boolean;
  readonly devices: readonly {
    readonly aeTitle: string;
    /** Address or host name it must come from; any when absent. */
    readonly host?: string;
    readonly decision: 'allow' | 'ignore' | 'block';
  }[];
  /** Destinations, which call to report what they keep (PS3.4 J.3.3). That does not make them devices. */
  readonly reporters?: readonly { readonly aeTitle: string; readonly host: string }[];
};

export type Acceptance =
  | { readonly kind: 'accept' }
  /** A destination that is no device: it may report and verify, and not store. */
  | { readonly kind: 'accept-reports' }
  /** `new-device`: nobody has decided about it yet. `listed`: somebody decided to ignore or block it. */
  | { readonly kind: 'turn-away'; readonly why: 'wrong-called-ae' | 'new-device' | 'listed' };

/**
 * Decides in this order: the called AE title must be ours, in the same case; a device that is blocked or ignored stays
 * out, loopback or not; then allowed devices and, if the rules say so, loopback come in; then destinations, to report.
 * `addressesOf` gives what a host name stands for.
 */
export function decideAcceptance(
  { callingAeTitle, calledAeTitle, address }: Pick<AssociationFacts, 'callingAeTitle' | 'calledAeTitle' | 'address'>,
  rules: AcceptanceRules,
  addressesOf: (host: string) => readonly string[] = () => [],
): Acceptance {
  if (!rules.anyCalledAeTitle && calledAeTitle !== rules.aeTitle.trim())
    return { kind: 'turn-away', why: 'wrong-called-ae' };
  const comesFrom = (host: string) =>
    isSameAddress(host, address) || addressesOf(host).some((a) => isSameAddress(a, address));
  const decisions = rules.devices
    .filter(({ aeTitle, host }) => aeTitle.trim() === callingAeTitle && (host === undefined || comesFrom(host)))
    .map(({ decision }) => decision);
  if (decisions.some((decision) => decision !== 'allow')) return { kind: 'turn-away', why: 'listed' };
  if (decisions.length > 0 || (rules.allowLoopback && isLoopback(address))) return { kind: 'accept' };
  const reports = rules.reporters?.some(({ aeTitle, host }) => aeTitle.trim() === callingAeTitle && comesFrom(host));
  return reports ? { kind: 'accept-reports' } : { kind: 'turn-away', why: 'new-device' };
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}

function isSameAddress(first: string, second: string): boolean {
  if (first === second) return true;
  // IPv6 has many spellings of one address.
  if (!isIPv6(first) || !isIPv6(second)) return false;
  const list = new BlockList();
  list.addAddress(first, 'ipv6');
  return list.check(second, 'ipv6');
}
