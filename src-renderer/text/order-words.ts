// The words about orders: the list, its sources and their age, and the set-up of worklists. Part of en.ts.
import type { Order, OrderState } from '#contract/shapes/order.ts';
import type { OrderAnswer, OrderSource, SaidByWorklist } from '#contract/shapes/worklists.ts';
import { sayAnswer } from './answers.ts';
import { fill, sayAge, sayCount, sayDate, sayMany, sayWhen } from './formats.ts';

const states: Readonly<Record<OrderState, string>> = {
  scheduled: 'Scheduled',
  arrived: 'Patient is here',
  started: 'Started',
  done: 'Done',
  cancelled: 'Cancelled',
};

const ownAnswers: Readonly<Record<string, string>> = {
  'worklist-not-offered': 'it answers, but offers no worklist',
  'worklist-refused': 'it refused the question ({status} {comment})',
  'worklist-unanswered': 'it took the question but said nothing',
  'station-cannot-keep': 'this station could not keep what it said',
};

const orders = (count: number) => sayMany(count, 'order');

/** What a worklist said, to stand behind 'RIS: '. */
export function sayWorklistAnswer(answer: SaidByWorklist): string {
  const own = ownAnswers[answer.key];
  if (own === undefined) return sayAnswer(answer);
  return fill(own, answer.params)
    .replace(/\s+\)/g, ')')
    .replace(/\s*\(\s*\)/g, '');
}

/** How old what is known of a source is, as a whole sentence. */
export function saySource(source: OrderSource, now: number): string {
  const { name, answeredAt, failedAt, answer, asking, kind } = source;
  const list = kind === 'worklist' ? 'list' : 'last message';
  const asOf = answeredAt === null ? '' : `${sayWhen(answeredAt, now)}, ${sayAge(answeredAt, now)}`;
  if (failedAt !== null) {
    const why = answer === null ? '' : `: ${sayWorklistAnswer(answer)}`;
    const kept = answeredAt === null ? 'Nothing of it is known here yet.' : `Shown is its ${list} of ${asOf}.`;
    return `${name} does not answer since ${sayWhen(failedAt, now)}${why}. ${kept} It is tried again by itself.`;
  }
  if (answeredAt === null) return asking ? `${name} is being asked.` : `${name} has not been heard yet.`;
  return `${name}: ${list} of ${asOf}${asking ? '; being fetched again' : ''}`;
}

const noteTexts: Readonly<Record<string, (count: number, keyword: string) => string>> = {
  'item-left-out': (n, keyword) => `${orders(n)} left out: ${keyword} missing or not valid`,
  'item-unreadable': (n) => `${orders(n)} left out: could not be read`,
  'item-emptied': (n, keyword) => `${keyword} of ${orders(n)} was not valid and is left empty`,
  'item-cut': (n, keyword) => `${keyword} of ${orders(n)} was too long and is cut`,
  'item-guessed': (n) => `${orders(n)} did not say their character set; accents may be wrong`,
  'item-several-steps': (n) => `${orders(n)} had several steps; each is listed`,
};

/** What was wrong with the last list of a source. */
export function sayWorklistNote({ key, params }: SaidByWorklist): string {
  if (key === 'list-cut') return `only the first ${sayCount(Number(params['most']))} of its orders are listed`;
  const say = noteTexts[key];
  return say ? say(Number(params['count'] ?? 0), String(params['keyword'] ?? '')) : key.replaceAll('-', ' ');
}

/** What came of asking the worklists for what somebody typed. */
export function sayAsked(answers: OrderAnswer['answers']): string {
  return answers
    .filter(({ kind }) => kind !== 'superseded')
    .map(({ name, kind, orders: found, answer }) => {
      if (kind === 'failed') return `${name} does not answer${answer ? `: ${sayWorklistAnswer(answer)}` : ''}.`;
      if (kind === 'more') return `${name} has more than ${sayCount(found)}; type more of the name.`;
      return found === 0 ? `${name} has no such order.` : `${name} has ${orders(found)}.`;
    })
    .join(' ');
}

/** '08:30', or '' of an order without a time. */
export function sayOrderTime({ scheduledFor }: Order['content']): string {
  return scheduledFor.length >= 12 ? `${scheduledFor.slice(8, 10)}:${scheduledFor.slice(10, 12)}` : '';
}

