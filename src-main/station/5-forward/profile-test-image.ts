// The part of an examination that a person must have asked for: a test image is sent, sent again, asked for, and proved.
//
// Guarantees: whatever the peer does becomes a line; each wait ends within its time.
import type { CommitmentReport, OpenAssociation } from '#station/dicom/network/index.ts';
import { explicitLittleEndian } from '#station/dicom/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newUid } from '#station/kit/ids.ts';
import { classifyEnding, classifyOpening, classifyStatus, statusText } from './classification.ts';
import { commitmentClass, studyRootFindClass } from './peer.ts';
import { context, open, release, type DicomExamination, type Found } from './profile-association.ts';
import { secondaryCaptureClass, testQuery, makeTestImage, testDescription, testPatientName } from './profile-image.ts';
import type { Report } from './profile-line.ts';

/** Sends it, if it is taken at all, and writes down what becomes of it. */
export async function sendTestImage(work: DicomExamination, learn: (found: Partial<Found>) => void): Promise<void> {
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
