// Words for how a destination is sent to.
export const sendingTexts = {
  title: 'How it is sent to',
  associations: 'Connections at one time',
  associationsHint: '1 to 8; 4 when empty',
  limit: 'At most, kB/s',
  limitHint: 'Empty: as fast as it goes',
  hours: 'Only at certain hours',
  days: 'Days',
  dayNames: { mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri', sat: 'Sat', sun: 'Sun' },
  from: 'From',
  until: 'Until',
  untilHint: 'At or before the beginning: on the next day',
  keeps: 'What keeps to these hours (stat never does)',
  keepNames: { urgent: 'Urgent', routine: 'Routine', backlog: 'When there is time' },
  addHours: 'Add hours',
  removeHours: (n: number) => `Remove hours ${n}`,
  window: (n: number) => `Hours ${n}`,
};
