// All steps of a walk, how often each comes, and how one is carried out. A step for which there is nothing to do does
// nothing, so that any part of a walk is a walk.
import { randomFrom } from '../../faults/random.ts';
import { Refused } from './station-host.ts';
import type { Numbers, Play } from './step.ts';
import { arrivals } from './steps/arrivals.ts';
import { devices } from './steps/devices.ts';
import { decisions } from './steps/decisions.ts';
import { hospital } from './steps/hospital.ts';
import { images } from './steps/images.ts';
import { leaving } from './steps/leaving.ts';
import { rearranging } from './steps/rearranging.ts';
import { world } from './steps/world.ts';
import type { Walk } from './walk.ts';

const plays = { ...arrivals, ...hospital, ...decisions, ...rearranging, ...images, ...leaving, ...world, ...devices };
export type StepKind = keyof typeof plays;
export type Step = Numbers & { readonly kind: StepKind };

/** How often each comes, beside the others. */
const weights: Readonly<Record<StepKind, number>> = {
  ...{ receiveNew: 12, receiveLate: 7, receiveAgain: 3, receiveConflict: 2, receiveTwoPatients: 3, importFiles: 2 },
  ...{ orderArrives: 5, orderChanges: 3, orderIsCancelled: 1, patientsMerge: 1 },
  ...{ correct: 8, applyOrder: 6, removeOrder: 1, keepOrder: 1, hold: 1, note: 2 },
  ...{ split: 3, splitByPatient: 3, move: 4, copy: 3, merge: 3, undo: 4 },
  ...{ judge: 4, reject: 4, keep: 2, draw: 7 },
  ...{ approve: 22, correctAfterRelease: 6 },
  ...{ switchArchive: 3, pause: 2, deliveryAction: 2, settingsChange: 2, jump: 2, quiet: 4 },
  ...{ kill: 2, killNext: 3, rebuild: 1, killInRebuild: 1, killInPurge: 1, moveHome: 1, fillDisk: 1 },
  ...{ keepOut: 1, deviceNote: 3, decideConflict: 3, undoFollowing: 1 },
};
const bag = (Object.entries(weights) as [StepKind, number][]).flatMap(([kind, weight]) =>
  Array.from({ length: weight }, () => kind),
);

/** So many steps of a walk; the same seed gives the same ones. */
export function stepsOf(seed: number, count: number): Step[] {
  const random = randomFrom(seed);
  const number = () => random.below(1 << 20);
  return Array.from({ length: count }, (_, n) => ({
    ...{ kind: n < 2 ? 'receiveNew' : (random.pick(bag) ?? 'quiet'), a: number(), b: number(), c: number() },
  }));
}

/** Carries it out; a refusal is said by its code. */
export async function play(walk: Walk, step: Step): Promise<string> {
  try {
    const act: Play = plays[step.kind];
    return await act(walk, step);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const isImpossible = ['split', 'splitByPatient', 'merge', 'move', 'copy'].includes(step.kind);
    if (!(isImpossible && error.code === 'input-invalid') && ['internal', 'input-invalid'].includes(error.code))
      walk.say(`${step.kind}: ${error.message}`);
    return error.code;
  }
}
