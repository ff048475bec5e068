// The examination of a destination over DICOM: what it does when it is called rightly and wrongly, what it takes, what it
// offers, and, when a person wants it, what becomes of a test image.
//
// Guarantees: each part ends within its time; whatever the peer does becomes a line; it is not sent anything but questions
// unless `sendTestImage`. Throws AbortError for its signal only.
import net from 'node:net';
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { ProfileKind } from '#contract/shapes/profile.ts';
import type { DestinationSetting } from '#contract/shapes/settings.ts';
import type { OpenAssociation } from '#station/dicom/network/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { classifyEnding, classifyError, classifyOpening, classifyStatus, statusText } from './classification.ts';
import { commitmentClass, studyRootFindClass, verificationClass } from './peer.ts';
import { context, open, release, type DicomExamination, type Found } from './profile-association.ts';
import { testQuery } from './profile-image.ts';
import type { Report } from './profile-line.ts';
import { sendTestImage } from './profile-test-image.ts';

/** Contexts for what is held here, in one association beside those of other services. */
const mostKinds = 100;
const wrongTitle = 'NO-SUCH-TITLE';
const daysOfNotice = 30;
/** Who takes less at a time would be busy with one image for minutes. */
const leastFragmentBytes = 512;

/** Writes into `found` as it goes, so that what was learnt stays when the time is over. */
export async function examineByDicom(work: DicomExamination, learn: (found: Partial<Found>) => void): Promise<void> {
  if (!(await isReached(work))) return;
  const greeted = await greet(work, learn);
  if (!greeted) return;
  await tryWrongTitles(work);
  await compareOffers(work, learn);
  if (!work.sendTestImage) return;
  if (greeted.fragmentBytes < leastFragmentBytes) work.report.say('test-image', 'note', 'test-not-sent');
  else await sendTestImage(work, learn);
}

/** A name that is found and a port that takes connections. */
async function isReached({ report, target, times, signal }: DicomExamination): Promise<boolean> {
  report.begin();
  const reached = await new Promise<{ address: string } | { code: string }>((resolve, reject) => {
    const socket = net.connect({ host: target.host, port: target.port });
    const settle = (done: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.on('error', () => {});
      socket.destroy();
      done();
    };
    const onAbort = () => settle(() => reject(signal.reason as Error));
    const timer = setTimeout(() => settle(() => resolve({ code: 'ETIMEDOUT' })), times.connectMs);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', (error: NodeJS.ErrnoException) => settle(() => resolve({ code: error.code ?? 'ERROR' })));
    socket.once('connect', () => {
      const address = socket.remoteAddress ?? '';
      settle(() => resolve({ address }));
    });
  });
  if ('code' in reached) report.answered('reach', classifyError(reached.code).answer);
  else report.say('reach', 'well', 'reached', { address: reached.address });
  return 'address' in reached;
}

type Greeted = { readonly fragmentBytes: number };

/** The first association: TLS, who it is, three echoes, PDU size, window. Undefined when there is none to be had. */
async function greet(work: DicomExamination, learn: (found: Partial<Found>) => void): Promise<Greeted | undefined> {
  const { report, clock, target, calling } = work;
  let seen: { readonly version: string; readonly subject: string; readonly validTo: string } | undefined;
  const secure = work.secure && {
    ...work.secure,
    onPeerCertificate: (certificate: { readonly subject: string; readonly validTo: string }, version: string) =>
      (seen = { version, subject: certificate.subject, validTo: certificate.validTo }),
  };
  const opening = await open(work, [context(verificationClass)], {
    ...(secure ? { secure } : {}),
    asyncWindow: { invoked: 8, performed: 1 },
  });
  if (seen) {
    const days = Math.floor((Date.parse(seen.validTo) - clock.epochMs()) / 86_400_000);
    const params = { version: seen.version, subject: seen.subject, days };
    report.say('tls', days < daysOfNotice ? 'note' : 'well', days < daysOfNotice ? 'tls-ends-soon' : 'tls', params);
  }
  if (opening.kind !== 'accepted') {
    const { answer } = classifyOpening(opening, { calling, called: target.aeTitle });
    report.answered(opening.kind === 'unreachable' ? 'tls' : 'association', answer);
    return undefined;
  }
  const { association, said } = opening;
  report.say('association', 'well', 'accepted', {
    implementation: [said?.implementationVersion, said?.implementationClassUid].filter(Boolean).join(', ') || '?',
  });
  const fragmentBytes = said?.maxPduLength || Infinity;
  if (!(await echo(work, association))) return undefined;
  if (said) {
    const { maxPduLength, asyncWindow } = said;
    learn({ maxPduLength });
    const isOdd = maxPduLength !== 0 && (maxPduLength < 4096 || maxPduLength > 2 ** 30);
    const key = maxPduLength === 0 ? 'pdu-unlimited' : isOdd ? 'pdu-odd' : 'pdu';
    report.say('pdu', isOdd ? 'note' : 'well', key, { bytes: maxPduLength });
    const invoked = asyncWindow?.invoked ?? 1;
    report.say('window', 'well', invoked === 1 ? 'window-one' : 'window', { invoked });
  }
  return { fragmentBytes };
}

