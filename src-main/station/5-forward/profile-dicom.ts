// The examination of a destination over DICOM: what it does when it is called rightly and wrongly, what it takes, what it
// offers, and, when a person wants it, what becomes of a test image.
//
// Guarantees: each part ends within its time; whatever the peer does becomes a line; it is not sent anything but questions
// unless `sendTestImage`. Throws AbortError for its signal only.
import net from 'node:net';
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { DestinationSetting } from '#contract/shapes/settings.ts';
import type { Profile, ProfileKind } from '#contract/shapes/profile.ts';
import {
  openAssociation,
  type AssociationRequest,
  type CommitmentReport,
  type Opening,
  type OpenAssociation,
  type ProposedContext,
  type RequestTimeouts,
  type SecureCalling,
} from '#station/dicom/network/index.ts';
import { explicitLittleEndian } from '#station/dicom/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newUid } from '#station/kit/ids.ts';
import { classifyEnding, classifyError, classifyOpening, classifyStatus, statusText } from './classification.ts';
import { commitmentClass, studyRootFindClass, verificationClass, wireSyntaxes } from './peer.ts';
import { secondaryCaptureClass, testQuery, makeTestImage, testDescription, testPatientName } from './profile-image.ts';
import type { Report } from './profile-line.ts';
import type { ForwardPorts } from './ports.ts';

export type ExaminedTarget = Pick<
  DestinationSetting,
  'id' | 'aeTitle' | 'host' | 'port' | 'confirm' | 'tls' | 'protocol' | 'web'
>;

/** Milliseconds. */
export type ProfileTimes = RequestTimeouts & {
  /** The whole examination. */
  readonly wholeMs: number;
  /** For a commitment report, and for a query to show the test image. */
  readonly patienceMs: number;
};

export const profileTimes: ProfileTimes = {
  ...{ connectMs: 5_000, associateMs: 8_000, stalledMs: 8_000, answerMs: 8_000, releaseMs: 2_000 },
  ...{ wholeMs: 90_000, patienceMs: 8_000 },
};

export type HeldKind = Omit<ProfileKind, 'accepted'>;

export type DicomExamination = {
  readonly clock: Clock;
  readonly ports: Pick<ForwardPorts, 'openAssociation'>;
  readonly report: Report;
  readonly target: ExaminedTarget;
  readonly secure: SecureCalling | undefined;
  readonly calling: string;
  /** What is held here, most first. */
  readonly kinds: readonly HeldKind[];
  readonly sendTestImage: boolean;
  readonly times: ProfileTimes;
  readonly signal: AbortSignal;
  /** Resolves with the report of this transaction that comes on an association which the peer opens. */
  readonly lateReport: (transactionUid: string, signal: AbortSignal) => Promise<CommitmentReport>;
};

export type Found = Pick<
  Profile,
  'kinds' | 'maxPduLength' | 'commitment' | 'query' | 'suggestedConfirm' | 'testStudyInstanceUID'
>;

export const nothingFound: Found = {
  ...{ kinds: [], maxPduLength: null, commitment: null, query: null, suggestedConfirm: null, testStudyInstanceUID: '' },
};

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

const open = (
  { ports, target, secure, calling, times, signal }: DicomExamination,
  contexts: readonly ProposedContext[],
  more: Partial<AssociationRequest> = {},
): Promise<Opening> =>
  (ports.openAssociation ?? openAssociation)({
    ...{ host: target.host, port: target.port, callingAeTitle: calling, calledAeTitle: target.aeTitle, contexts },
    ...{ timeouts: times, signal },
    ...(secure ? { secure } : {}),
    ...more,
  });

const context = (uid: string): ProposedContext => ({ abstractSyntaxUid: uid, transferSyntaxUids: wireSyntaxes });

