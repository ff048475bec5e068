// One destination as the network sees it, and how an association to it is opened.
import type { DestinationSetting } from '#contract/shapes/settings.ts';
import { explicitLittleEndian, implicitLittleEndian } from '#station/dicom/index.ts';
import {
  openAssociation,
  type CommitmentReport,
  type Opening,
  type ProposedContext,
  type SecureCalling,
} from '#station/dicom/network/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import { ownCertificateUnusable } from './classification.ts';
import type { ForwardPorts } from './ports.ts';

export const verificationClass = '1.2.840.10008.1.1';
export const commitmentClass = '1.2.840.10008.1.20.1';
export const studyRootFindClass = '1.2.840.10008.5.1.4.1.2.2.1';
/** For services whose messages we write ourselves. */
export const wireSyntaxes: readonly string[] = [explicitLittleEndian, implicitLittleEndian];

export type Peer = {
  readonly destinationId: string;
  readonly titles: { readonly calling: string; readonly called: string };
  readonly confirm: DestinationSetting['confirm'];
  open(
    contexts: readonly ProposedContext[],
    options: { readonly signal: AbortSignal; onCommitmentReport?(report: CommitmentReport): number },
  ): Promise<Opening>;
};

/** Never without TLS where TLS is set: files that cannot be used keep the destination waiting. */
function callingOf(ports: ForwardPorts, destinationId: string): SecureCalling | 'unusable' {
  try {
    return ports.callingOf?.(destinationId) ?? 'unusable';
  } catch (error) {
    if (isProblem(error)) return 'unusable';
    throw error;
  }
}

/** @param calling our own AE title. */
export function peerOf(setting: DestinationSetting, calling: string, ports: ForwardPorts): Peer {
  const open = ports.openAssociation ?? openAssociation;
  return {
    destinationId: setting.id,
    titles: { calling, called: setting.aeTitle },
    confirm: setting.confirm,
    open: async (contexts, options) => {
      const secure = setting.tls ? callingOf(ports, setting.id) : undefined;
      if (secure === 'unusable') return { kind: 'unreachable', code: ownCertificateUnusable };
      return open({
        host: setting.host,
        port: setting.port,
        callingAeTitle: calling,
        calledAeTitle: setting.aeTitle,
        contexts,
        ...(secure ? { secure } : {}),
        ...options,
      });
    },
  };
}