/** False when it does not answer: whatever else is asked of it would not be answered either. */
async function echo({ report, clock }: DicomExamination, association: OpenAssociation): Promise<boolean> {
  if (!association.accepts(verificationClass)) {
    report.say('echo', 'note', 'echo-not-taken');
    await release(association);
    return true;
  }
  const tookMs: number[] = [];
  for (let n = 0; n < 3; n++) {
    const startedMs = clock.monotonicMs();
    const outcome = await association.echo();
    if (outcome.kind === 'not-accepted') break;
    if (outcome.kind !== 'answered') {
      report.answered('echo', classifyEnding(outcome.ending).answer);
      return false;
    }
    if (outcome.status !== 0) {
      report.answered('echo', classifyStatus(outcome.status, outcome.comment).answer);
      await release(association);
      return true;
    }
    tookMs.push(clock.monotonicMs() - startedMs);
  }
  report.say('echo', 'well', 'echo', { ms: Math.round((tookMs.sort((a, b) => a - b)[1] ?? 0) * 10) / 10 });
  await release(association);
  return true;
}

/** What a mistake in the set-up would look like, and whether anybody may send. */
async function tryWrongTitles(work: DicomExamination): Promise<void> {
  const { report } = work;
  for (const step of ['called', 'calling'] as const) {
    const titles = step === 'called' ? { calledAeTitle: wrongTitle } : { callingAeTitle: wrongTitle };
    const opening = await open(work, [context(verificationClass)], titles);
    if (opening.kind === 'accepted') {
      report.say(step, 'note', `${step}-not-looked-at`);
      await release(opening.association);
    } else if (opening.kind === 'rejected') {
      const { result, source, reason } = opening;
      const isExact = source === 1 && reason === (step === 'called' ? 7 : 3);
      report.say(step, isExact ? 'well' : 'note', isExact ? `${step}-refused` : `${step}-refused-otherwise`, {
        ...{ result, source, reason },
      });
    } else
      report.answered(step, classifyOpening(opening, { calling: work.calling, called: wrongTitle }).answer, 'note');
  }
}

/** What is held here against what it takes, and the two ways to have proof. */
async function compareOffers(work: DicomExamination, learn: (found: Partial<Found>) => void): Promise<void> {
  const { report, target, calling } = work;
  const kinds = work.kinds.slice(0, mostKinds);
  const proposed = kinds.map(({ sopClassUid, transferSyntaxUid }) => ({
    abstractSyntaxUid: sopClassUid,
    transferSyntaxUids: [transferSyntaxUid],
  }));
  const opening = await open(work, [...proposed, context(commitmentClass), context(studyRootFindClass)]);
  if (opening.kind !== 'accepted') {
    report.answered('classes', classifyOpening(opening, { calling, called: target.aeTitle }).answer);
    return;
  }
  const { association, said } = opening;
  const compared = kinds.map((kind, n): ProfileKind => {
    if (association.accepts(kind.sopClassUid, kind.transferSyntaxUid)) return { ...kind, accepted: 'yes' };
    // A class that is taken in another syntax is known to it, whatever it says of this one.
    const isKnown = association.accepts(kind.sopClassUid) || said?.results[n] === 4;
    return { ...kind, accepted: isKnown ? 'syntax' : 'class' };
  });
  const commitment = association.accepts(commitmentClass);
  learn({ kinds: compared, commitment });
  sayKinds(report, compared);
  const query = await askNothing(association);
  const suggestion = suggestConfirm(target.confirm, commitment, query === null);
  learn({ query: query === null, suggestedConfirm: suggestion });
  const wanted = (way: 'commitment' | 'query', offered: boolean) =>
    offered ? 'well' : target.confirm === way ? 'bad' : 'note';
  report.say('commitment', wanted('commitment', commitment), commitment ? 'commitment-offered' : 'commit-not-offered');
  if (query === null) report.say('query', 'well', 'query-offered');
  else report.answered('query', query, wanted('query', false));
  if (suggestion !== null) report.say('commitment', 'note', `suggest-${suggestion}`);
  await release(association);
}

function sayKinds(report: Report, kinds: readonly ProfileKind[]): void {
  if (kinds.length === 0) return report.say('classes', 'note', 'nothing-held');
  const refused = kinds.filter(({ accepted }) => accepted !== 'yes');
  report.say('classes', refused.length === 0 ? 'well' : 'note', refused.length === 0 ? 'takes-all' : 'takes-some', {
    ...{ kinds: kinds.length, taken: kinds.length - refused.length },
  });
  for (const { sopClassUid, transferSyntaxUid, objects, accepted } of refused.slice(0, 20)) {
    if (accepted === 'class') report.say('classes', 'bad', 'class-refused-here', { sopClass: sopClassUid, objects });
    else {
      const params = { sopClass: sopClassUid, transferSyntax: transferSyntaxUid, objects };
      report.say('classes', 'bad', 'syntax-refused-here', params);
    }
  }
}

/** A query that finds nothing, because nothing bears that UID. Null when it is answered as it should be. */
async function askNothing(association: OpenAssociation): Promise<PeerAnswer | null> {
  if (!association.accepts(studyRootFindClass)) return { key: 'query-not-offered', params: {} };
  const answer = await association.find({ level: 'STUDY', keys: testQuery(newUid()), mostMatches: 10 });
  if (answer.kind === 'not-accepted') return { key: 'query-not-offered', params: {} };
  if (answer.kind !== 'answered') return classifyEnding(answer.ending).answer;
  const params = { status: statusText(answer.status), comment: answer.comment ?? '' };
  return answer.status === 0 ? null : { key: 'query-refused', params };
}

function suggestConfirm(
  set: DestinationSetting['confirm'],
  commitment: boolean,
  query: boolean,
): DestinationSetting['confirm'] | null {
  if (commitment) return set === 'commitment' ? null : 'commitment';
  if (query) return set === 'query' ? null : 'query';
  return null;
}
