// A problem in words, with its parameters said as people say them.
import type { ProblemCode } from '#contract/problems.ts';
import { afterReleaseWords } from './after-release-words.ts';
import { en } from './en.ts';
import { fill, sayDate, sayMany, sayName, saySize, sayWhen } from './formats.ts';
import { sayUid } from './standard-names.ts';
import { sayReason } from './reasons.ts';
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
    Object.entries(problem.params).map(([name, value]) => [
      name,
      // Where two writings of a name are set against each other they stand as they are; here one person is named.
      problem.code === 'former-patient-value' && (name === 'first' || name === 'second')
        ? String(value).replace(/^[^(]+?(?= \()/, sayName)
        : sayParam(name, value, nameOf),
    ]),
  );
  return { title: text.title, explanation: fill(text.explanation, params), remedy: fill(text.remedy, params) };
}

function sayParam(name: string, value: string | number, nameOf: (id: string) => string): string | number {
  if (name === 'images') return sayMany(Number(value), 'image');
  if (name === 'title') return afterReleaseWords.noteTitles[value] ?? value;
  if (name === 'cause') return value === '' ? '' : `${sayReason(String(value))}.`;
  if (name === 'until' || name.endsWith('At')) return sayWhen(String(value), Date.now());
  if (name === 'keyword') return sayKeyword(String(value));
  if (name === 'changed') return String(value).split(', ').map(sayKeyword).join(', ');
  if (name === 'PatientName') return sayName(String(value));
  if (name === 'PatientBirthDate') return sayDate(String(value));
  if (name === 'sopClass' || name === 'transferSyntax') return sayUid(String(value));
  if (name === 'destination') return nameOf(String(value));
  if (name === 'whose') return (en.certificates.whose as Readonly<Record<string, string>>)[value] ?? value;
  if (name === 'days') return value === 0 ? en.certificates.lessThanADay : sayMany(Number(value), 'day');
  if (typeof value === 'number') return name.endsWith('Bytes') ? saySize(value) : value;
  if (name === 'expected') return (en.expectations as Readonly<Record<string, string>>)[value] ?? value;
  if (name === 'reason') return en.review.notDrawableReasons[value]?.replace(/^It/, 'it').replace(/\.$/, '') ?? value;
  return name === 'value' ? sayDate(value) : value;
}

const sayKeyword = (keyword: string) => (en.fields as Readonly<Record<string, string>>)[keyword] ?? keyword;
