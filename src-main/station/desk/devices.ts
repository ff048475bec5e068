// Devices: what is known of them, what is set for them, and the decisions that are remembered for them.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerDevices = (desk: Form, { devices }: House) => ({
  list: desk.devices.list.handler(() => devices.list()),
  change: desk.devices.change.handler(async ({ input }) => {
    await devices.change(input.id, input.change);
    return devices.list();
  }),
  remove: desk.devices.remove.handler(async ({ input }) => {
    await devices.remove(input.id);
    return devices.list();
  }),
  forgetDecision: desk.devices.forgetDecision.handler(({ input }) => {
    devices.forgetDecision(input.id);
    return devices.list();
  }),
});
