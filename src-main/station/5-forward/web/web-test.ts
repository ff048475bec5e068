// The test of a DICOMweb destination, saved or not: whether it is there, lets us in and answers queries. Nothing is
// stored by it. Never throws for what the other side does.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { DestinationTls } from '#contract/shapes/secure.ts';
import type { WebSetting } from '#contract/shapes/web.ts';
import type { ForwardPorts } from '../ports.ts';
import { askWhetherThere } from './question.ts';
import { WebService, type ServiceNeeds } from './service.ts';

/** Throws the Problem of certificate files or of a secret that cannot be used. */
export async function testWeb(
  ports: ForwardPorts,
  { web, tls }: { readonly web: WebSetting; readonly tls?: DestinationTls | undefined },
  timeouts?: ServiceNeeds['timeouts'],
): Promise<PeerAnswer> {
  const secure = tls && (await ports.readCalling?.(tls));
  if (web.auth.kind !== 'none') await ports.readSecret?.(web.auth);
  const service = new WebService({ web, calling: () => secure, readSecret: ports.readSecret, timeouts });
  try {
    const found = await askWhetherThere(service, new AbortController().signal);
    if (found.kind === 'not-there') return found.verdict.answer;
    return found.queries === 'answered' ? { key: 'answers', params: {} } : found.queries;
  } finally {
    service.close();
  }
}
