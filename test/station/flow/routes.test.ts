// Which exam goes where.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { weekdays } from '#contract/shapes/couriers.ts';
import { routeSettingShape, type RouteSetting } from '#contract/shapes/routes.ts';
import { settingsShape } from '#contract/shapes/settings.ts';
import { decideRoute, localMoment, type RouteFacts, type RouteQuestion } from '#station/flow/routes.ts';

const facts: RouteFacts = {
  devices: ['CT1', 'CT in room 1'],
  sources: ['dicom'],
  modalities: ['CT', 'SR'],
  departments: ['Radiology'],
  bodyParts: ['CHEST'],
  priority: 'routine',
  moment: { day: 'mon', minute: 10 * 60 },
};
const archive = { id: 'archive', name: 'Archive', required: true };
const cache = { id: 'cache', name: 'Cache', required: false };
const rule = (name: string, conditions: object, to: readonly object[], then = 'go-on'): RouteSetting =>
  routeSettingShape.parse({ name, conditions, destinations: to, then });
const ask = (more: Partial<RouteQuestion>) =>
  decideRoute({ routes: [], facts, destinations: [archive, cache], before: [], ...more });
const said = (more: Partial<RouteQuestion>) =>
  ask(more).ways.map(({ id, goes, required, because }) => [id, goes, required, because.key, because.rule]);

test('without rules an exam goes to every destination, required as it is set there', () => {
  expect(said({})).toEqual([
    ['archive', true, true, 'no-rules', ''],
    ['cache', true, false, 'no-rules', ''],
  ]);
});

test('a rule that matches sends to what it names and to nothing else', () => {
  const routes = [rule('CT to archive', { modalities: ['ct'] }, [{ id: 'archive' }])];
  expect(said({ routes })).toEqual([
    ['archive', true, true, 'rule', 'CT to archive'],
    ['cache', false, false, 'no-rule', ''],
  ]);
});

test('what did not match is said with the condition that kept it', () => {
  const routes = [rule('US to cache', { devices: ['CT1'], modalities: ['US'] }, [{ id: 'cache' }])];
  expect(ask({ routes }).ways[1]?.because).toEqual({
    key: 'not-matched',
    rule: 'US to cache',
    condition: 'modalities',
  });
});

test('rules behind the one that stops do not count, and that is said', () => {
  const routes = [
    rule('CT', { modalities: ['CT'] }, [{ id: 'archive' }], 'stop'),
    rule('all', {}, [{ id: 'archive' }, { id: 'cache' }]),
  ];
  expect(said({ routes })[1]).toEqual(['cache', false, false, 'stopped', 'CT']);
});

test('one rule that requires a destination is enough', () => {
  const routes = [rule('a', {}, [{ id: 'cache', required: false }]), rule('b', {}, [{ id: 'cache', required: true }])];
  expect(said({ routes })[1]).toEqual(['cache', true, true, 'rule', 'a']);
});

test('a late image goes where the other images of its exam went, whatever the rules say now', () => {
  const routes = [rule('only the archive', {}, [{ id: 'archive', required: false }])];
  const before = [
    { id: 'archive', required: true },
    { id: 'cache', required: false },
  ];
  expect(said({ routes, before })).toEqual([
    ['archive', true, true, 'rule', 'only the archive'],
    ['cache', true, false, 'before', ''],
  ]);
});

test('a destination that a rule wants and that is not there is named', () => {
  const routes = [rule('a', {}, [{ id: 'archive' }, { id: 'gone' }])];
  expect(ask({ routes }).missing).toEqual(['gone']);
  expect(ask({ routes: [rule('a', { modalities: ['MR'] }, [{ id: 'gone' }])] }).missing).toEqual([]);
});

test.each([
  ['devices', { devices: ['ct IN room 1 '] }, { devices: ['CT2'] }],
  ['sources', { sources: ['dicom', 'file'] }, { sources: ['picture'] }],
  ['departments', { departments: ['radiology'] }, { departments: ['Surgery'] }],
  ['bodyParts', { bodyParts: ['Chest'] }, { bodyParts: ['HEAD'] }],
  ['priorities', { priorities: ['routine'] }, { priorities: ['stat'] }],
  ['time', { time: { days: ['mon'] } }, { time: { days: ['tue'] } }],
])('%s is compared as a person would', (condition, matching, other) => {
  const goes = (conditions: object) => ask({ routes: [rule('a', conditions, [{ id: 'archive' }])] }).ways[0];
  expect(goes(matching)?.goes).toBe(true);
  expect(goes(other)).toMatchObject({ goes: false, because: { condition } });
});

