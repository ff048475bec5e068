// What an association proposes, and what an examination changes about it.
import { expect, it } from 'vitest';
import { isAskedWhole, proposalsFor, type Known } from '#station/5-forward/proposals.ts';

const [implicit, explicit, jpegLossless] = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.4.70'];
const kind = (sopClassUid: string, transferSyntaxUid = jpegLossless) => ({ sopClassUid, transferSyntaxUid });
const proposed = (...args: Parameters<typeof proposalsFor>) =>
  proposalsFor(...args).map(
    ({ abstractSyntaxUid, transferSyntaxUids }) => `${abstractSyntaxUid} ${transferSyntaxUids.join()}`,
  );

it('a kind that nobody knows of is proposed in each form that it may be given', () => {
  expect(proposed([kind('1')], 'lossless', 128)).toEqual([`1 ${jpegLossless}`, `1 ${explicit}`, `1 ${implicit}`]);
});

it('a kind that was taken is proposed as it is, and one that was refused comes last and is asked about all the same', () => {
  const found: Readonly<Record<string, ReturnType<Known>>> = {
    first: 'class',
    refused: 'class',
    other: 'syntax',
    taken: 'yes',
  };
  const known: Known = ({ sopClassUid }) => found[sopClassUid];
  const kinds = [kind('first'), kind('refused'), kind('other'), kind('taken')];
  expect(proposed(kinds, 'never', 128, known)).toEqual(
    ['first', 'other', 'taken', 'refused'].map((name) => `${name} ${jpegLossless}`),
  );
  expect(proposed(kinds, 'lossless', 128, known).filter((line) => line.startsWith('taken'))).toHaveLength(1);
  expect(proposed(kinds, 'lossless', 128, known).filter((line) => line.startsWith('refused'))).toHaveLength(3);
});

it('what is taken as it is leaves room for others in one association', () => {
  const kinds = Array.from({ length: 128 }, (_, n) => kind(`1.${n}`));
  expect(proposed(kinds, 'lossless', 128)).toHaveLength(126);
  expect(proposed(kinds, 'lossless', 128, () => 'yes')).toHaveLength(128);
});

it('only a kind that was proposed in every form can be refused', () => {
  const all = new Set(proposed([kind('1')], 'lossless', 128));
  const isProposed = (one: { sopClassUid: string; transferSyntaxUid: string }) =>
    all.has(`${one.sopClassUid} ${one.transferSyntaxUid}`);
  expect(isAskedWhole(isProposed, kind('1'), 'lossless')).toBe(true);
  expect(isAskedWhole(() => false, kind('1'), 'lossless')).toBe(false);
  expect(isAskedWhole(() => false, kind('1'), 'never')).toBe(true);
});
