// Permissions. Nothing is granted here; the handlers are kept so that a test can ask them.
type Ask = (contents: unknown, permission: string, answer: (granted: boolean) => void) => void;

export class StandInSession {
  static readonly defaultSession = new StandInSession();
  #ask: Ask = (_contents, _permission, answer) => answer(true);
  #check: () => boolean = () => true;

  setPermissionRequestHandler(ask: Ask): void {
    this.#ask = ask;
  }

  setPermissionCheckHandler(check: () => boolean): void {
    this.#check = check;
  }

  setDevicePermissionHandler(): void {}

  /** Whether a page would be given `permission`. */
  grants(permission: string): boolean {
    let granted = true;
    this.#ask(undefined, permission, (answer) => (granted = answer));
    return granted || this.#check();
  }
}
