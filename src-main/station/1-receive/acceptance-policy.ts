// Who may send: decides an association by the AE titles and the address it comes with. Pure.
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { plainFingerprint, type AssociationFacts } from '#station/dicom/network/index.ts';

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
    /** The certificate it must show. With it, it comes in over TLS or not at all. */
    readonly certificateSha256?: string | undefined;
  }[];
  /** Destinations, which call to report what they keep (PS3.4 J.3.3). That does not make them devices. */
  readonly reporters?: readonly {
    readonly aeTitle: string;
    readonly host: string;
    /** What it reports counts only when it comes over TLS. */
    readonly overTlsOnly?: boolean;
  }[];
};

export type Acceptance =
  | { readonly kind: 'accept' }
  /** A destination that is no device: it may report and verify, and not store. */
  | { readonly kind: 'accept-reports' }
  /**
   * `new-device`: nobody has decided about it yet. `other-certificate`: it is allowed with a certificate that it did not
   * show. `listed`: somebody decided to ignore or block it.
   */
  | { readonly kind: 'turn-away'; readonly why: 'wrong-called-ae' | 'new-device' | 'other-certificate' | 'listed' };

export type Caller = Pick<AssociationFacts, 'callingAeTitle' | 'calledAeTitle' | 'address' | 'secure'> & {
  readonly certificate?: { readonly sha256: string };
};

/**
 * Decides in this order: the called AE title must be ours, in the same case; a device that is blocked or ignored stays
 * out, loopback or not; a device that is bound to a certificate comes in with that one and in no other way, whatever else
 * is listed for it; then allowed devices and, if the rules say so, loopback come in, but not under the AE title of a
 * device that is bound; then destinations, to report.
 * `addressesOf` gives what a host name stands for.
 */
export function decideAcceptance(
  { callingAeTitle, calledAeTitle, address, secure, certificate }: Caller,
  rules: AcceptanceRules,
  addressesOf: (host: string) => readonly string[] = () => [],
): Acceptance {
  if (!rules.anyCalledAeTitle && calledAeTitle !== rules.aeTitle.trim())
    return { kind: 'turn-away', why: 'wrong-called-ae' };
  const comesFrom = (host: string) =>
    isSameAddress(host, address) || addressesOf(host).some((a) => isSameAddress(a, address));
  const ofThatTitle = rules.devices.filter(({ aeTitle }) => aeTitle.trim() === callingAeTitle);
  const listed = ofThatTitle.filter(({ host }) => host === undefined || comesFrom(host));
  if (listed.some(({ decision }) => decision !== 'allow')) return { kind: 'turn-away', why: 'listed' };
  if (listed.some(isBound)) {
    const shows = (wanted: string | undefined) =>
      wanted !== undefined && plainFingerprint(wanted) === certificate?.sha256;
    return listed.some(({ certificateSha256 }) => shows(certificateSha256))
      ? { kind: 'accept' }
      : { kind: 'turn-away', why: 'other-certificate' };
  }
  if (listed.length > 0) return { kind: 'accept' };
  if (rules.allowLoopback && isLoopback(address) && !ofThatTitle.some(isBound)) return { kind: 'accept' };
  const reports = rules.reporters?.some(
    ({ aeTitle, host, overTlsOnly }) =>
      aeTitle.trim() === callingAeTitle && comesFrom(host) && (secure === true || overTlsOnly !== true),
  );
  return reports ? { kind: 'accept-reports' } : { kind: 'turn-away', why: 'new-device' };
}

function isBound({ certificateSha256 }: AcceptanceRules['devices'][number]): boolean {
  return certificateSha256 !== undefined;
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
