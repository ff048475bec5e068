// A repeat stands beside the image that it was taken instead of, by itself: the old one at the left. It does so only where
// one picture is on screen, ends when another image is shown, and not again in an exam where somebody wanted it otherwise.
import { untrack } from 'svelte';
import type { Pair } from './pair.ts';
import { Tile, type Wall } from './wall.svelte.ts';

export class Beside {
  readonly #wall: Wall;
  #shown: Pair | undefined;
  #isUnwanted = false;

  constructor(wall: Wall) {
    this.#wall = wall;
  }

  /** Told of the pair of the image in front, whenever it is another. */
  follow(pair: Pair | undefined): void {
    untrack(() => this.#follow(pair));
  }

  #follow(pair: Pair | undefined): void {
    const shown = this.#shown;
    if (shown !== undefined) {
      if (shown.old === pair?.old && shown.fresh === pair.fresh) return;
      this.#shown = undefined;
      const { columns, rows } = this.#wall.layout;
      if (columns * rows !== 2 || this.#wall.comparing.examId !== undefined) this.#isUnwanted = true;
      else this.#wall.arrange({ columns: 1, rows: 1 });
    }
    if (pair !== undefined && !this.#isUnwanted && this.#wall.places === 1) this.#open(pair);
  }

  #open(pair: Pair): void {
    const wall = this.#wall;
    const { active } = wall;
    const isOld = active.objectId === pair.old;
    if (!isOld && active.objectId !== pair.fresh) return;
    const other = { objectId: isOld ? pair.fresh : pair.old, frame: 0 };
    const tile = new Tile(wall, 'this', active.stage.owner, other);
    wall.layout = { columns: 2, rows: 1 };
    wall.tiles = isOld ? [active, tile] : [tile, active];
    this.#shown = pair;
  }
}
