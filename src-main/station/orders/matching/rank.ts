// Candidates in the order in which a person should look at them. Pure.
import type { Candidate, MatchLevel } from '#contract/shapes/matching.ts';
import type { Order } from '#contract/shapes/order.ts';
import { explainMatch, type MatchFacts } from './explain-match.ts';

const places: Readonly<Record<MatchLevel, number>> = { sure: 0, likely: 1, possible: 2, against: 3 };

/** The best first, at most `most`; two that fit alike stand by their time and accession number. */
export function rankOrders(exam: MatchFacts, orders: readonly Order[], most: number): Candidate[] {
  return orders
    .map((order) => ({ order, match: explainMatch(exam, order.content, order.state, order.examIds) }))
    .sort(
      (a, b) =>
        places[a.match.level] - places[b.match.level] ||
        b.match.score - a.match.score ||
        compare(a.order.content.scheduledFor, b.order.content.scheduledFor) ||
        compare(a.order.content.AccessionNumber, b.order.content.AccessionNumber),
    )
    .slice(0, most);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The order that a rule may give alone: the only sure one. Undefined where two are sure, or none.
 * @param accessionRequired only with the same accession number
 */
export function onlySure(candidates: readonly Candidate[], accessionRequired: boolean): Candidate | undefined {
  const sure = candidates.filter(({ match }) => match.level === 'sure');
  const [only] = sure;
  if (only === undefined || sure.length > 1) return undefined;
  const hasAccession = only.match.reasons.some(({ key }) => key === 'accession-equal');
  return accessionRequired && !hasAccession ? undefined : only;
}
