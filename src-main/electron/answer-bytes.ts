// The station's half of a request for bytes: asks the station, then sends the answer a piece for each `more`.
//
// Ends when the answer was taken or the port is closed; in both cases the source of the bytes is let go of. Throws
// nothing: a source that fails closes the port, which breaks the answer on the other side.
import type { BytesCall, Port, ToAnswerer, ToCaller } from './messages.ts';

type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
};

/** What the station has for the byte paths; undefined when the path is none. */
export type AskForBytes = (request: {
  readonly method: string;
  readonly pathname: string;
  readonly query: URLSearchParams;
  readonly range?: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}) => Promise<Answer | undefined>;

/** Large enough that the way over the port costs little, small enough that nothing piles up. */
const pieceBytes = 1 << 18;

export async function answerBytes(port: Port, call: BytesCall, ask: AskForBytes): Promise<void> {
  const say = (message: ToCaller) => port.postMessage(message);
  const wanted = new Letters<ToAnswerer>();
  const body = new Letters<ToAnswerer>();
  const closed = new Promise<void>((resolve) => port.on('close', resolve));
  void closed.then(() => [wanted, body].forEach((letters) => letters.end()));
  port.on('message', ({ data }) => {
    const message = data as ToAnswerer;
    (message.kind === 'more' ? wanted : body).add(message);
  });
  port.start();
  try {
    const query = new URLSearchParams(call.query);
    const { method, pathname, range } = call;
    const answer = await ask({ method, pathname, query, range, body: readBody(say, body) });
    if (!answer) say({ kind: 'nothing-here' });
    else await sendAnswer(answer, say, wanted);
    await closed;
  } catch {
    // The port is gone or the source failed: that the port closes is all that can be said.
  } finally {
    port.close();
  }
}

async function sendAnswer(
  answer: Answer,
  say: (message: ToCaller) => void,
  wanted: Letters<ToAnswerer>,
): Promise<void> {
  say({ kind: 'head', status: answer.status, headers: answer.headers });
  for await (const piece of inPieces(answer.body)) {
    await wanted.next();
    say({ kind: 'piece', piece });
  }
  say({ kind: 'end' });
}

async function* inPieces(body: Answer['body']): AsyncGenerator<Uint8Array> {
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    // A copy of just these bytes: a view would drag the whole of its buffer over the port.
    for (let at = 0; at < chunk.length; at += pieceBytes) yield new Uint8Array(chunk.subarray(at, at + pieceBytes));
  }
}

async function* readBody(say: (message: ToCaller) => void, body: Letters<ToAnswerer>): AsyncGenerator<Uint8Array> {
  for (;;) {
    say({ kind: 'want-body' });
    const next = await body.next();
    if (next.kind !== 'body') return;
    yield next.piece;
  }
}

/** Letters in the order they came, for one reader. After `end` whoever waits gets an error. */
class Letters<T> {
  readonly #kept: T[] = [];
  #wake: () => void = () => {};
  #isEnded = false;

  add(letter: T): void {
    this.#kept.push(letter);
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async next(): Promise<T> {
    for (;;) {
      const letter = this.#kept.shift();
      if (letter !== undefined) return letter;
      if (this.#isEnded) throw new Error('the port is closed');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
