// The DICOM server.
import type { DicomServer, ServerOptions, ServerRules } from './accepting.ts';
import { bug } from '#station/kit/problem.ts';

/** Listens and resolves when it does; rejects with `port-in-use` or another system error. The caller closes it. */
export async function openDicomServer(_options: ServerOptions, _rules: ServerRules): Promise<DicomServer> {
  throw bug('not yet');
}
