// What a step of a walk is, and how it chooses among what there is by its numbers.
import type { HeldExam, HeldObject, State } from './model.ts';
import { identityOf, person, type Person } from './people.ts';
import type { Walk } from './walk.ts';

/** Three numbers choose; whatever they are, there is a choice. */
export type Numbers = { readonly a: number; readonly b: number; readonly c: number };
/** 'nothing': there was nothing to do. */
export type Done = 'done' | 'nothing';
export type Play = (walk: Walk, step: Numbers) => Promise<Done>;
export type Plays = Readonly<Record<string, Play>>;

export const pick = <T>(items: readonly T[], n: number): T | undefined => items[n % Math.max(1, items.length)];

/** Mostly an exam in which something waits for a decision, now and then any. */
export function openExam({ model }: Walk, n: number): HeldExam | undefined {
  const open = model.livingExams().filter(({ id }) => model.objectsOf(id).some(({ state }) => state === 'received'));
  return pick(n % 7 === 0 || open.length === 0 ? model.livingExams() : open, n >> 3);
}

export const livingExam = ({ model }: Walk, n: number): HeldExam | undefined => pick(model.livingExams(), n);

/** Any object, or one of this state. */
export function someObject({ model }: Walk, n: number, state?: State): HeldObject | undefined {
  const all = [...model.objects.values()];
  return pick(state === undefined ? all : all.filter((object) => object.state === state), n);
}

/** A handful of people come again and again: that is how images of two of them meet. */
export const active = 6;
export const someone = (n: number): Person => person(n % active);

/** What a person types of somebody. */
export const valuesOf = (who: Person, accession: string) => ({ ...identityOf(who, accession), PatientSex: who.sex });