async function release(association: OpenAssociation): Promise<void> {
  if (association.isOpen) await association.release();
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

async function sendTestImage(work: DicomExamination, learn: (found: Partial<Found>) => void): Promise<void> {
  const { report, clock, target, calling, signal } = work;
  const image = makeTestImage(clock.now());
  let reported: (report: CommitmentReport) => void = () => {};
  const onReport = new Promise<CommitmentReport>((resolve) => (reported = resolve));
  const image1 = { abstractSyntaxUid: secondaryCaptureClass, transferSyntaxUids: [explicitLittleEndian] };
  const opening = await open(work, [image1, context(commitmentClass), context(studyRootFindClass)], {
    onCommitmentReport: (one) => (reported(one), 0x0000),
  });
  if (opening.kind !== 'accepted') {
    return report.answered('test-image', classifyOpening(opening, { calling, called: target.aeTitle }).answer);
  }
  const { association } = opening;
  try {
    if (!association.accepts(secondaryCaptureClass, explicitLittleEndian)) {
      return report.say('test-image', 'note', 'test-not-taken');
    }
    learn({ testStudyInstanceUID: image.StudyInstanceUID });
    if (!(await storeTwice(report, association, image))) return;
    if (association.accepts(studyRootFindClass)) await compareText(work, association, image.StudyInstanceUID);
    if (association.isOpen && association.accepts(commitmentClass)) {
      await askCommitment(work, association, image.SOPInstanceUID, onReport);
    }
  } finally {
    await release(association);
  }
  signal.throwIfAborted();
}

/** False when the association is over, or it took nothing. */
async function storeTwice(
  report: Report,
  association: OpenAssociation,
  image: ReturnType<typeof makeTestImage>,
): Promise<boolean> {
  const request = {
    sopClassUid: secondaryCaptureClass,
    sopInstanceUid: image.SOPInstanceUID,
    transferSyntaxUid: image.transferSyntaxUid,
    lengthBytes: image.bytes.length,
  };
  for (const step of ['test-image', 'twice'] as const) {
    report.begin();
    const outcome = await association.store({ ...request, source: [image.bytes] });
    if (outcome.kind === 'not-accepted' || outcome.kind === 'source-failed') return false;
    if (outcome.kind !== 'answered') {
      report.answered(step, classifyEnding(outcome.ending, true).answer);
      return false;
    }
    const { class: verdict, answer } = classifyStatus(outcome.status, outcome.comment);
    const isTaken = verdict === 'sent' || verdict === 'sent-with-warning';
    if (step === 'test-image') {
      if (!isTaken) report.answered(step, answer);
      else {
        const bytesPerSecond = Math.round((image.bytes.length * 1000) / report.tookMs);
        report.say(step, 'well', 'test-stored', { speedBytes: bytesPerSecond, study: image.StudyInstanceUID });
      }
      if (!isTaken) return false;
    } else if (isTaken) {
      const said = outcome.status === 0 ? 'twice-taken' : 'twice-said';
      report.say(step, 'well', said, { status: statusText(outcome.status) });
    } else report.say(step, 'bad', 'twice-refused', { status: statusText(outcome.status) });
  }
  return true;
}

/** Does the text come back as it went? An archive may need a moment before it answers of a new study. */
async function compareText(work: DicomExamination, association: OpenAssociation, study: string): Promise<void> {
  const { report, clock, times, signal } = work;
  const untilMs = clock.monotonicMs() + times.patienceMs;
  for (;;) {
    const answer = await association.find({ level: 'STUDY', keys: testQuery(study), mostMatches: 10 });
    if (answer.kind === 'not-accepted') return;
    if (answer.kind !== 'answered') return report.answered('character-set', classifyEnding(answer.ending).answer);
    const [match] = answer.matches;
    if (match) {
      const text = (keyword: string) => String(match[keyword] ?? '').replace(/[\0 ]+$/, '');
      const [name, description] = [text('PatientName'), text('StudyDescription')];
      if (description === '' && name === testPatientName) return report.say('character-set', 'note', 'text-not-told');
      const isSame = name === testPatientName && description === testDescription;
      const params = { sent: testDescription, got: description.slice(0, 64) };
      return report.say('character-set', isSame ? 'well' : 'note', isSame ? 'text-same' : 'text-changed', params);
    }
    if (clock.monotonicMs() > untilMs) return report.say('character-set', 'bad', 'not-found-by-query');
    await pause(clock, 300, signal);
  }
}

async function askCommitment(
  { report, clock, target, times, signal, lateReport }: DicomExamination,
  association: OpenAssociation,
  sopInstanceUid: string,
  onReport: Promise<CommitmentReport>,
): Promise<void> {
  const step = 'test-commitment';
  const transactionUid = newUid();
  const over = new AbortController();
  const elsewhere = lateReport(transactionUid, over.signal).then((one) => ({ one, key: 'committed-by-call' }) as const);
  elsewhere.catch(() => {});
  try {
    report.begin();
    const outcome = await association.requestCommitment(transactionUid, [
      { sopClassUid: secondaryCaptureClass, sopInstanceUid },
    ]);
    if (outcome.kind === 'not-accepted') return;
    if (outcome.kind !== 'answered') {
      return report.say(step, target.confirm === 'commitment' ? 'bad' : 'note', 'commitment-broke-off');
    }
    if (outcome.status !== 0) {
      const params = { status: statusText(outcome.status), comment: outcome.comment ?? '' };
      return report.answered(step, { key: 'commit-refused', params });
    }
    const here = onReport.then((one) => ({ one, key: 'committed-here' }) as const);
    const came = await Promise.race([here, elsewhere, pause(clock, times.patienceMs, signal)]);
    if (came === undefined) return report.say(step, 'note', 'no-report-yet', { seconds: times.patienceMs / 1000 });
    const isHeld = came.one.committed.some((one) => one.sopInstanceUid === sopInstanceUid);
    if (isHeld) return report.say(step, 'well', came.key);
    report.say(step, 'bad', 'commit-failed', { reason: statusText(came.one.failed[0]?.reason ?? 0) });
  } finally {
    over.abort();
  }
}

/** Rejects when the signal says so. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      takeBack();
      reject(signal.reason as Error);
    };
    const takeBack = clock.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(undefined);
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
