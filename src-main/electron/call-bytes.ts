// The shell's half of a request for bytes: a web Request goes in, a web Response comes out, the port lies between.
//
// The answer is never held as a whole: a piece is asked for when the window has taken the one before. A station that
// ends meanwhile makes 503, or breaks the answer that has begun. A window that loses interest closes the port.
import type { Port, ToAnswerer, ToCaller } from './messages.ts';

/** Pieces of the answer that may wait for the window. */
const mostWaiting = 2;

/** Resolves with the head of the answer. `port` is this side's end of the request's own channel; closed at the end. */
export function callBytes(port: Port, request: Request): Promise<Response> {
  return new Promise((resolve) => {
    const say = (message: ToAnswerer) => port.postMessage(message);
    const body = request.body?.getReader();
    let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
    let isOver = false;
    const end = (last: () => void = () => {}) => {
      if (isOver) return;
      isOver = true;
      last();
      port.close();
      body?.cancel().catch(() => undefined);
    };
    const answer = new ReadableStream<Uint8Array>(
      { start: (controller) => void (stream = controller), pull: () => say({ kind: 'more' }), cancel: () => end() },
      { highWaterMark: mostWaiting },
    );
    port.on('message', ({ data }) => {
      const message = data as ToCaller;
      if (isOver) return;
      if (message.kind === 'nothing-here') end(() => resolve(new Response('Not here.\n', { status: 404 })));
      else if (message.kind === 'head') resolve(toResponse(message, answer));
      else if (message.kind === 'piece') stream?.enqueue(message.piece);
      else if (message.kind === 'end') end(() => stream?.close());
      else void sendNextPiece(body, say).catch(() => end());
    });
    port.on('close', () =>
      end(() => {
        resolve(new Response('The station is not there.\n', { status: 503 }));
        stream?.error(new Error('the station ended'));
      }),
    );
    port.start();
  });
}

function toResponse(head: Extract<ToCaller, { kind: 'head' }>, answer: ReadableStream<Uint8Array>): Response {
  const isEmpty = head.status === 204 || head.status === 304;
  if (isEmpty) void answer.cancel();
  return new Response(isEmpty ? null : answer, { status: head.status, headers: head.headers });
}

async function sendNextPiece(
  body: ReadableStreamDefaultReader<Uint8Array> | undefined,
  say: (message: ToAnswerer) => void,
): Promise<void> {
  const next = await body?.read();
  say(next?.value ? { kind: 'body', piece: next.value } : { kind: 'body-end' });
}
