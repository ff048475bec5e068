// The report of a span on paper: what was received, what was kept back and why, by whom and where, exposure, outages. It
// says itself which station and which days it is about and how it was counted. Nothing in it says who a patient is.
import { saySigned } from '#contract/shapes/measured-words.ts';
import type { Counts, Group, Paper, Statistics } from '#contract/shapes/statistics.ts';
import { colours, Sheet } from './paper.ts';
import { countedAgainst, keptBackOf, nameOfReason } from './tables.ts';

export type ReportWish = {
  readonly figures: Statistics;
  readonly paper: Paper;
  readonly station: { readonly name: string; readonly institution: string };
  readonly madeAt: Date;
};

/** Fewer say little: such a share is marked. */
const few = 20;
const mostRows = 40;

/** A PDF file. Text of other scripts than the letters have is boxes; it never fails for what a text holds. */
export function writeReport({ figures, paper, station, madeAt }: ReportWish): Promise<Buffer> {
  const days = sayDays(figures);
  const sheet = new Sheet(paper, { title: `Rejects and repeats, ${days}`, at: madeAt });
  sheet.put('Rejects and repeats', sheet.left, sheet.y, { size: 18, bold: true });
  sheet.y += 26;
  sheet.paragraph([station.name, station.institution].filter((text) => text !== '').join(', '), { size: 11 });
  sheet.paragraph(`${days}. Times of ${figures.zone}.`, { size: 11, colour: colours.quiet });

  const { totals } = figures;
  const exams = figures.points.reduce((sum, point) => sum + point.exams, 0);
  sheet.y += 4;
  sheet.paragraph(
    `${totals.received ?? 0} images of ${exams} exams were received. ${totals.judged} of them were judged: ${totals.accepted} accepted, ${totals.repeated} to be repeated, ${totals.rejected} rejected.`,
    { size: 10 },
  );
  sheet.paragraph(`Kept back: ${sayShare(totals)}.`, { size: 10, bold: true });

  bars(
    sheet,
    'By reason',
    figures.groups.reason.map((group) => ({ ...group, name: nameOfReason(group.key) })),
  );
  overTime(sheet, figures);
  bars(
    sheet,
    'By device',
    figures.groups.device.map((group) => ({ ...group, name: nameOfDevice(group) })),
  );
  if (figures.technologistsHidden) {
    sheet.heading('By technologist', 20);
    sheet.paragraph('Nobody is named here: the station is set up so.');
  } else {
    bars(sheet, 'By technologist (of the images that they judged)', named(figures.groups.technologist, 'Nobody known'));
  }
  bars(sheet, 'By body part', named(figures.groups.bodyPart, 'Not said'));
  bars(sheet, 'By modality', named(figures.groups.modality, 'Not said'));
  bars(sheet, 'By shift', named(figures.groups.shift, ''));
  exposure(sheet, figures);
  sending(sheet, figures);

  sheet.heading('How this is counted', 80);
  sheet.paragraph(
    'Counted are images: objects with pixels that were received, each once, by the day and hour in which they arrived. A share is rejected and repeated images of all that were received; by technologist, of all that this person judged. A judgement that was taken back is not counted. The body part is that of the correction, where there is one.',
  );
  sheet.paragraph(`A share of fewer than ${few} images is marked with * and says little.`);
  if (sheet.lacksLetters) sheet.paragraph('□ stands for a letter of a script that this report cannot write.');
  const foot = `${station.name}, ${days}, counted ${figures.countedAt.slice(0, 16).replace('T', ' ')} UTC`;
  return sheet.finish((page, pages) => `${foot}. Page ${page} of ${pages}`);
}

export const sayDays = ({ firstDay, lastDay }: Pick<Statistics, 'firstDay' | 'lastDay'>): string =>
  firstDay === lastDay ? sayDay(firstDay) : `${sayDay(firstDay)} to ${sayDay(lastDay)}`;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const sayDay = (day: string): string =>
  `${Number(day.slice(8, 10))} ${months[Number(day.slice(5, 7)) - 1] ?? ''} ${day.slice(0, 4)}`;

/** '12 of 240 (5.0 %)', with * where that is too few to say much. */
function sayShare(counts: Counts): string {
  const against = countedAgainst(counts);
  const share = against === 0 ? '' : ` (${((keptBackOf(counts) / against) * 100).toFixed(1)} %)`;
  return `${keptBackOf(counts)} of ${against}${share}${against > 0 && against < few ? ' *' : ''}`;
}

const named = (groups: readonly Group[], nobody: string): Group[] =>
  groups.map((group) => ({ ...group, name: group.key === '*' ? 'All others' : group.name || group.key || nobody }));
const deviceNames: Readonly<Record<string, string>> = {
  file: 'Files',
  picture: 'Pictures',
  '': 'Not known',
  '*': 'All others',
};
const nameOfDevice = ({ key, name }: Pick<Group, 'key' | 'name'>): string => deviceNames[key] ?? (name || key);

function bars(sheet: Sheet, title: string, groups: readonly Group[]): void {
  sheet.heading(title);
  if (groups.length === 0) return sheet.paragraph('Nothing.', { colour: colours.quiet });
  const nameWidth = sheet.width * 0.3;
  const saidWidth = sheet.width * 0.26;
  const barWidth = sheet.width - nameWidth - saidWidth - 20;
  const most = Math.max(1, ...groups.map(keptBackOf));
  for (const group of groups.slice(0, mostRows)) {
    sheet.need(15);
    const x = sheet.left + nameWidth + 8;
    const scale = barWidth / most;
    sheet.put(group.name, sheet.left, sheet.y, { width: nameWidth });
    // A box without width would still be seen.
    if (group.rejected > 0) sheet.pdf.rect(x, sheet.y + 1, group.rejected * scale, 8).fill(colours.fill);
    if (group.repeated > 0) {
      sheet.pdf
        .rect(x + group.rejected * scale, sheet.y + 1, group.repeated * scale, 8)
        .fillAndStroke(colours.soft, colours.fill);
    }
    sheet.put(sayShare(group), sheet.left + sheet.width - saidWidth, sheet.y, { width: saidWidth, align: 'right' });
    sheet.y += 14;
  }
  if (groups.length > mostRows) sheet.paragraph(`And ${groups.length - mostRows} more.`, { colour: colours.quiet });
  sheet.put('Filled: rejected. Pale: to be repeated.', sheet.left, sheet.y, { size: 7.5, colour: colours.quiet });
  sheet.y += 12;
}

