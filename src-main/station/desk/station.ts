// Status and the feed of changes.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerStation = (desk: Form, house: House) => ({
  status: desk.station.status.handler(() => house.station.status()),
  watch: desk.station.watch.handler(({ signal }) => house.station.watch(signal)),
});
