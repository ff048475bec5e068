// What is wrong with the sources of orders, for the strip and the alerts: a listener for messages that does not listen, and
// a worklist that has been silent for longer than a restart takes. Pure.
import type { OrderSource } from '#contract/shapes/worklists.ts';
import type { StationStatus } from '#contract/shapes/station.ts';

/** A worklist that does not answer for so long is told of. */
export const silentForMs = 5 * 60_000;

export function hospitalProblems(
  sources: readonly OrderSource[],
  messages: { readonly port: number; readonly downSince: string | null },
  nowMs: number,
): StationStatus['problems'] {
  const silent = sources.filter(
    ({ kind, failedAt }) => kind === 'worklist' && failedAt !== null && nowMs - Date.parse(failedAt) >= silentForMs,
  );
  return [
    ...(messages.downSince === null
      ? []
      : [
          {
            code: 'messages-listener-down' as const,
            params: { port: messages.port },
            since: messages.downSince,
          },
        ]),
    ...silent.map(({ name, failedAt }) => ({
      code: 'worklist-silent' as const,
      params: { worklist: name },
      since: failedAt ?? '',
    })),
  ];
}
