// What is proposed so that an archive can give us objects (PS3.7 D.3.3.4): for each class contexts of which it is the user.
// Pure.
//
// An archive sends an object in the transfer syntax of a context, and many can only send it as they keep it: so each
// syntax has a context of its own as long as 128 contexts are enough, and else those that go well together share one.
import type { ProposedContext } from '#station/dicom/network/index.ts';

const roles = { scu: false, scp: true } as const;
/** One is for the retrieval itself. */
const mostContexts = 127;

const plain = ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2', '1.2.840.10008.1.2.2'] as const;
const lossless = [
  '1.2.840.10008.1.2.4.70',
  '1.2.840.10008.1.2.4.57',
  '1.2.840.10008.1.2.4.90',
  '1.2.840.10008.1.2.4.80',
  '1.2.840.10008.1.2.5',
  '1.2.840.10008.1.2.4.201',
  '1.2.840.10008.1.2.4.202',
] as const;
const lossy = [
  '1.2.840.10008.1.2.4.50',
  '1.2.840.10008.1.2.4.51',
  '1.2.840.10008.1.2.4.91',
  '1.2.840.10008.1.2.4.81',
  '1.2.840.10008.1.2.4.203',
] as const;

/** Where an archive does not say of which classes its objects are. */
const usual: readonly string[] = [
  ...['1', '1.1', '1.1.1', '1.2', '1.2.1', '1.3', '2', '2.1', '2.2', '3.1', '4', '4.1', '4.2', '6.1', '6.2', '7'],
  ...['7.1', '7.2', '7.3', '7.4', '12.1', '12.1.1', '12.2', '12.2.1', '20', '77.1.1', '77.1.2', '77.1.4', '128'],
  ...['13.1.3', '11.1', '88.11', '88.22', '88.33', '104.1'],
].map((end) => `1.2.840.10008.5.1.4.1.1.${end}`);

/** @param sopClassUids of the objects; '' where it is not known. */
export function contextsFor(sopClassUids: readonly string[]): ProposedContext[] {
  const known = [...new Set(sopClassUids.filter((uid) => uid !== ''))];
  const classes = (sopClassUids.includes('') ? [...new Set([...known, ...usual])] : known).slice(0, mostContexts);
  const groups = groupsFor(Math.floor(mostContexts / Math.max(1, classes.length)));
  return classes.flatMap((abstractSyntaxUid) =>
    groups.map((transferSyntaxUids) => ({ abstractSyntaxUid, transferSyntaxUids, roles })),
  );
}

function groupsFor(places: number): readonly (readonly string[])[] {
  const each = [...plain, ...lossless, ...lossy];
  if (places >= each.length) return each.map((uid) => [uid]);
  if (places >= 3) return [plain, lossless, lossy];
  return places === 2 ? [plain, [...lossless, ...lossy]] : [each];
}
