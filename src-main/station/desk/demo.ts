// The demo's sample devices and embedded receivers; a real station has none.
import { Problem } from '#station/kit/problem.ts';
import type { Form } from './form.ts';
import type { House } from './house.ts';

export function answerDemo(desk: Form, house: House) {
  const demo = () => {
    if (!house.demo) throw new Problem('not-here', { what: 'demo' });
    return house.demo;
  };
  return {
    read: desk.demo.read.handler(() => demo().read()),
    send: desk.demo.send.handler(async ({ input }) => {
      await demo().send(input.id);
      return demo().read();
    }),
    switchReceiver: desk.demo.switchReceiver.handler(async ({ input }) => {
      await demo().switchReceiver(input.id, input.on);
      return demo().read();
    }),
  };
}
