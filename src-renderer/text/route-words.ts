// The words about rules that say which exam goes where. Part of en.ts.
import type { RouteCondition, RouteReason } from '#contract/shapes/routes.ts';
import { sayList, sayMany } from './formats.ts';

const conditionNames: Readonly<Record<RouteCondition, string>> = {
  devices: 'device',
  sources: 'way in',
  modalities: 'modality',
  departments: 'department',
  bodyParts: 'body part',
  priorities: 'priority',
  time: 'time',
};

const reasons: Readonly<Record<RouteReason['key'], (rule: string, condition: string) => string>> = {
  'no-rules': () => 'there are no rules',
  rule: (rule) => `rule “${rule}”`,
  before: () => 'its other images went there',
  'no-rule': () => 'no rule names it',
  'not-matched': (rule, condition) => `rule “${rule}” wants another ${condition}`,
  stopped: (rule) => `rule “${rule}” is the last one that counts`,
};

/** Why an exam goes to a destination or not: 'rule “CT to archive”'. */
export const sayRouteReason = ({ key, rule, condition }: RouteReason): string =>
  reasons[key](rule, conditionNames[condition as RouteCondition] ?? condition);

export const routeWords = {
  title: 'Rules',
  more: 'Which exam goes where. The rules are looked at from the top; all conditions of a rule must hold.',
  none: 'No rules: every exam goes to every destination, required as it is set there.',
  add: 'Add a rule',
  newName: (n: number) => `Rule ${n}`,
  name: 'Name of the rule',
  nameHint: 'Said wherever the rule decides',
  conditions: 'Only exams that',
  list: 'More than one with , between; empty: any',
  devices: 'come from (AE title or name)',
  modalities: 'have the modality',
  departments: 'are of the department',
  bodyParts: 'show the body part',
  from: 'are approved from',
  until: 'until',
  sources: 'come in by',
  sourceNames: { dicom: 'DICOM', file: 'files', picture: 'pictures' },
  priorities: 'have the priority',
  priorityNames: { stat: 'stat', urgent: 'urgent', routine: 'routine', backlog: 'backlog' },
  days: 'are approved on',
  dayNames: { mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri', sat: 'Sat', sun: 'Sun' },
  to: 'Go to',
  toOptions: { no: 'Not by this rule', required: 'Yes, and must be proved there', optional: 'Yes, if it can' },
  gone: (id: string) => `${id} (no longer there)`,
  then: 'And then',
  thens: { 'go-on': 'Look at the rules below as well', stop: 'Stop: the rules below do not count' },
  up: 'Up',
  upNamed: (name: string) => `Move ${name} up`,
  down: 'Down',
  downNamed: (name: string) => `Move ${name} down`,
  removeNamed: (name: string) => `Remove the rule ${name}`,
  preview: 'Try on the last exams',
  previewAgain: 'Try again',
  previewMore: 'As if they were approved now. Nothing is saved and nothing is sent.',
  previewNone: 'There are no exams yet.',
  columns: { exam: 'Exam', to: 'Would go to', notTo: 'Not to' },
  nowhere: 'Nowhere: it could not be approved',
  way: (name: string, required: boolean, why: string) => `${name}${required ? ', required' : ''}: ${why}`,
  notTo: (names: readonly string[]) => `Not to ${sayList(names)}.`,
  notToBecause: (name: string, why: string) => `${name} (${why})`,
  refuses: (name: string, objects: number) =>
    `When it was examined, ${name} did not take ${sayMany(objects, 'image')} of this kind.`,
  noneRequired: 'No destination has to prove it: it is never removed here by itself.',
};
