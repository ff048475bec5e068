// What the shell and the station process say to each other. Types and the one narrow view of a port that both sides use.
import type { ProblemNote } from '#contract/problems.ts';

/** A message port as Electron's main and utility processes have it. Ends with `close`, from whichever side. */
export type Port = {
  postMessage(message: unknown): void;
  on(event: 'message', hear: (event: { readonly data: unknown }) => void): unknown;
  on(event: 'close', hear: () => void): unknown;
  start(): void;
  close(): void;
};

/** A request for bytes. Its port goes with it; answer and body travel over that. */
export type BytesCall = {
  readonly kind: 'bytes';
  readonly method: string;
  readonly pathname: string;
  readonly query: string;
  /** The Range header, where there is one. */
  readonly range?: string | undefined;
};

/** From the shell. `window` and `bytes` bring one port; `close` asks to finish the object at hand and end. */
export type ToStation = { readonly kind: 'window' } | BytesCall | { readonly kind: 'close' };

/** From the station process. After `refused` it ends by itself. */
export type FromStation =
  | { readonly kind: 'ready'; readonly aeTitle: string; readonly dicomPort: number }
  | { readonly kind: 'refused'; readonly problem: ProblemNote };

/** Over the port of a request, from the shell: `more` for each piece it can take, then pieces of the body as wanted. */
export type ToAnswerer =
  { readonly kind: 'more' } | { readonly kind: 'body'; readonly piece: Uint8Array } | { readonly kind: 'body-end' };

/** Over the port of a request, from the station. One piece for each `more`, so neither side fills up. */
export type ToCaller =
  | { readonly kind: 'nothing-here' }
  | { readonly kind: 'head'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'piece'; readonly piece: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'want-body' };
