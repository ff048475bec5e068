// What is proposed to an archive so that it can give images, and how a name is compared.
import { expect, it } from 'vitest';
import { doubtsOf, isAskable } from '#station/priors/index.ts';
import { contextsFor } from '#station/priors/retrieval-contexts.ts';

const classes = (count: number) => Array.from({ length: count }, (_, n) => `1.2.840.${n}`);

it.each([1, 8, 9, 40, 60, 127, 400])(
  '%i classes never want more contexts than there are, each in every encoding',
  (count) => {
    const contexts = contextsFor(classes(count));
    expect(contexts.length).toBeLessThanOrEqual(127);
    const encodings = new Map<string, number>();
    for (const { abstractSyntaxUid, transferSyntaxUids, roles } of contexts) {
      expect(roles).toEqual({ scu: false, scp: true });
      encodings.set(abstractSyntaxUid, (encodings.get(abstractSyntaxUid) ?? 0) + transferSyntaxUids.length);
    }
    expect(encodings.size).toBe(Math.min(count, 127));
    expect(new Set(encodings.values())).toEqual(new Set([15]));
  },
);

it('an archive that does not say of which classes its images are is offered the usual ones', () => {
  const contexts = contextsFor(['', '1.2.3']);
  expect(contexts.length).toBeLessThanOrEqual(127);
  const offered = new Set(contexts.map(({ abstractSyntaxUid }) => abstractSyntaxUid));
  expect(offered.has('1.2.3')).toBe(true);
  expect(offered.has('1.2.840.10008.5.1.4.1.1.2')).toBe(true);
});

const who = (PatientName: string, more = {}) => ({
  ...{ PatientID: 'S1', IssuerOfPatientID: '', PatientName, PatientBirthDate: '', PatientSex: '' },
  ...more,
});

it.each([
  ['Müller^Jürgen', 'MULLER^JURGEN^^^', []],
  ['Yamada^Tarou=山田^太郎', 'YAMADA^TAROU', []],
  ['Doe^Jane', '', []],
  ['Doe^Jane', 'Doe^Janet', ['name']],
  ['Yamada^Tarou=山田^太郎', 'Yamada^Tarou=山田^花子', ['name']],
])('the name %s beside %s gives the doubts %j', (one, other, doubts) => {
  expect(doubtsOf(who(one), who(other))).toEqual(doubts);
});

it('an ID of another place, or written otherwise, is a doubt too', () => {
  expect(doubtsOf(who('', { IssuerOfPatientID: 'A' }), who('', { IssuerOfPatientID: 'B' }))).toEqual(['issuer']);
  expect(doubtsOf(who(''), who('', { PatientID: 's1' }))).toEqual(['id-spelling']);
});

it.each(['', ' ', '*', 'S?1', 'S1\\S2', 'S1\n', 'x'.repeat(65)])('the ID %j is not asked for', (id) => {
  expect(isAskable(id)).toBe(false);
});
