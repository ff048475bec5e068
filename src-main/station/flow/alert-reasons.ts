// What a person must hear of, from how the station stands. Pure: the same facts give the same reasons.
//
// A reason has grades: how bad it is, in numbers that are compared one by one. One that grew brings an acknowledged alert
// back. Large numbers are graded coarsely, so that a long outage does not call again with every exam.
import { createHash } from 'node:crypto';
import type { ProblemCode } from '#contract/problems.ts';
import type { Alert, AlertSetting } from '#contract/shapes/alerts.ts';
import type { DestinationStatus } from '#contract/shapes/delivery.ts';
import type { StationStatus } from '#contract/shapes/station.ts';

export type AlertReason = Omit<Alert, 'since' | 'acknowledged'> & {
  /** When it began, where that is known; else it is when it was first seen. */
  readonly since: string | null;
  readonly grades: readonly number[];
};

export type OverdueExams = { readonly exams: number; readonly since: string };

export type AlertFacts = {
  readonly destinations: readonly DestinationStatus[];
  readonly problems: StationStatus['problems'];
  readonly limits: AlertSetting;
  readonly nowMs: number;
  /** Exams that wait for a destination since `before` or longer. */
  overdue(destinationId: string, priority: number, before: string): OverdueExams | undefined;
  /** When a destination was last outside its hours, in epoch milliseconds; what keeps to them waits since then. */
  closedUntilMs(destinationId: string): number;
};

const alertPriorities = ['stat', 'urgent', 'routine'] as const;
const minuteMs = 60_000;

/** The worst first. */
export function reasonsForAlerts(facts: AlertFacts): AlertReason[] {
  const found = [
    ...facts.problems.map(ofProblem),
    ...facts.destinations.flatMap((destination) => [
      ...alertPriorities.flatMap((priority, place) => ofWaiting(facts, destination, priority, place)),
      ...ofRefusing(destination),
      ...ofBlocked(destination),
    ]),
  ];
  const order = { red: 0, amber: 1 } as const;
  return found.sort((a, b) => order[a.level] - order[b.level]);
}

function ofWaiting(
  { limits, nowMs, overdue, closedUntilMs }: AlertFacts,
  destination: DestinationStatus,
  priority: (typeof alertPriorities)[number],
  place: number,
): AlertReason[] {
  const keepsToHours = (destination.keepsToHours as readonly string[]).includes(priority);
  if (keepsToHours && destination.opensAt !== null) return [];
  const limitMs = limits[`${priority}Minutes`] * minuteMs;
  if (keepsToHours && nowMs - closedUntilMs(destination.id) < limitMs) return [];
  const late = overdue(destination.id, place, new Date(nowMs - limitMs).toISOString());
  if (!late) return [];
  const times = Math.max(1, (nowMs - Date.parse(late.since)) / limitMs);
  return [
    {
      id: `waiting:${destination.id}:${priority}`,
      kind: 'exams-waiting',
      // A routine exam that is late heals by itself more often than not.
      level: priority === 'routine' && times < 6 ? 'amber' : 'red',
      since: new Date(Date.parse(late.since) + limitMs).toISOString(),
      destinationId: destination.id,
      priority,
      count: late.exams,
      answer: destination.state === 'well' ? null : destination.lastAnswer,
      problem: null,
      grades: [Math.floor(Math.log2(times)), priority === 'routine' ? coarse(late.exams) : late.exams],
    },
  ];
}

function ofRefusing({ id, state, since, waiting, lastAnswer }: DestinationStatus): AlertReason[] {
  if (state !== 'refusing') return [];
  return [
    {
      ...{ id: `refusing:${id}`, kind: 'destination-refuses', level: 'red', since, destinationId: id },
      ...{ priority: null, count: waiting, answer: lastAnswer, problem: null, grades: [1] },
    },
  ];
}

function ofBlocked({ id, blocked }: DestinationStatus): AlertReason[] {
  if (blocked === 0) return [];
  return [
    {
      ...{ id: `blocked:${id}`, kind: 'objects-blocked', level: 'red', since: null, destinationId: id },
      ...{ priority: null, count: blocked, answer: null, problem: null, grades: [coarse(blocked)] },
    },
  ];
}

/** What is said of the station itself: its certificates, its disk, its listener. */
function ofProblem({ since, ...problem }: StationStatus['problems'][number]): AlertReason {
  const { code, params } = problem;
  // Numbers change while it stays the same problem.
  const about = Object.entries(params).filter(([, value]) => typeof value === 'string');
  const digest = createHash('sha256').update(JSON.stringify(about)).digest('hex').slice(0, 16);
  return {
    id: `problem:${code}:${digest}`,
    kind: 'problem',
    level: amber.has(code) && !isUrgent(problem) ? 'amber' : 'red',
    since: keepsItsTime.has(code) ? since : null,
    destinationId: null,
    priority: null,
    count: 1,
    answer: null,
    problem,
    grades: [code === 'certificate-expires' ? stageOf(Number(params['days'] ?? 0)) : 1],
  };
}

const amber: ReadonlySet<ProblemCode> = new Set(['room-short', 'certificate-expires', 'worklist-silent']);
const keepsItsTime: ReadonlySet<ProblemCode> = new Set([
  ...(['certificate-expires', 'certificate-expired', 'disk-failed'] as const),
  ...(['messages-listener-down', 'worklist-silent'] as const),
]);

const isUrgent = ({ code, params }: AlertReason['problem'] & object): boolean =>
  code === 'certificate-expires' && Number(params['days'] ?? 0) <= 7;

/** The stages of flow/certificate-expiry, growing. */
const stageOf = (days: number): number => (days <= 1 ? 4 : days <= 7 ? 3 : days <= 30 ? 2 : 1);

/** One by one up to 10, then with each doubling. */
const coarse = (count: number): number => (count <= 10 ? count : 10 + Math.floor(Math.log2(count / 10)));

/** True when something of it is worse than it was. */
export const isWorse = (grades: readonly number[], before: readonly number[]): boolean =>
  grades.some((grade, index) => grade > (before[index] ?? Number.NEGATIVE_INFINITY));
