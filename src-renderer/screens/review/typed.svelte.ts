// What is typed for a drawing: words, the letters beside a marker, a length that is known; and into which drawing it goes.
import type { Item, Spot } from '#ui/viewer/index.ts';
import type { Drawn, DrawnPorts } from './drawn.ts';

/** What a person is asked to type: words, the letters beside a marker, or a length that is known. */
export type Asking = {
  readonly kind: 'text' | 'initials' | 'length';
  readonly objectId: string;
  readonly value: string;
  /** Of what is there already. */
  readonly key?: string;
  readonly points: readonly Spot[];
};

type Ports = DrawnPorts & {
  /** Gives the keys back to the picture. */
  readonly onpicture: () => void;
};

export class Typed {
  asking = $state.raw<Asking | undefined>();
  readonly #ports: Ports;
  readonly #drawn: Drawn;

  constructor(ports: Ports, drawn: Drawn) {
    this.#ports = ports;
    this.#drawn = drawn;
  }

  /** Asks for the words of what is there already. */
  edit({ annotation, key, points }: Item): void {
    const { objectId } = this.#drawn.tile;
    if (annotation === undefined || objectId === undefined || !this.#drawn.mayDraw()) return;
    const of = { objectId, key, points };
    if (annotation.kind === 'text') this.asking = { kind: 'text', value: annotation.text, ...of };
    else if (annotation.kind === 'marker') this.asking = { kind: 'initials', value: annotation.initials ?? '', ...of };
  }

  /** What was typed. False when it cannot be taken. */
  answer(typed: string): boolean {
    const { asking } = this;
    const value = typed.trim();
    if (asking !== undefined && asking.objectId === this.#drawn.tile.objectId && !this.#take(asking, value))
      return false;
    this.leave();
    return true;
  }

  leave(): void {
    this.asking = undefined;
    this.#ports.onpicture();
  }

  #take({ kind, objectId, key, points }: Asking, value: string): boolean {
    if (kind === 'length') return this.#drawn.calibrate(points, Number(value.replace(',', '.')));
    if (key === undefined) {
      if (value !== '') this.#drawn.add('text', points, { text: value.slice(0, 256) });
      return true;
    }
    if (kind === 'text' && value === '') return false;
    const change = kind === 'text' ? { text: value.slice(0, 256) } : { initials: value.slice(0, 4) };
    if (kind === 'initials') this.#drawn.initials = value.slice(0, 4);
    const { annotations } = this.#ports.markups.of(objectId);
    this.#drawn.change({ annotations: annotations.map((one) => (one.id === key ? { ...one, ...change } : one)) });
    return true;
  }
}
