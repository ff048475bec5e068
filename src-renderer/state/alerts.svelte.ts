// Alerts as this window shows them: whether their list is open, and whether it sounds. What stands is in the truth.
import type { Connection } from '#ui/backend/index.ts';
import type { Alert } from '#contract/shapes/alerts.ts';

const key = 'safelight-alert-sound';
const againMs = 60_000;

export class Alerts {
  listed = $state(false);
  /** Off until somebody wants it; for this window only. */
  sound = $state(false);

  readonly #connection: Connection;
  #known: ReadonlySet<string> = new Set();
  #open: ReadonlySet<string> = new Set();

  constructor(connection: Connection) {
    this.#connection = connection;
    this.sound = localStorage.getItem(key) === 'on';
    connection.hear((change) => {
      if (change.kind === 'hello' || change.kind === 'station') this.#take(change.station.alerts);
    });
    setInterval(() => this.#open.size > 0 && this.ring(), againMs);
  }

  chooseSound(on: boolean): void {
    this.sound = on;
    localStorage.setItem(key, on ? 'on' : 'off');
    if (on) this.ring();
  }

  /** @param by the operator of the station when nobody is named */
  async acknowledge(ids: readonly string[], by: string): Promise<void> {
    for (const id of ids) await this.#connection.station.alerts.acknowledge({ id, by });
  }

  /** Two short tones, when sound is wanted. A browser that wants a click before keeps silent. */
  ring(): void {
    if (!this.sound) return;
    const audio = new AudioContext();
    const loudness = audio.createGain();
    loudness.gain.value = 0.08;
    loudness.connect(audio.destination);
    for (const [at, frequency] of [
      [0, 880],
      [0.22, 660],
    ] as const) {
      const tone = audio.createOscillator();
      tone.frequency.value = frequency;
      tone.connect(loudness);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.18);
      if (at > 0) tone.onended = () => void audio.close();
    }
  }

  #take(alerts: readonly Alert[]): void {
    this.#open = new Set(alerts.filter(({ acknowledged }) => acknowledged === null).map(({ id }) => id));
    const isNew = [...this.#open].some((id) => !this.#known.has(id));
    this.#known = this.#open;
    if (isNew) this.ring();
  }
}
