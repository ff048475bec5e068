// Every word of the window, and how dates, names and sizes are said.
export { answerTexts, sayAnswer } from './answers.ts';
export { sayFingerprint, sayValidity } from './certificate-words.ts';
export { firstTexts } from './first-words.ts';
export * from './formats.ts';
export { sayAlert } from './alert-words.ts';
export { sayAnswerSentence, sayLine } from './outbox-words.ts';
export {
  sayAsked,
  sayOrderMoment,
  sayOrderTime,
  saySource,
  sayWorklistAnswer,
  sayWorklistNote,
} from './order-words.ts';
export { hl7Texts, sayHl7Counts, sayHl7Dropped, sayHl7Message, sayHl7State } from './hl7-words.ts';
export { reached, stateOfShare } from './share-state.ts';
export { codeOf, sayShare, sayShareForAdministrator } from './waiting-words.ts';
export {
  nameOfExam,
  outgoingOf,
  sayContents,
  sayForecast,
  sayIdentity,
  sayNameOf,
  sayWhereabouts,
  sayWho,
} from './exam-words.ts';
export {
  matchingTexts,
  sayAgainst,
  sayFor,
  sayOddity,
  sayOrder,
  sayPatientOf,
  saySchedule,
  sayTypedHint,
} from './matching-words.ts';
export { matchingSetupTexts } from './matching-setup-words.ts';
export { problemTexts, type ProblemText } from './problems.ts';
export { sayNotes, sayObjects } from './contents-words.ts';
export { orderNumberTexts } from './order-number-words.ts';
export { orderChangeTexts } from './order-change-words.ts';
export { formerValueTexts } from './former-value-words.ts';
export { sayProblem } from './say-problem.ts';
export { sayRetention } from './room-notes.ts';
export { stationListTexts } from './station-list-words.ts';
export { sayNotice, toldTexts } from './told-words.ts';
export {
  isFew,
  keptBack,
  sayDays,
  sayIndex,
  sayExposures,
  sayGroup,
  sayKeptBack,
  sayPoint,
  sayShare as sayShareOf,
  saySpread,
  sayTotals,
  shareOf,
  statisticsTexts,
} from './statistics-words.ts';
export { proofTexts, sayProof, writeProof } from './proof-words.ts';
export { rearrangingTexts, sayRearranged, sayRearrangedLine } from './rearranging-words.ts';
export { afterReleaseWords, sayReleasedLine } from './after-release-words.ts';
export { noteTexts } from './reader-note-words.ts';
export { documentTexts, sayHeaderName, sayKeyword, sayRelationship, sayTag, sayUnit } from './document-words.ts';
export {
  priorTexts,
  sayDoubts,
  sayPriorContents,
  sayPriorDate,
  sayPriorFrame,
  sayPriorFrom,
  sayPriorHere,
  sayPriorKind,
  sayPriorSource,
} from './prior-words.ts';
export { checkCodes, judgingTexts, sayDeviation, sayExposure, sayReasonOf } from './judging-words.ts';
export { reasonTexts, sayReason } from './reasons.ts';
export { profileReportKeys, sayProfileLine } from './profile-words.ts';
export { sayRouteReason } from './route-words.ts';
export { limitTexts, sayLimits, type Limited } from './limit-words.ts';
export { drawingSetupTexts, drawingTexts, sayDrawn, sayMade, sayMeasured } from './drawing-words.ts';
export { viewingTexts } from './viewing-words.ts';
export { en as words, type Words } from './en.ts';
