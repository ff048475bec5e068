// Two states of one book, as people would miss them: before it was lost, and after it was made anew.
import { problemKinds, type ProblemCode } from '#contract/problems.ts';
import { stateOf } from '../home-with-history.ts';

type Row = Readonly<Record<string, unknown>>;

/** What of rows with an id is another value, and which rows are in one list only. */
export function differencesOf(before: readonly Row[], after: readonly Row[]): string[] {
  const keyOf = (row: Row) => String(row['id'] ?? JSON.stringify(row));
  const [was, is] = [before, after].map((rows) => new Map(rows.map((row) => [keyOf(row), row])));
  return [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].flatMap((key) => {
    const [old, now] = [was?.get(key), is?.get(key)];
    if (!old || !now) return [`${key} is ${old ? 'lost' : 'new'}`];
    return Object.keys(old)
      .filter((name) => old[name] !== now[name])
      .map((name) => `${key} ${name} was ${String(old[name])}, is ${String(now[name])}`);
  });
}

/** Of a book, what people would miss. Versions and what is worked out anew are left out. */
export function shown(home: string) {
  const { exams, objects, corrections, revisions, deliveries, problems: all } = stateOf(home);
  // Contents under one UID are compared anew; what is only said is worked out when it is time for it.
  const problems = all
    .map((problem) => ({ ...problem, code: String(problem['code']).replace(/^same-uid-.*/, 'same-uid') }))
    .filter(({ code }) => code === 'same-uid' || problemKinds[code as ProblemCode].weight === 'stop');
  return {
    exams: exams.filter((exam) => exam['objects'] !== 0),
    objects,
    corrections,
    revisions,
    deliveries,
    problems,
  };
}
