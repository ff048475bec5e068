// Numbers of an order that do not go out with somebody else's images, as the form and the forecast say it.
import type { ApprovalForecast } from '#contract/shapes/exam.ts';
import { sayList, sayName } from './formats.ts';

export const orderNumberTexts = {
  goes: (former: string) =>
    `${former} belongs to the other patient and does not go out. Type the right one if there is one.`,
  madeAnew: (former: string) => `${former} belongs to the other patient: a new Study ID is made.`,
  behind: (patients: readonly string[]) => `What the images say of an order of ${sayList(patients)} does not go out.`,
};

/** A sentence for the forecast; '' where nothing stays behind. */
export function sayOrdersLeftBehind(orders: ApprovalForecast['ordersLeftBehind']): string {
  if (orders === undefined) return '';
  const names = orders.map(({ PatientName, PatientID, AccessionNumber }) => {
    const who = sayName(PatientName) || PatientID;
    return AccessionNumber === '' ? who : `${who} (${AccessionNumber})`;
  });
  return orderNumberTexts.behind(names);
}
