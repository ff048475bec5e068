// Where an exam goes: rules, facts and destinations in, a word on every destination out. Pure; the same for the same.
//
// Guarantees: says of each destination whether the exam goes there, whether it is required, and which rule decided; what
// earlier images of the exam went to stays with it, so that an exam is never torn. Never says less than the rules do: a
// destination that a rule wants and that is not there is named.
import type { Priority } from '#contract/shapes/couriers.ts';
import { weekdays } from '#contract/shapes/couriers.ts';
import type {
  RouteCondition,
  RouteConditions,
  RouteReason,
  RouteSetting,
  RouteTime,
  RouteWay,
} from '#contract/shapes/routes.ts';

/** A moment in the local time of the station. */
export type LocalMoment = { readonly day: (typeof weekdays)[number]; readonly minute: number };

export type RouteFacts = {
  /** AE titles, and names and ids of listed devices. */
  readonly devices: readonly string[];
  readonly sources: readonly ('dicom' | 'file' | 'picture')[];
  readonly modalities: readonly string[];
  readonly departments: readonly string[];
  readonly bodyParts: readonly string[];
  readonly priority: Priority;
  readonly moment: LocalMoment;
};

export type RouteQuestion = {
  readonly routes: readonly RouteSetting[];
  readonly facts: RouteFacts;
  /** All that are there, in their order. */
  readonly destinations: readonly { readonly id: string; readonly name: string; readonly required: boolean }[];
  /** Where other images of the exam went, or are on their way to. */
  readonly before: readonly { readonly id: string; readonly required: boolean }[];
};

export type RouteDecision = {
  /** One for each destination, in their order. */
  readonly ways: readonly RouteWay[];
  /** Ids that a matching rule names and that are not there. */
  readonly missing: readonly string[];
};

export function decideRoute({ routes, facts, destinations, before }: RouteQuestion): RouteDecision {
  const { matching, stoppedBy, failed } = sift(routes, facts);
  const wanted = matching.flatMap((route) => route.destinations.map(({ id, required }) => ({ id, required, route })));
  const cutOff = stoppedBy ? routes.slice(routes.indexOf(stoppedBy) + 1) : [];
  const ways = destinations.map(({ id, name, required }): RouteWay => {
    const way = (goes: boolean, isRequired: boolean, because: RouteReason): RouteWay => ({
      ...{ id, name, goes, because },
      required: goes && isRequired,
    });
    const earlier = before.filter((one) => one.id === id);
    const wasRequired = earlier.some((one) => one.required);
    if (routes.length === 0) return way(true, required || wasRequired, reason('no-rules'));
    const rules = wanted.filter((one) => one.id === id);
    const [first] = rules;
    if (first) return way(true, wasRequired || rules.some((one) => one.required), reason('rule', first.route.name));
    if (earlier.length > 0) return way(true, wasRequired, reason('before'));
    const unmatched = failed.find(({ route }) => route.destinations.some((one) => one.id === id));
    if (unmatched) return way(false, false, reason('not-matched', unmatched.route.name, unmatched.condition));
    const isCutOff = cutOff.some((route) => route.destinations.some((one) => one.id === id));
    return way(false, false, isCutOff ? reason('stopped', stoppedBy?.name) : reason('no-rule'));
  });
  const known = new Set(destinations.map(({ id }) => id));
  const missing = [...new Set(wanted.map(({ id }) => id))].filter((id) => !known.has(id));
  return { ways, missing };
}

const reason = (key: RouteReason['key'], rule = '', condition = ''): RouteReason => ({ key, rule, condition });

type Sifted = {
  readonly matching: readonly RouteSetting[];
  readonly stoppedBy: RouteSetting | undefined;
  readonly failed: readonly { readonly route: RouteSetting; readonly condition: RouteCondition }[];
};

function sift(routes: readonly RouteSetting[], facts: RouteFacts): Sifted {
  const matching: RouteSetting[] = [];
  const failed: { route: RouteSetting; condition: RouteCondition }[] = [];
  for (const route of routes) {
    const condition = firstUnmet(route.conditions, facts);
    if (condition !== undefined) failed.push({ route, condition });
    else {
      matching.push(route);
      if (route.then === 'stop') return { matching, stoppedBy: route, failed };
    }
  }
  return { matching, stoppedBy: undefined, failed };
}

const fold = (text: string): string => text.trim().toLowerCase();

function anyOf(wanted: readonly string[] | undefined, found: readonly string[]): boolean {
  if (wanted === undefined) return true;
  const there = new Set(found.map(fold));
  return wanted.some((one) => there.has(fold(one)));
}

/** The first condition that does not hold; undefined when all do. */
function firstUnmet(conditions: RouteConditions, facts: RouteFacts): RouteCondition | undefined {
  const { devices, sources, modalities, departments, bodyParts, priorities, time } = conditions;
  if (!anyOf(devices, facts.devices)) return 'devices';
  if (!anyOf(sources, facts.sources)) return 'sources';
  if (!anyOf(modalities, facts.modalities)) return 'modalities';
  if (!anyOf(departments, facts.departments)) return 'departments';
  if (!anyOf(bodyParts, facts.bodyParts)) return 'bodyParts';
  if (!anyOf(priorities, [facts.priority])) return 'priorities';
  return time === undefined || isWithin(time, facts.moment) ? undefined : 'time';
}

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

function isWithin({ days, from, until }: RouteTime, { day, minute }: LocalMoment): boolean {
  const isDay = (which: LocalMoment['day']) => days === undefined || days.includes(which);
  if (from === undefined || until === undefined) return isDay(day);
  const [start, end] = [minuteOf(from), minuteOf(until)];
  if (start < end) return isDay(day) && minute >= start && minute < end;
  return (isDay(day) && minute >= start) || (isDay(dayBefore(day)) && minute < end);
}

const dayBefore = (day: LocalMoment['day']): LocalMoment['day'] => weekdays[(weekdays.indexOf(day) + 6) % 7] ?? day;

/** @param epochMs milliseconds since the epoch; the zone is that of the machine. */
export function localMoment(epochMs: number): LocalMoment {
  const at = new Date(epochMs);
  return { day: weekdays[(at.getDay() + 6) % 7] ?? 'mon', minute: at.getHours() * 60 + at.getMinutes() };
}
