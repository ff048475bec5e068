// A problem in words, with its parameters said as people say them.
import type { ProblemCode } from '#contract/problems.ts';
import { en } from './en.ts';
import { fill, sayDate, sayMany, saySize, sayWhen } from './formats.ts';
import { sayUid } from './standard-names.ts';
import { problemTexts, type ProblemText } from './problems.ts';

type Params = Readonly<Record<string, string | number>>;

/** Title, explanation and remedy of a problem or trouble, with its parameters in words. */
export function sayProblem(
  problem: { readonly code: string; readonly params: Params },
  nameOf = (id: string) => id,
): ProblemText {
  const known = { ...problemTexts, ...en.trouble } as unknown as Readonly<Partial<Record<ProblemCode, ProblemText>>>;
  const text = known[problem.code as ProblemCode] ?? problemTexts.internal;
  const params: Params = Object.fromEntries(
    Object.entries(problem.params).map(([name, value]) => [name, sayParam(name, value, nameOf)]),
  );
  return { title: text.title, explanation: fill(text.explanation, params), remedy: fill(text.remedy, params) };
}

function sayParam(name: string, value: string | number, nameOf: (id: string) => string): string | number {
  if (name === 'images') return sayMany(Number(value), 'image');
  if (name === 'until' || name.endsWith('At')) return sayWhen(String(value), Date.now());
  if (name === 'keyword') return (en.fields as Readonly<Record<string, string>>)[value] ?? value;
  if (name === 'sopClass' || name === 'transferSyntax') return sayUid(String(value));
  if (name === 'destination') return nameOf(String(value));
  if (name === 'whose') return (en.certificates.whose as Readonly<Record<string, string>>)[value] ?? value;
  if (name === 'days') return value === 0 ? en.certificates.lessThanADay : sayMany(Number(value), 'day');
  if (typeof value === 'number') return name.endsWith('Bytes') ? saySize(value) : value;
  if (name === 'expected') return (en.expectations as Readonly<Record<string, string>>)[value] ?? value;
  if (name === 'reason') return en.review.notDrawableReasons[value]?.replace(/^It/, 'it').replace(/\.$/, '') ?? value;
  return name === 'value' ? sayDate(value) : value;
}
