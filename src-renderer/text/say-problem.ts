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
  const persons = sayPersons(problem.params);
  const params: Params = Object.fromEntries(
    Object.entries(problem.params).map(([name, value]) => [name, persons[name] ?? sayParam(name, value, nameOf)]),
  );
  return { title: text.title, explanation: fill(text.explanation, params), remedy: fill(text.remedy, params) };
}

const personParams = ['first', 'second', 'patient', 'shown', 'now'] as const;

/**
 * Persons as people say them. Where two writings of one name are set against each other, so that both would be said alike,
 * they stand as they were written.
 */
function sayPersons(params: Params): Readonly<Record<string, string>> {
  const written = personParams.flatMap((name) => {
    const value = params[name];
    return typeof value === 'string' && /[\^(·]/.test(value) ? [[name, value] as const] : [];
  });
  const said = written.map(([name, value]) => [name, sayPerson(value)] as const);
  const isAlike = new Set(said.map(([, value]) => value)).size < new Set(written.map(([, value]) => value)).size;
  return Object.fromEntries(isAlike ? written : said);
}

/** 'Berg^Anna (77) 19800203' and 'Berg^Anna · 77 · 19800203' as 'BERG, Anna (77) 3 Feb 1980' and the like. */
function sayPerson(written: string): string {
  return written
    .split(' · ')
    .map((part) => part.replace(/^[^(]*?(?= \()|^[^( ][^(]*\^[^(]*$/, sayName).replace(/(?<![\d(])\d{8}$/, sayDate))
    .join(' · ');
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