test.each([
  ['22:00', '06:00', 'fri', 23 * 60, true],
  ['22:00', '06:00', 'sat', 5 * 60 + 59, true],
  ['22:00', '06:00', 'sat', 6 * 60, false],
  ['22:00', '06:00', 'fri', 5 * 60, false],
  ['22:00', '06:00', 'sat', 23 * 60, false],
  ['08:00', '16:00', 'fri', 8 * 60, true],
  ['08:00', '16:00', 'fri', 16 * 60, false],
  ['08:00', '16:00', 'sat', 9 * 60, false],
  ['16:00', '00:00', 'fri', 23 * 60 + 59, true],
  ['16:00', '00:00', 'sat', 0, false],
] as const)('a Friday from %s to %s holds on %s at minute %d: %s', (from, until, day, minute, goes) => {
  const routes = [rule('a', { time: { days: ['fri'], from, until } }, [{ id: 'archive' }])];
  expect(ask({ routes, facts: { ...facts, moment: { day, minute } } }).ways[0]?.goes).toBe(goes);
});

test('the moment is that of the clock on the wall', () => {
  expect(localMoment(new Date(2026, 10, 22, 23, 59).getTime())).toEqual({ day: 'sun', minute: 23 * 60 + 59 });
});

// Anything that may be set, about anything that may come.
const someOf = (words: readonly string[]) => fc.uniqueArray(fc.constantFrom(...words), { minLength: 1, maxLength: 3 });
const time = fc
  .tuple(fc.nat(23), fc.nat(59))
  .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
const conditions = fc.record(
  {
    devices: someOf(['CT1', 'US1', 'MR1']),
    sources: someOf(['dicom', 'file', 'picture']),
    modalities: someOf(['CT', 'US', 'MR']),
    departments: someOf(['Radiology', 'Surgery']),
    bodyParts: someOf(['CHEST', 'HEAD']),
    priorities: someOf(['stat', 'urgent', 'routine', 'backlog']),
    time: fc.record({ days: someOf(weekdays), from: time, until: time }).filter(({ from, until }) => from !== until),
  },
  { requiredKeys: [] },
);
const targets = fc.uniqueArray(
  fc.record({ id: fc.constantFrom('archive', 'cache', 'third', 'gone'), required: fc.boolean() }),
  { minLength: 1, maxLength: 4, selector: ({ id }) => id },
);
const rules = fc
  .array(fc.record({ conditions, destinations: targets, then: fc.constantFrom('go-on', 'stop') }), { maxLength: 6 })
  .map((list) => list.map((one, n) => routeSettingShape.parse({ name: `rule ${n}`, ...one })));
const question: fc.Arbitrary<RouteQuestion> = fc.record({
  routes: rules,
  facts: fc.record({
    devices: fc.subarray(['CT1', 'US1', 'MR1']),
    sources: fc.subarray(['dicom', 'file', 'picture'] as const),
    modalities: fc.subarray(['CT', 'US', 'MR']),
    departments: fc.subarray(['Radiology', 'Surgery']),
    bodyParts: fc.subarray(['CHEST', 'HEAD']),
    priority: fc.constantFrom('stat', 'urgent', 'routine', 'backlog'),
    moment: fc.record({ day: fc.constantFrom(...weekdays), minute: fc.nat(1439) }),
  }),
  destinations: fc.subarray([archive, cache, { id: 'third', name: 'Third', required: true }]),
  before: fc.uniqueArray(fc.record({ id: fc.constantFrom('archive', 'cache', 'gone'), required: fc.boolean() }), {
    selector: ({ id }) => id,
  }),
});

test('every destination is spoken of once, in its order, and the same is said each time', () => {
  fc.assert(
    fc.property(question, (asked) => {
      const decision = decideRoute(asked);
      expect(decision.ways.map(({ id }) => id)).toEqual(asked.destinations.map(({ id }) => id));
      expect(decideRoute(structuredClone(asked))).toEqual(decision);
    }),
  );
});

