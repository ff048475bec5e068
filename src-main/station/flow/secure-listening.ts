// What a person sees of the port with TLS: how it stands, with which certificate, and who was refused last.
import type { Refusal } from '#contract/shapes/secure.ts';
import type { Settings } from '#contract/shapes/settings.ts';
import type { StationStatus } from '#contract/shapes/station.ts';
import type { HandshakeRefusal } from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Certificates } from './certificates.ts';
import type { ListeningPort, PortWish } from './listening-port.ts';

const mostRefusals = 5;

/** The last few refusals, newest first. Nothing in them was sent by the peer but its certificate. */
export class Refusals {
  readonly #clock: Clock;
  #last: readonly Refusal[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add({ address, reason, certificate }: HandshakeRefusal): void {
    const at = this.#clock.now();
    const shown = certificate
      ? { certificateSha256: certificate.sha256, certificateSubject: certificate.subject }
      : undefined;
    this.#last = [{ at, address, reason, ...shown }, ...this.#last].slice(0, mostRefusals);
  }

  list(): Refusal[] {
    return [...this.#last];
  }
}

/** Where to listen with TLS, and on what terms; undefined when nowhere. */
export function securePortWish({ station }: Settings, certificates: Certificates): PortWish | undefined {
  const secure = certificates.terms();
  return station.tls && secure ? { host: station.dicomHost, port: station.tls.port, secure } : undefined;
}

export function secureTruth(
  settings: Settings | undefined,
  port: ListeningPort,
  certificates: Certificates,
  refusals: Refusals,
): StationStatus['secure'] {
  const wanted = settings?.station.tls?.enabled === true;
  const stands = port.truth();
  return {
    state: !wanted ? 'off' : stands.listening ? 'listening' : 'down',
    port: stands.listening ? stands.port : (settings?.station.tls?.port ?? 0),
    ...certificates.truth(),
    refusals: refusals.list(),
  };
}
