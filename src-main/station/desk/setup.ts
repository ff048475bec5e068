// Settings, the test of a destination, and decisions about new devices.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerSetup = (desk: Form, house: House) => ({
  read: desk.setup.read.handler(() => house.setup.read()),
  save: desk.setup.save.handler(async ({ input }) => {
    await house.setup.save(input);
    return house.setup.read();
  }),
  testDestination: desk.setup.testDestination.handler(({ input }) => house.setup.testDestination(input)),
  examine: desk.setup.examine.handler(({ input }) => house.setup.examine(input)),
  profiles: desk.setup.profiles.handler(() => house.setup.profiles()),
  previewRoutes: desk.setup.previewRoutes.handler(({ input }) => house.setup.previewRoutes(input)),
  decideDevice: desk.setup.decideDevice.handler(async ({ input }) => {
    await house.setup.decideDevice(input);
    return house.setup.read();
  }),
});
