// Words of alerts.
import { sayCount, sayMany } from './formats.ts';

const some = (count: number, one: string): string =>
  count >= 1000 ? `${sayCount(1000)} ${one}s or more` : sayMany(count, one);

export const alertTexts = {
  label: 'Alerts',
  priorities: { stat: 'stat', urgent: 'urgent', routine: 'routine' },
  since: (when: string) => `since ${when}`,
  waiting: (count: number, priority: string, name: string) =>
    `${some(count, `${priority} exam`)} ${count === 1 ? 'waits' : 'wait'} too long for ${name}.`,
  waitingMore: 'The copies are safe here. Tell who looks after it, or send elsewhere from the Outbox.',
  refuses: (name: string) => `${name} turns this station away.`,
  refusesMore: (count: number) =>
    count === 0
      ? 'Someone has to let this station in at the other end.'
      : `${sayMany(count, 'object')} kept here. Someone has to let this station in at the other end.`,
  blocked: (count: number, name: string) => `${name} does not take ${sayMany(count, 'object')}.`,
  blockedMore: 'Nothing more happens by itself: look at them in the Outbox.',
  standing: (count: number) => `${sayMany(count, 'alert')}`,
  more: (count: number) => `and ${sayMany(count, 'more', 'more')}`,
  show: 'Alerts',
  toOutbox: 'Outbox',
  title: 'Alerts',
  lead: 'An alert stays until its reason is gone. Acknowledge it to say that you have taken notice; it comes back when it gets worse.',
  by: 'Your name',
  acknowledge: 'Acknowledge',
  acknowledgeAll: 'Acknowledge all',
  acknowledged: (by: string, when: string) => `acknowledged by ${by}, ${when}`,
  none: 'No alert stands.',
  sound: 'Sound on this window while an alert is not acknowledged',
  limits: 'Alerts',
  limitsMore: 'An approved exam that has not reached a destination in this time is an alert on every screen.',
  stat: 'Stat, minutes',
  urgent: 'Urgent, minutes',
  routine: 'Routine, minutes',
};