/** '23 Nov 2026, 08:30'. */
export function sayOrderMoment(content: Order['content']): string {
  const time = sayOrderTime(content);
  const day = content.scheduledFor.length >= 8 ? sayDate(content.scheduledFor.slice(0, 8)) : '';
  return [day, time].filter((part) => part !== '').join(', ');
}

export const orderWords = {
  title: 'Orders',
  lead: (total: number) => (total === 0 ? 'Nothing is expected' : orders(total)),
  searchLabel: 'Search orders',
  searchHint: 'Name, ID, accession',
  listLabel: 'Orders',
  sourcesLabel: 'Where the orders come from',
  noSources: 'No worklist is set up. Setup has a place for it.',
  daysLabel: 'Day',
  today: 'Today',
  tomorrow: 'Tomorrow',
  yesterday: 'Yesterday',
  everyDay: 'Every day',
  searchesEveryDay: 'The search looks through every day.',
  modality: 'Modality',
  device: 'Device',
  all: 'All',
  refresh: 'Fetch now',
  refreshing: 'Fetching…',
  asking: 'The worklist is being asked…',
  columns: { time: 'Time', patient: 'Patient', procedure: 'Procedure', device: 'Device', state: 'State' },
  states,
  priorities: { stat: 'At once', urgent: 'Urgent', routine: 'Routine' },
  noName: 'No name',
  noTime: 'No time',
  born: (date: string) => `born ${sayDate(date)}`,
  none: 'No order for this day. Choose another day, or search.',
  noneFound: 'No such order here.',
  chooseOne: 'Choose an order.',
  gone: (name: string, when: string) =>
    `${name} no longer lists this order since ${when}: it was done, cancelled or moved there. It can still be used.`,
  goneShort: 'No longer listed',
  sharesAccession:
    'Another patient has an order with the same accession number. Look closely, and have the order office put it right.',
  sharesShort: 'Accession twice',
  cancelled: 'This order was cancelled. Use another one if there is one.',
  outOfDate: (name: string, when: string) => `${name} does not answer; this is what it said at ${when}.`,
  used: (count: number) =>
    count === 1 ? 'An exam here belongs to this order.' : `${sayCount(count)} exams here belong to this order.`,
  usedShort: 'Used',
  openExam: 'Open the exam',
  openExamN: (n: number) => `Open exam ${n}`,
  use: 'Use for this exam',
  useFor: (who: string) => `On screen in Review: the exam of ${who}.`,
  noExam: 'Open an exam in Review first; then its order can be chosen here.',
  given: (who: string) => `The exam belongs to the order of ${who} now. It can be taken back in Review.`,
  facts: {
    id: 'Patient ID',
    issuer: 'ID is of',
    born: 'Born',
    sex: 'Sex',
    accession: 'Accession',
    procedure: 'Procedure',
    step: 'Step',
    reason: 'Reason',
    when: 'Planned for',
    device: 'Device',
    room: 'Room',
    ward: 'Patient is in',
    referring: 'Referred by',
    priority: 'Priority',
    admission: 'Admission',
    source: 'Said by',
  },
  pane: 'The order',
  setup: {
    title: 'Worklists',
    more: 'Where this station learns which patients are expected. The list is kept here, so that it is there when the network is not.',
    none: 'No worklist yet: patients are typed by hand.',
    add: 'Add a worklist',
    newName: 'Worklist',
    name: 'Name',
    aeTitle: 'AE title of the worklist',
    callingAeTitle: 'This station calls itself',
    callingHint: 'Its own AE title when empty. Some worklists list only what is planned for this title.',
    stations: 'Only for these devices (AE titles)',
    stationsHint: 'All when empty; several with , between',
    modalities: 'Only these modalities',
    modalitiesHint: 'All when empty; such as US, XA',
    daysBack: 'Days before today',
    daysAhead: 'Days after today',
    everyMinutes: 'Fetched every … minutes',
    keepDays: 'Orders that no exam uses are forgotten after so many days',
    testMore: 'Asks for the list of today.',
    answers: (count: number, tookMs: number) =>
      `It answers (${sayCount(tookMs)} ms): ${count === 0 ? 'no order for today' : `${orders(count)} for today`}.`,
    answersMore: (count: number) => `It answers: more than ${sayCount(count)} orders for today.`,
    bad: (what: string) => `No list: ${what}.`,
  },
};
