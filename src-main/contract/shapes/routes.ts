// Rules that say which exam goes where: what a person sets, and what a decision says of each destination and why.
import { z } from 'zod';
import { priorityShape, weekdays } from './couriers.ts';

const distinct = (items: readonly string[]): boolean =>
  new Set(items.map((item) => item.trim().toLowerCase())).size === items.length;

/** Words to compare with: blanks at the ends and upper or lower case make no difference. */
const listOf = (most: number, what: string) =>
  z
    .array(
      z
        .string()
        .regex(/^(?! *$)[^\\\u0000-\u001f\u007f]+$/, what)
        .max(most),
    )
    .min(1)
    .max(100)
    .refine(distinct, 'each one once');

const timeOfDayShape = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 22:30');

/**
 * In the local time of the station, at the moment of the approval. `until` before `from` is on the next day, and the
 * day is that of `from`. Days without times are whole days.
 */
export const routeTimeShape = z
  .strictObject({
    days: z
      .array(z.enum(weekdays))
      .min(1)
      .max(7)
      .refine((days) => new Set(days).size === days.length, 'each day once')
      .optional(),
    from: timeOfDayShape.optional(),
    until: timeOfDayShape.optional(),
  })
  .check(({ value: { days, from, until }, issues, value }) => {
    const wrong = (field: 'from' | 'until' | 'days', message: string) =>
      issues.push({ code: 'custom', input: value, path: [field], message });
    if (from !== undefined && until === undefined) wrong('until', 'a time of day: a beginning has an end');
    else if (from === undefined && until !== undefined) wrong('from', 'a time of day: an end has a beginning');
    else if (from === undefined && days === undefined) wrong('days', 'days, or times, or both');
    else if (from !== undefined && from === until) wrong('until', 'another time than the beginning');
  });
export type RouteTime = z.infer<typeof routeTimeShape>;

export const routeSources = ['dicom', 'file', 'picture'] as const;

/** All that are there must match; in each, one of its values. */
export const routeConditionsShape = z.strictObject({
  /** Calling AE title, or the name or the id of a listed device. */
  devices: listOf(64, 'an AE title or the name of a device').optional(),
  sources: z
    .array(z.enum(routeSources))
    .min(1)
    .max(3)
    .refine((kinds) => new Set(kinds).size === kinds.length, 'each one once')
    .optional(),
  /** Of any of its series. */
  modalities: listOf(16, 'a modality such as US').optional(),
  /** InstitutionalDepartmentName as it leaves. */
  departments: listOf(64, 'the name of a department').optional(),
  /** BodyPartExamined of any of its series. */
  bodyParts: listOf(16, 'a body part such as CHEST').optional(),
  priorities: z
    .array(priorityShape)
    .min(1)
    .max(4)
    .refine((priorities) => new Set(priorities).size === priorities.length, 'each one once')
    .optional(),
  time: routeTimeShape.optional(),
});
export type RouteConditions = z.infer<typeof routeConditionsShape>;
export type RouteCondition = keyof RouteConditions;

export const routeSettingShape = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(64)
    .refine((name) => name.trim() !== '', 'a name'),
  /** Without any it holds for every exam. */
  conditions: routeConditionsShape.default({}),
  destinations: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(32),
        /** It must prove that it holds the exam before the exam may be forgotten here. */
        required: z.boolean().default(true),
      }),
    )
    .min(1, 'at least one destination')
    .max(32)
    .check(({ value, issues }) => {
      value.forEach(({ id }, n) => {
        if (value.findIndex((other) => other.id === id) < n)
          issues.push({ code: 'custom', input: id, path: [n, 'id'], message: 'each destination once' });
      });
    }),
  /** stop: the rules below are not looked at for an exam that matches. */
  then: z.enum(['go-on', 'stop']).default('go-on'),
});
export type RouteSetting = z.infer<typeof routeSettingShape>;

/** In their order. None at all: every exam goes to every destination, required as the destination says. */
export const routesShape = z
  .array(routeSettingShape)
  .max(200)
  .default([])
  .check(({ value, issues }) => {
    const names = value.map(({ name }) => name.trim().toLowerCase());
    names.forEach((name, n) => {
      if (names.indexOf(name) < n)
        issues.push({ code: 'custom', input: value[n]?.name, path: [n, 'name'], message: 'a name of its own' });
    });
  });

/** What is wrong between rules and destinations, with the field below `settings`. */
export function routesAgainst(
  routes: readonly RouteSetting[],
  destinations: readonly { readonly id: string }[],
): { readonly path: (string | number)[]; readonly message: string }[] {
  const known = new Set(destinations.map(({ id }) => id));
  return routes.flatMap((route, n) =>
    route.destinations.flatMap(({ id }, m) =>
      known.has(id) ? [] : [{ path: ['routes', n, 'destinations', m, 'id'], message: 'the id of a destination' }],
    ),
  );
}

/**
 * Why an exam goes to a destination or not. `no-rules`: there are none. `rule`: `rule` sends it. `before`: other images
 * of it went there. `no-rule`: none names it. `not-matched`: `rule` names it, but not with this `condition`. `stopped`:
 * `rule` matched and is the last one that counts.
 */
export const routeReasonShape = z.strictObject({
  key: z.enum(['no-rules', 'rule', 'before', 'no-rule', 'not-matched', 'stopped']),
  rule: z.string(),
  condition: z.string(),
});
export type RouteReason = z.infer<typeof routeReasonShape>;

/** What a decision says of one destination. */
export const routeWayShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  goes: z.boolean(),
  required: z.boolean(),
  because: routeReasonShape,
});
export type RouteWay = z.infer<typeof routeWayShape>;

/** Rules as they are being edited, before they are saved. */
export const routePreviewAskedShape = z
  .strictObject({
    routes: routesShape,
    destinations: z
      .array(z.strictObject({ id: z.string().min(1).max(32), name: z.string().max(64), required: z.boolean() }))
      .max(32),
    limit: z.int().min(1).max(50).default(10),
  })
  .check(({ value, issues }) => {
    for (const { path, message } of routesAgainst(value.routes, value.destinations))
      issues.push({ code: 'custom', input: value, path, message });
  });

/** The last exams, newest first, and where they would go if they were approved now for the first time. */
export const routePreviewShape = z.array(
  z.strictObject({
    examId: z.string(),
    PatientName: z.string(),
    PatientID: z.string(),
    StudyDate: z.string(),
    modalities: z.array(z.string()),
    source: z.string(),
    ways: z.array(routeWayShape),
  }),
);
export type RoutePreview = z.infer<typeof routePreviewShape>;
