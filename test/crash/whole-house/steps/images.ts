// Single images are judged, rejected, kept after all and drawn on.
import { pick, someObject, type Play, type Plays } from '../step.ts';

const reasons = ['111209', '111210', '113037', '113680'] as const;

const judge: Play = async (walk, step) => {
  const object = someObject(walk, step.a);
  if (!object) return 'nothing';
  const verdict = (['accepted', 'repeated', 'rejected', 'none'] as const)[step.b % 4] ?? 'none';
  const isKeptBack = verdict === 'repeated' || verdict === 'rejected';
  const reason = isKeptBack ? (pick(reasons, step.c) ?? '') : '';
  await walk.tell('judging.judge', { objectIds: [object.id], verdict, reason });
  walk.judged(object, isKeptBack, reason);
  return 'done';
};

const reject: Play = async (walk, step) => {
  const object = someObject(walk, step.a);
  if (!object) return 'nothing';
  const reason = pick(reasons, step.c) ?? '111209';
  await walk.tell('objects.reject', { id: object.id, reason, text: '' });
  walk.judged(object, true, reason);
  return 'done';
};

const keep: Play = async (walk, step) => {
  const object = someObject(walk, step.a, 'rejected');
  if (!object) return 'nothing';
  await walk.house.ask('objects.keep', { id: object.id });
  walk.judged(object, false, '');
  return 'done';
};

const draw: Play = async (walk, step) => {
  const object = someObject(walk, step.a, 'received');
  if (!object) return 'nothing';
  const box = { left: 2 + (step.c % 8), top: 3 + (step.c % 5), right: 12 + (step.c % 8), bottom: 14 };
  const shutter = { kind: 'rectangle', box: { left: 1, top: 1, right: 23, bottom: 23 } };
  const annotation = {
    id: 'one',
    frame: 1,
    kind: 'arrow',
    points: [
      [3, 3],
      [9, 9],
    ],
    text: '',
  };
  const markups = [
    { window: { center: 100, width: 80 } },
    { annotations: [annotation] },
    { shutter },
    { crop: { left: 2, top: 2, right: 20, bottom: 20 } },
    { redactions: [box] },
    { redactions: [box], window: { center: 90, width: 40 } },
    {},
  ];
  const markup = pick(markups, step.b) ?? {};
  await walk.house.ask('objects.saveMarkup', { id: object.id, markup });
  object.redactions = 'redactions' in markup ? [box] : [];
  object.isCropped = 'crop' in markup;
  object.isDrawnOn = true;
  return 'done';
};

export const images = { judge, reject, keep, draw } satisfies Plays;
