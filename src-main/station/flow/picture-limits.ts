// What could not leave of what is drawn on a picture: asked of its file once, and remembered while the station runs, for its bytes
// never change. For whoever takes up a tool, and for the forecast of an approval.
import type { Markup, PictureLimits as LimitsAnswer, PresentationWay } from '#contract/shapes/markup.ts';
import type { Store } from '#station/2-store/index.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import { isToned, readPictureLimits, type PictureLimits } from '#station/presentation/index.ts';

export type LimitsRooms = {
  readonly store: Pick<Store, 'pathOf'>;
  readonly catalog: Pick<Catalog, 'objectFile'>;
};

export type Limits = {
  /** @throws Problem 'not-found', 'not-dicom'; what the file system throws */
  of(objectId: string): Promise<PictureLimits>;
  /** The answer for a person. @throws as `of` */
  answer(objectId: string, way: PresentationWay): Promise<LimitsAnswer>;
};

const mostRemembered = 2000;

export function openLimits({ store, catalog }: LimitsRooms): Limits {
  const remembered = new Map<string, PictureLimits>();
  const of = async (objectId: string): Promise<PictureLimits> => {
    const known = remembered.get(objectId);
    if (known !== undefined) return known;
    const read = await readPictureLimits(store.pathOf(catalog.objectFile(objectId).file));
    if (remembered.size >= mostRemembered) remembered.delete([...remembered.keys()][0] ?? '');
    remembered.set(objectId, read);
    return read;
  };
  return {
    of,
    answer: async (objectId, way) => {
      const { colour, crop, redaction, marks, tone } = await of(objectId);
      if (way === 'baked') return { way, crop, redaction, marks, tone };
      return { way, crop, redaction, marks: null, tone: colour ? 'only-seen' : null };
    },
  };
}

/** Whether its window or tone is looked at and nothing more. */
export const isOnlySeen = (markup: Markup, { colour }: PictureLimits, way: PresentationWay): boolean =>
  way === 'state' && colour && isToned(markup);

/** Why a picture cannot be made as it is drawn; undefined when it can. `looks`: all of it goes into the pixels. */
export function whyNot(markup: Markup, limits: PictureLimits, looks: boolean): string | undefined {
  const reasons = [
    markup.crop === null ? null : limits.crop,
    markup.redactions.length === 0 ? null : limits.redaction,
    looks && (markup.shutter !== null || markup.annotations.length > 0) ? limits.marks : null,
    looks && isToned(markup) && limits.colour ? limits.tone : null,
  ];
  return reasons.find((reason) => reason !== null) ?? undefined;
}
