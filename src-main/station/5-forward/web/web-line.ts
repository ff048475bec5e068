// What is particular to a destination that is reached by DICOMweb: its service, its courier's needs, its prover.
import type { DestinationSetting } from '#contract/shapes/settings.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { Breaker } from '../breaker.ts';
import type { Commitments } from '../commitments.ts';
import type { ForwardPorts } from '../ports.ts';
import { GroupSize } from './group-size.ts';
import { WebProver } from './proof-by-web.ts';
import { WebService } from './service.ts';
import type { WebCourierNeeds } from './web-courier.ts';

export type WebLineParts = {
  /** For its courier, which closes the service. */
  readonly sending: Pick<WebCourierNeeds, 'destinationId' | 'confirm' | 'web' | 'aeTitle' | 'service' | 'group'>;
  readonly prover: WebProver;
};

/** Undefined for a DICOM destination. @param calling our own AE title. */
export function webLineOf(
  { id, confirm, protocol, tls, web }: DestinationSetting,
  calling: string,
  {
    breaker,
    commitments,
    ports,
  }: {
    readonly breaker: Breaker;
    readonly commitments: Commitments;
    readonly ports: ForwardPorts;
  },
): WebLineParts | undefined {
  if (protocol !== 'dicomweb' || web === undefined) return undefined;
  /** Never without the TLS that is set: files that cannot be used keep the destination waiting. */
  const secure = () => {
    if (tls === undefined) return undefined;
    try {
      return ports.callingOf?.(id) ?? 'unusable';
    } catch (error) {
      if (isProblem(error)) return 'unusable';
      throw error;
    }
  };
  // One for each of the two, which work side by side.
  const service = () =>
    new WebService({ web, calling: secure, readSecret: ports.readSecret, timeouts: ports.webTimeouts });
  const asking = service();
  return {
    sending: {
      destinationId: id,
      confirm,
      web,
      aeTitle: calling,
      service: service(),
      group: new GroupSize(web.mostObjects),
    },
    prover: new WebProver({ destinationId: id, service: asking, breaker, commitments }),
  };
}
