// Which order an exam may belong to, and why. Pure: facts in, explained candidates out.
export { compareNames, type NameVerdict } from './compare-names.ts';
export { compareDates, compareIds, type DateVerdict, type NumberVerdict } from './compare-numbers.ts';
export { explainMatch, type MatchFacts } from './explain-match.ts';
export { idsNear } from './near-ids.ts';
export { findOddities, type AgedFacts } from './oddities.ts';
export { onlySure, rankOrders } from './rank.ts';