test('each explanation is true', () => {
  fc.assert(
    fc.property(question, (asked) => {
      for (const { id, goes, required, because } of decideRoute(asked).ways) {
        const named = asked.routes.find(({ name }) => name === because.rule);
        const names = (route: RouteSetting | undefined) => route?.destinations.some((one) => one.id === id) === true;
        expect(goes).toBe(['no-rules', 'rule', 'before'].includes(because.key));
        if (required) expect(goes).toBe(true);
        if (because.key === 'rule' || because.key === 'not-matched') expect(names(named)).toBe(true);
        if (because.key === 'stopped') expect(named?.then).toBe('stop');
        if (because.key === 'no-rule') {
          const stop = asked.routes.findIndex((route) => route.then === 'stop' && !names(route));
          if (stop < 0) expect(asked.routes.some(names)).toBe(false);
        }
        if (because.key === 'before') expect(asked.before.some((one) => one.id === id)).toBe(true);
      }
    }),
  );
});

test('only the order of the rules before a stop matters: one more rule at the end takes nothing away', () => {
  fc.assert(
    fc.property(question, targets, (asked, destinations) => {
      fc.pre(asked.routes.length > 0);
      const last = routeSettingShape.parse({ name: 'last', destinations });
      const before = decideRoute(asked).ways.filter(({ goes }) => goes);
      const after = decideRoute({ ...asked, routes: [...asked.routes, last] }).ways.filter(({ goes }) => goes);
      for (const { id } of before) expect(after.some((way) => way.id === id)).toBe(true);
    }),
  );
});

const destination = (id: string, more: object = {}) => ({
  ...{ id, name: id, kind: 'archive', aeTitle: id.toUpperCase(), host: 'archive.example', port: 104 },
  ...more,
});
const fault = (settings: object) => {
  const result = settingsShape.safeParse({ destinations: [destination('archive'), destination('cache')], ...settings });
  const [issue] = result.error?.issues ?? [];
  return issue && [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys : [])].join('.');
};
const to = [{ id: 'archive' }];

test('old settings have no rules', () => {
  expect(settingsShape.parse({}).routes).toEqual([]);
});

test.each([
  ['routes.0.destinations.1.id', { routes: [{ name: 'a', destinations: [...to, { id: 'gone' }] }] }],
  ['routes.0.destinations.1.id', { routes: [{ name: 'a', destinations: [...to, ...to] }] }],
  ['routes.0.destinations', { routes: [{ name: 'a', destinations: [] }] }],
  [
    'routes.1.name',
    {
      routes: [
        { name: 'All', destinations: to },
        { name: 'all ', destinations: to },
      ],
    },
  ],
  ['routes.0.name', { routes: [{ name: '', destinations: to }] }],
  ['routes.0.when', { routes: [{ name: 'a', destinations: to, when: 1 }] }],
  ['routes.0.conditions.modality', { routes: [{ name: 'a', destinations: to, conditions: { modality: 'CT' } }] }],
  ['routes.0.conditions.modalities', { routes: [{ name: 'a', destinations: to, conditions: { modalities: [] } }] }],
  [
    'routes.0.conditions.modalities',
    { routes: [{ name: 'a', destinations: to, conditions: { modalities: ['CT', 'ct'] } }] },
  ],
  ['routes.0.conditions.bodyParts.0', { routes: [{ name: 'a', destinations: to, conditions: { bodyParts: [' '] } }] }],
  [
    'routes.0.conditions.priorities.0',
    { routes: [{ name: 'a', destinations: to, conditions: { priorities: ['now'] } }] },
  ],
  [
    'routes.0.conditions.time.from',
    { routes: [{ name: 'a', destinations: to, conditions: { time: { from: '25:00', until: '06:00' } } }] },
  ],
  [
    'routes.0.conditions.time.until',
    { routes: [{ name: 'a', destinations: to, conditions: { time: { from: '22:00' } } }] },
  ],
  [
    'routes.0.conditions.time.until',
    { routes: [{ name: 'a', destinations: to, conditions: { time: { from: '22:00', until: '22:00' } } }] },
  ],
  ['routes.0.conditions.time.days', { routes: [{ name: 'a', destinations: to, conditions: { time: {} } }] }],
  [
    'routes.0.conditions.time.days.0',
    { routes: [{ name: 'a', destinations: to, conditions: { time: { days: ['noday'] } } }] },
  ],
  ['rules', { rules: [] }],
  ['destinations.0.hots', { destinations: [destination('archive', { hots: 'a' })] }],
  ['destinations.0.host', { destinations: [destination('archive', { host: 'no such host' })] }],
  ['destinations', { destinations: [destination('archive'), destination('twin', { aeTitle: 'ARCHIVE' })] }],
  ['destinations', { destinations: [destination('archive'), destination('archive')] }],
])('settings that cannot be meant are refused at %s', (field, settings) => {
  expect(fault(settings)).toBe(field);
});
