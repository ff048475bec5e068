// Thrown in the place of a picture for what has none, known before anybody asks for its frames; in the form of a problem.
export class NoPicture extends Error {
  readonly code = 'picture-undecodable';
  readonly params = { reason: 'no-pixels' };

  constructor() {
    super('no picture');
    this.name = 'NoPicture';
  }
}
