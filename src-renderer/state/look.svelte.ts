// How the window looks. Kept in this browser; it says nothing about a patient.

export const looks = ['dark', 'light', 'system'] as const;
export type LookName = (typeof looks)[number];

const key = 'safelight-look';

export class Look {
  name = $state<LookName>('dark');

  constructor() {
    this.name = looks.find((look) => look === localStorage.getItem(key)) ?? 'dark';
    this.#show();
    matchMedia('(prefers-color-scheme: light)').addEventListener('change', () => this.#show());
  }

  choose(name: LookName): void {
    this.name = name;
    localStorage.setItem(key, name);
    this.#show();
  }

  #show(): void {
    const light = this.name === 'system' ? matchMedia('(prefers-color-scheme: light)').matches : this.name === 'light';
    document.documentElement.dataset['theme'] = light ? 'light' : 'dark';
  }
}
