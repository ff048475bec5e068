// Where the object that a reference means is filed now. Pure.
//
// A document keeps meaning what it meant: the object that bore this SOP Instance UID when both were received. Of two under
// one UID it is the one in the exam of the document; of an original and its copy it is the one that is there with it. What
// was never received here follows its series or its study, where all of that went to one place; else it stays.
import type { MovedObject } from '#contract/shapes/rearranging.ts';

export type Uids = MovedObject['is'];

/** As a reference says it; '' where it does not. */
export type Meant = { readonly study: string; readonly series: string; readonly object: string };

export type Places = {
  /** Undefined when it is to stay as it is. */
  find(meant: Meant): Uids | undefined;
  /** True when this UID is not, or not everywhere, what it was. */
  isFormer(uid: string): boolean;
};

export function placesSeenBy(objects: readonly MovedObject[], referring: string): Places {
  const own = objects.find(({ objectId }) => objectId === referring);
  const byObject = Map.groupBy(objects, ({ was }) => was.SOPInstanceUID);
  const bySeries = Map.groupBy(objects, ({ was }) => was.SeriesInstanceUID);
  const byStudy = Map.groupBy(objects, ({ was }) => was.StudyInstanceUID);
  const former = new Set(
    objects.flatMap(({ was, is }) =>
      (['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'] as const).flatMap((level) =>
        was[level] !== '' && was[level] !== is[level] ? [was[level]] : [],
      ),
    ),
  );
  const choose = (found: readonly MovedObject[]): MovedObject | undefined => {
    const near = found.filter(({ examId }) => examId === own?.examId);
    const some = near.length > 0 ? near : found;
    const together = some.filter(({ copiedIn }) => copiedIn === (own?.copiedIn ?? null));
    const closest = together.length > 0 ? together : some;
    return closest.find(({ was, is }) => was.SOPInstanceUID === is.SOPInstanceUID) ?? closest[0];
  };
  /** The one place where all of them went, at a level. */
  const only = (found: readonly MovedObject[] | undefined, level: keyof Uids): string | undefined => {
    const near = (found ?? []).filter(({ examId }) => examId === own?.examId);
    const went = new Set((near.length > 0 ? near : (found ?? [])).map(({ is }) => is[level]));
    return went.size === 1 ? [...went][0] : undefined;
  };
  return {
    isFormer: (uid) => former.has(uid),
    find: ({ study, series, object }) => {
      const chosen = object === '' ? undefined : choose(byObject.get(object) ?? []);
      if (chosen) return chosen.is;
      const alike = series === '' ? undefined : bySeries.get(series);
      const StudyInstanceUID = only(alike ?? byStudy.get(study), 'StudyInstanceUID');
      if (StudyInstanceUID === undefined) return undefined;
      const SeriesInstanceUID = only(alike, 'SeriesInstanceUID') ?? series;
      return { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID: object };
    },
  };
}
