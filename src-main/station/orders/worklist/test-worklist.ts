// One button: does a worklist answer, and how many orders does it have for today? Saved or not. Never throws for what
// the peer does.
import type { WorklistSetting } from '#contract/shapes/worklists.ts';
import type { Clock } from '#station/kit/clock.ts';
import { callWorklist, openWorklist, verificationClass, type WorklistPorts } from './call.ts';
import { dayOf } from './hospital-day.ts';
import { wishesOf } from './query-keys.ts';

export type WorklistTest = {
  readonly ok: boolean;
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
  readonly tookMs: number;
};

const most = 100;

type Tested = { readonly setting: WorklistSetting; readonly callingAeTitle: string; readonly signal: AbortSignal };

/** Rejects with the Problem of certificate files that cannot be used. */
export async function testWorklist(ports: WorklistPorts, clock: Clock, tested: Tested): Promise<WorklistTest> {
  const startedMs = clock.monotonicMs();
  const said = (ok: boolean, key: string, params: WorklistTest['params'] = {}): WorklistTest => ({
    ...{ ok, key, params },
    tookMs: Math.round(clock.monotonicMs() - startedMs),
  });
  const failed = await echo(ports, tested);
  if (failed) return said(false, failed.key, failed.params);
  const wishes = wishesOf(tested.setting, { days: dayOf(clock.epochMs()) });
  const outcome = await callWorklist(ports, { ...tested, wishes, most, onItem: () => {} });
  if (outcome.kind === 'withdrawn') return said(false, 'worklist-unanswered');
  if (outcome.kind === 'failed') return said(false, outcome.answer.key, outcome.answer.params);
  const key = outcome.complete ? 'worklist-answers' : 'worklist-answers-more';
  return said(true, key, { orders: outcome.items });
}

/** C-ECHO where it is offered; a worklist without Verification is none the worse. */
async function echo(ports: WorklistPorts, tested: Tested) {
  const opening = await openWorklist(ports, tested, [verificationClass]);
  if (opening === 'withdrawn') return { key: 'worklist-unanswered', params: {} };
  if ('answer' in opening) return opening.answer;
  const { association } = opening;
  try {
    const outcome = await association.echo();
    if (outcome.kind === 'answered' || outcome.kind === 'not-accepted') return undefined;
    const { key, params } = ports.sayEnding(outcome.ending);
    return { key: key === 'object-unanswered' ? 'worklist-unanswered' : key, params: { ...params } };
  } finally {
    if (association.isOpen) await association.release();
  }
}
