// Words about a value of the former patient, when an order says nothing of it.
import { sayDate } from './formats.ts';

export const formerValueTexts = {
  keep: (value: string) => `Keep ${sayDate(value)}`,
  blank: 'Leave it blank',
};
