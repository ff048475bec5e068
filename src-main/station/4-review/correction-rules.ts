// What may be typed, and what a correction means for the values of an exam. Pure.
import { correctableKeywords, correctableVr, type CorrectableKeyword } from '#contract/shapes/correctable.ts';
import type { Attributes, CorrectionReason } from '#contract/shapes/identity.ts';
import { asPersonName } from '#contract/shapes/person-name.ts';
import { checkValue } from '#contract/shapes/value-rules.ts';
import { Problem } from '#station/kit/problem.ts';

type Values = Readonly<Record<string, string>>;

/** What an exam and a study cannot be without once a person has spoken about it. */
const neverEmpty: ReadonlySet<string> = new Set(['PatientName', 'PatientID', 'StudyID']);

function isCorrectable(keyword: string): keyword is CorrectableKeyword {
  return (correctableKeywords as readonly string[]).includes(keyword);
}

/**
 * Checked values without blanks at the ends and in composed form (NFC).
 * @param today YYYYMMDD of the station
 * @throws Problem 'attribute-not-correctable', 'value-too-long', 'value-not-allowed', 'impossible-date'
 */
export function checkAttributes(attributes: Values, today: string): Attributes {
  const checked: Partial<Record<CorrectableKeyword, string>> = {};
  for (const [keyword, typed] of Object.entries(attributes)) {
    if (!isCorrectable(keyword)) throw new Problem('attribute-not-correctable', { keyword: keyword.slice(0, 64) });
    const plain = typed.normalize('NFC').trim();
    const value = keyword === 'OperatorsName' ? asPersonName(plain) : plain;
    if (value === '' && neverEmpty.has(keyword)) {
      throw new Problem('value-not-allowed', { keyword, expected: 'notEmpty' });
    }
    const verdict = checkValue(correctableVr[keyword], value, keyword);
    if (!verdict.ok) throw new Problem(verdict.code, verdict.params);
    if (keyword === 'PatientName' && !/[\p{L}\p{N}]/u.test(value)) {
      throw new Problem('value-not-allowed', { keyword, expected: 'name' });
    }
    if (keyword === 'PatientSex' && !['', 'M', 'F', 'O'].includes(value)) {
      throw new Problem('value-not-allowed', { keyword, expected: 'sex' });
    }
    if (keyword === 'PatientBirthDate' && value !== '' && (value > today || value < '18000101')) {
      throw new Problem('impossible-date', { keyword, value });
    }
    checked[keyword] = value;
  }
  return checked;
}

/**
 * The part of a correction that says something: a blank of the source (COERCE) takes no known value away, a blank that
 * a person typed (CORRECT) does.
 */
export function withoutBlanks(attributes: Attributes, reason: CorrectionReason, known: Attributes): Attributes {
  const kept = entriesOf(attributes).filter(
    ([keyword, value]) => value !== '' || reason === 'CORRECT' || (known[keyword] ?? '') === '',
  );
  return Object.fromEntries(kept);
}

/**
 * All corrections of an exam together. A value that every object brought by itself is no correction any more.
 * @param received the different values of a keyword over the objects of the exam
 */
export function mergeCorrections(
  before: Attributes,
  added: Attributes,
  received: (keyword: CorrectableKeyword) => readonly string[],
): Attributes {
  const merged = { ...before, ...added };
  const kept = entriesOf(merged).filter(([keyword, value]) => received(keyword).some((each) => each.trim() !== value));
  return Object.fromEntries(kept);
}

export function entriesOf(attributes: Attributes): [CorrectableKeyword, string][] {
  return Object.entries(attributes) as [CorrectableKeyword, string][];
}
