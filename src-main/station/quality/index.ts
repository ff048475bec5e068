// What people and checks think of single images: judgements, repeats, exposures, hints. Kept when the images are gone.
export { readExamQuality, type QualitySettings } from './exam-quality.ts';
export { computeDeviation, judgeExposure } from './exposure.ts';
export { recordHintLookedAt } from './image-facts.ts';
export { openImageWatch, type ImageWatch, type ImageWatchPorts } from './image-watch.ts';
export {
  countAccepted,
  countToAccept,
  endJudgement,
  isFirstTime,
  readStanding,
  recordJudgement,
  type QualityDesk,
  type Said,
  type StandingJudgement,
} from './judgements.ts';
export { linkByHand, linkRepeats } from './repeats.ts';
