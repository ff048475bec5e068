// What is proposed for what waits: each kind of object as it is, and beside it, in contexts of their own, the transfer
// syntaxes that it could be given. So one association shows all that a destination would take. Pure.
//
// What an examination has found decides the order and the extent of it, never a verdict: a kind that was taken is proposed
// as it is alone, one that was refused comes last and is asked about all the same.
import { needsDecompressionRule, transcodesOf, type TranscodeRule } from '#station/dicom/codecs/index.ts';
import type { OpenAssociation, ProposedContext } from '#station/dicom/network/index.ts';

export type ObjectKind = { readonly sopClassUid: string; readonly transferSyntaxUid: string };

/** What a destination said of a kind when it was asked last; undefined when nobody knows. */
export type Known = (kind: ObjectKind) => 'yes' | 'class' | 'syntax' | undefined;

/**
 * Contexts for these kinds, at most `most`, one transfer syntax each. A kind that does not fit with all of its own is
 * left for the next association. The first kind is always among them.
 */
export function proposalsFor(
  kinds: readonly ObjectKind[],
  rule: TranscodeRule,
  most: number,
  known: Known = () => undefined,
): ProposedContext[] {
  const contexts = new Map<string, ProposedContext>();
  for (const { sopClassUid, transferSyntaxUid, isTaken } of inOrder(kinds, known)) {
    const wanted = [transferSyntaxUid, ...(isTaken ? [] : othersOf(transferSyntaxUid, rule))]
      .map((syntax) => [`${sopClassUid} ${syntax}`, syntax] as const)
      .filter(([key]) => !contexts.has(key));
    if (contexts.size + wanted.length > most) break;
    for (const [key, syntax] of wanted)
      contexts.set(key, { abstractSyntaxUid: sopClassUid, transferSyntaxUids: [syntax] });
  }
  return [...contexts.values()];
}

/** What comes first of all stays first; of the rest, what was refused comes after what may be taken. */
function inOrder(kinds: readonly ObjectKind[], known: Known): (ObjectKind & { readonly isTaken: boolean })[] {
  const asked = kinds.map((kind, place) => {
    const said = known(kind);
    return { ...kind, isTaken: said === 'yes', rank: place === 0 ? 0 : said === 'class' ? 2 : 1 };
  });
  return asked.sort((one, other) => one.rank - other.rank);
}

/** True when a kind was proposed in every syntax that it may be given: only then what is refused is refused. */
export function isAskedWhole(
  proposed: (kind: ObjectKind) => boolean,
  { sopClassUid, transferSyntaxUid }: ObjectKind,
  rule: TranscodeRule,
): boolean {
  return othersOf(transferSyntaxUid, rule).every((other) => proposed({ sopClassUid, transferSyntaxUid: other }));
}

/** Also what only a person may allow, so that it can be said that this would help. */
function othersOf(transferSyntaxUid: string, rule: TranscodeRule): readonly string[] {
  return rule === 'never' ? [] : transcodesOf(transferSyntaxUid, 'decompress');
}

/**
 * In which other syntaxes the association takes such an object, best first; 'needs-leave' when it takes some, but not
 * without a rule that a person sets.
 */
export function acceptedInstead(
  association: Pick<OpenAssociation, 'accepts'>,
  { sopClassUid, transferSyntaxUid }: ObjectKind,
  rule: TranscodeRule,
): readonly string[] | 'needs-leave' {
  const accepted = othersOf(transferSyntaxUid, rule).filter((syntax) => association.accepts(sopClassUid, syntax));
  if (accepted.length === 0) return [];
  return rule === 'lossless' && needsDecompressionRule(transferSyntaxUid) ? 'needs-leave' : accepted;
}
