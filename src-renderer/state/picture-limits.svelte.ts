// What of a picture could not leave if it were drawn: asked of the station when somebody is about to, and remembered while the
// window is open, for the answer never changes.
import type { Connection } from '#ui/backend/index.ts';
import type { PictureLimits } from '#contract/shapes/markup.ts';
import type { Review } from './review.svelte.ts';

export class LimitsOfPictures {
  readonly #connection: Connection;
  readonly #review: Pick<Review, 'presentation'>;
  #known = $state.raw<ReadonlyMap<string, PictureLimits>>(new Map());

  constructor(connection: Connection, review: Pick<Review, 'presentation'>) {
    this.#connection = connection;
    this.#review = review;
  }

  /** For the way that holds for the exam on screen; undefined while nobody asked. Reactive. */
  of(objectId: string): PictureLimits | undefined {
    return this.#known.get(this.#keyOf(objectId));
  }

  /** Undefined where the station does not answer: then the approval says it. Never throws. */
  async ask(objectId: string): Promise<PictureLimits | undefined> {
    const key = this.#keyOf(objectId);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const way = this.#review.presentation;
    try {
      const limits = await this.#connection.station.objects.pictureLimits({
        id: objectId,
        ...(way === undefined ? {} : { way }),
      });
      this.#known = new Map([...this.#known, [key, limits]]);
      return limits;
    } catch {
      return undefined;
    }
  }

  #keyOf = (objectId: string): string => `${objectId} ${this.#review.presentation ?? ''}`;
}
