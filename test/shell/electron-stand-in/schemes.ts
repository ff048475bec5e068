// Custom schemes. Chromium cannot be taught one over CDP, so app://station/x is served at a web address that nobody has.
type Handler = (request: Request) => Response | Promise<Response>;

/** Handlers by scheme. */
export const schemes = new Map<string, Handler>();
const privileged = new Set<string>();

export const toWeb = (address: string): string =>
  address.replace(/^([a-z][a-z0-9+.-]*):\/\/([^/]+)/, (whole, scheme: string, host: string) =>
    privileged.has(scheme) ? `https://${host}.${scheme}-scheme.test` : whole,
  );

export const toApp = (address: string): string =>
  address.replace(/^https:\/\/([^/]*)\.([a-z0-9+]+)-scheme\.test/, '$2://$1');

export const protocol = {
  registerSchemesAsPrivileged(
    list: readonly { scheme: string; privileges?: { standard?: boolean; secure?: boolean } }[],
  ) {
    for (const { scheme, privileges } of list) if (privileges?.standard && privileges.secure) privileged.add(scheme);
  },
  handle(scheme: string, handler: Handler) {
    if (!privileged.has(scheme)) throw new Error(`stand-in: ${scheme} is not registered as standard and secure`);
    schemes.set(scheme, handler);
  },
};
