// One C-ECHO to a destination, saved or not, or one small query where it is reached by DICOMweb, with what came of it in words. Never throws for what the peer does.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { DestinationTest, DestinationTestAsked } from '#contract/shapes/settings.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { classifyEnding, classifyOpening, classifyStatus } from './classification.ts';
import { verificationClass, wireSyntaxes } from './peer.ts';
import type { ForwardPorts } from './ports.ts';
import { testWeb } from './web/web-test.ts';

export type TestTarget = DestinationTestAsked;

/** Throws the Problem of certificate files, or of a password or token, that cannot be used. */
export async function testDestination(
  { clock, ports }: { readonly clock: Clock; readonly ports: ForwardPorts },
  target: TestTarget,
  callingAeTitle: string,
): Promise<DestinationTest> {
  const startedMs = clock.monotonicMs();
  const { protocol, web, tls } = target;
  const answer = await (protocol === 'dicomweb' && web
    ? testWeb(ports, { web, tls }, ports.webTimeouts)
    : echo(ports, target, callingAeTitle));
  const tookMs = Math.round(clock.monotonicMs() - startedMs);
  return { ok: answer.key === 'answers', key: answer.key, params: { ...answer.params }, tookMs };
}

async function echo(ports: ForwardPorts, target: TestTarget, callingAeTitle: string): Promise<PeerAnswer> {
  const open = ports.openAssociation ?? openAssociation;
  const secure = target.tls && (await ports.readCalling?.(target.tls));
  const opening = await open({
    ...(secure ? { secure } : {}),
    host: target.host,
    port: target.port,
    callingAeTitle,
    calledAeTitle: target.aeTitle,
    contexts: [{ abstractSyntaxUid: verificationClass, transferSyntaxUids: wireSyntaxes }],
  });
  if (opening.kind !== 'accepted') {
    return classifyOpening(opening, { calling: callingAeTitle, called: target.aeTitle }).answer;
  }
  const outcome = await opening.association.echo();
  if (opening.association.isOpen) await opening.association.release();
  switch (outcome.kind) {
    case 'answered':
      return outcome.status === 0
        ? { key: 'answers', params: {} }
        : classifyStatus(outcome.status, outcome.comment).answer;
    case 'not-accepted':
      return { key: 'class-not-accepted', params: { sopClass: verificationClass } };
    case 'not-sent':
    case 'unknown-outcome':
      return classifyEnding(outcome.ending).answer;
  }
}
