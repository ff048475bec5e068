// Alerts in words: what is wrong, since when, and what to do.
import type { Alert } from '#contract/shapes/alerts.ts';
import { sayAnswer } from './answers.ts';
import { alertTexts } from './alert-texts.ts';
import { sayWhen } from './formats.ts';
import { sayProblem } from './say-problem.ts';

export type SaidAlert = { readonly title: string; readonly more: string; readonly since: string };

export function sayAlert(alert: Alert, nameOf: (destinationId: string) => string, now: number): SaidAlert {
  const text = alertTexts;
  const since = text.since(sayWhen(alert.since, now));
  const { count, priority, problem } = alert;
  const name = alert.destinationId === null ? '' : nameOf(alert.destinationId);
  const why = alert.answer === null ? '' : `${name}: ${sayAnswer(alert.answer)}. `;
  if (alert.kind === 'exams-waiting' && priority !== null)
    return { title: text.waiting(count, text.priorities[priority], name), more: `${why}${text.waitingMore}`, since };
  if (alert.kind === 'destination-refuses')
    return { title: text.refuses(name), more: `${why}${text.refusesMore(count)}`, since };
  if (alert.kind === 'objects-blocked') return { title: text.blocked(count, name), more: text.blockedMore, since };
  if (problem === null) return { title: '', more: '', since };
  const { title, explanation, remedy } = sayProblem(problem, nameOf);
  return { title: `${title}.`, more: `${explanation} ${remedy}`, since };
}
