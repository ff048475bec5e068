// What is proposed for what waits: each kind of object as it is, and beside it, in contexts of their own, the transfer
// syntaxes that it could be given. So one association shows all that a destination would take. Pure.
import { needsDecompressionRule, transcodesOf, type TranscodeRule } from '#station/dicom/codecs/index.ts';
import type { OpenAssociation, ProposedContext } from '#station/dicom/network/index.ts';

export type ObjectKind = { readonly sopClassUid: string; readonly transferSyntaxUid: string };

/**
 * Contexts for these kinds, at most `most`, one transfer syntax each. A kind that does not fit with all of its own is
 * left for the next association.
 */
export function proposalsFor(kinds: readonly ObjectKind[], rule: TranscodeRule, most: number): ProposedContext[] {
  const contexts = new Map<string, ProposedContext>();
  for (const { sopClassUid, transferSyntaxUid } of kinds) {
    const wanted = [transferSyntaxUid, ...othersOf(transferSyntaxUid, rule)]
      .map((syntax) => [`${sopClassUid} ${syntax}`, syntax] as const)
      .filter(([key]) => !contexts.has(key));
    if (contexts.size + wanted.length > most) break;
    for (const [key, syntax] of wanted)
      contexts.set(key, { abstractSyntaxUid: sopClassUid, transferSyntaxUids: [syntax] });
  }
  return [...contexts.values()];
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