/** The share of each point as a line; where nothing was received there is a gap. */
function overTime(sheet: Sheet, { points, unit }: Statistics): void {
  sheet.heading(`Kept back by ${unit}, in per cent of what was received`, 130);
  const height = 90;
  const x0 = sheet.left + 30;
  const width = sheet.width - 30;
  const shares = points.map((point) =>
    countedAgainst(point) > 0 ? (keptBackOf(point) / countedAgainst(point)) * 100 : null,
  );
  const top = Math.max(5, ...shares.map((share) => share ?? 0));
  const x = (n: number) => x0 + ((n + 0.5) / points.length) * width;
  const y = (share: number) => sheet.y + height - (share / top) * height;
  for (const mark of [0, top / 2, top]) {
    sheet.pdf
      .moveTo(x0, y(mark))
      .lineTo(x0 + width, y(mark))
      .lineWidth(0.4)
      .stroke(colours.line);
    sheet.put(`${mark.toFixed(1)}`, sheet.left, y(mark) - 4, {
      size: 7,
      width: 26,
      align: 'right',
      colour: colours.quiet,
    });
  }
  for (const [n, share] of shares.entries()) {
    if (share === null) continue;
    const before = shares[n - 1];
    if (before !== null && before !== undefined) {
      sheet.pdf
        .moveTo(x(n - 1), y(before))
        .lineTo(x(n), y(share))
        .lineWidth(1.2)
        .stroke(colours.fill);
    }
    sheet.pdf.circle(x(n), y(share), 1.6).fill(colours.fill);
  }
  sheet.y += height + 4;
  const first = points[0];
  const last = points.at(-1);
  if (first) sheet.put(sayPoint(first.at), x0, sheet.y, { size: 7, colour: colours.quiet });
  if (last && last !== first) {
    sheet.put(sayPoint(last.at), x0, sheet.y, { size: 7, width, align: 'right', colour: colours.quiet });
  }
  sheet.y += 14;
}

const sayPoint = (at: string): string => [sayDay(at), at.slice(11)].filter((part) => part !== '').join(', ');

function exposure(sheet: Sheet, figures: Statistics): void {
  sheet.heading('Exposure: deviation index by device');
  if (figures.exposure.length === 0)
    return sheet.paragraph('No image said how far it lies from its target.', { colour: colours.quiet });
  table(
    sheet,
    ['Device', 'Images', 'Median', 'Nine of ten', 'Within 0.5', 'Below', 'Above'],
    [
      ...figures.exposure
        .slice(0, mostRows)
        .map((one) => [
          ...[nameOfDevice(one), String(one.images), signed(one.median), `${signed(one.low)} to ${signed(one.high)}`],
          ...[`${Math.round((one.inBand / one.images) * 100)} %`, String(one.below), String(one.above)],
        ]),
    ],
  );
}

const signed = (value: number | null): string => (value === null ? '' : saySigned(value));

function sending(sheet: Sheet, { sending: shares, outages }: Statistics): void {
  sheet.heading('Sending');
  if (shares.length === 0) sheet.paragraph('Nothing was sent.', { colour: colours.quiet });
  else {
    table(
      sheet,
      ['Destination', 'Sent', 'Waited (median)', 'Longest', 'Waiting now'],
      [
        ...shares.map((one) => [
          one.name,
          String(one.sent),
          sayTime(one.medianSeconds),
          sayTime(one.longestSeconds),
          String(one.waiting),
        ]),
      ],
    );
  }
  sheet.heading('Outages', 30);
  if (outages.length === 0) return sheet.paragraph('None.', { colour: colours.quiet });
  const states = { silent: 'no answer', refusing: 'refused us' } as const;
  table(
    sheet,
    ['Destination', 'What', 'Since (UTC)', 'Until (UTC)', 'How long'],
    [
      ...outages
        .slice(0, mostRows)
        .map((one) => [
          ...[one.name, states[one.state], sayMoment(one.since), one.until === null ? 'now' : sayMoment(one.until)],
          sayTime(one.seconds),
        ]),
    ],
  );
  if (outages.length > mostRows)
    sheet.paragraph(`And ${outages.length - mostRows} earlier ones.`, { colour: colours.quiet });
}

const sayMoment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;

function sayTime(seconds: number | null): string {
  if (seconds === null) return '';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/** The first column is twice as wide as the others. */
function table(sheet: Sheet, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const part = sheet.width / (head.length + 1);
  const write = (row: readonly string[], bold: boolean) => {
    sheet.need(15);
    for (const [n, text] of row.entries()) {
      const wish = { bold, size: 8.5, ...(bold && { colour: colours.quiet }) };
      if (n === 0) sheet.put(text, sheet.left, sheet.y, { ...wish, width: part * 2 - 8 });
      else sheet.put(text, sheet.left + part * (n + 1), sheet.y, { ...wish, width: part - 6 });
    }
    sheet.y += 14;
  };
  write(head, true);
  for (const row of rows) write(row, false);
}
